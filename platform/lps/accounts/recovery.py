"""Recovery codes: printed once, each stands for the telephone's one-time code a single time."""

import secrets

from lps.accounts.models import Account, RecoveryCode
from lps.kernel import clock
from tenants import keys

NUMBER = 10
# Digits, like the telephone's, but twice as many: one field takes either, and each is known by its length.
DIGITS = 12
_PURPOSE = "recovery_code"


def draw_codes(*, account: Account) -> list[str]:
    """New codes in place of those that the account had; only their keyed hashes are kept."""
    codes: set[str] = set()
    while len(codes) < NUMBER:
        codes.add("".join(secrets.choice("0123456789") for _ in range(DIGITS)))
    RecoveryCode.objects.filter(account=account).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(account=account, lookup=_lookup(code)) for code in codes)
    return sorted(codes)


def is_recovery_code(code: str) -> bool:
    """Whether what was typed has the length of a recovery code."""
    return len(code) == DIGITS


def take_code(*, account_id: int, code: str) -> bool:
    """Use a code up; of two requests with the same one, one alone passes. One statement in every case."""
    unused = RecoveryCode.objects.filter(account=account_id, lookup=_lookup(code), used_at__isnull=True)
    return bool(unused.update(used_at=clock.real_now()))


def remaining(*, account: Account) -> int:
    """How many codes still serve."""
    return RecoveryCode.objects.filter(account=account, used_at__isnull=True).count()


def spaced(code: str) -> str:
    """The code as it is printed: "1234 5678 9012"."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))


def _lookup(code: str) -> str:
    return keys.lookup_hash(code, purpose=_PURPOSE)
