"""Numbers as operators send them, in the one form under which lines are kept."""

from lps.families.phones import BadPhone, clean

_LETTERS = {
    letter: digit
    for digit, letters in enumerate(("abc", "def", "ghi", "jkl", "mno", "pqrs", "tuv", "wxyz"), 2)
    for letter in letters
}
# Providers spell on a keypad what they cannot tell: +266696687 is "anonymous".
_SPELLED = frozenset(
    "".join(str(_LETTERS[letter]) for letter in word)
    for word in ("anonymous", "restricted", "blocked", "unknown", "unavailable")
)


def called(sent: str) -> str:
    """The number dialed (`+33476..`, `0033..`, `0476..`) as E.164; "" when it is none."""
    return _kept(sent)


def calling(sent: str) -> str:
    """The caller's number as E.164; "" when it is hidden."""
    return "" if sent.lstrip("+") in _SPELLED else _kept(sent)


def _kept(sent: str) -> str:
    try:
        return clean(sent[:32], region="FR") if sent[:1] in "+0" else clean(f"+{sent[:31]}", region="FR")
    except BadPhone:
        return ""
