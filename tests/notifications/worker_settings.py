"""The settings of a worker process under test: ours, and the templates of these tests."""

from pathlib import Path

from lps.config.settings import *  # noqa: F403
from lps.config.settings import TEMPLATES

TEMPLATES = [{**TEMPLATES[0], "DIRS": [Path(__file__).parent / "templates"]}]
