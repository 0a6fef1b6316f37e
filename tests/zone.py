"""Where the towns of the tests are: their day begins before that of UTC ends."""

from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
