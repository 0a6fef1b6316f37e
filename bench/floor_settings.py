"""The product's settings, with the floor in the place of its pages."""

from lps.config.settings import *  # noqa: F403

ROOT_URLCONF = "bench.floor"
