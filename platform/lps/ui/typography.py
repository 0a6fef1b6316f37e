"""Where a line of French may not break, in what is drawn without a browser of ours: mails and papers."""

import re

# A space before these signs or after the first guillemet, and those inside a telephone number.
_HELD = re.compile(r" (?=[:;?!»€])|(?<=«) |(?<=\b\d\d) (?=\d\d\b)")


def held(html: str) -> str:
    """The same page with no-break spaces where a reader would frown at a line's end."""
    return _HELD.sub("\u00a0", html)
