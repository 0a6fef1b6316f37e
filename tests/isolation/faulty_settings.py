"""The product's settings, with addresses that fail."""

from lps.config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.isolation.faulty_urls"
