"""Whoever reads the settings has the Celery application: pages and commands write to the same broker as workers."""

from lps.config.celery import app as celery_app

__all__ = ["celery_app"]
