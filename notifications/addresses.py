"""The shape of an e-mail address, the same for what is sent and for what is proved."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email


class BadAddress(ValueError):
    """Not an e-mail address; the message does not repeat it (it would end in a log)."""


def clean_email(text: str) -> str:
    """The address without spaces around it, its domain in lower case; raises `BadAddress`."""
    trimmed = text.strip()
    try:
        validate_email(trimmed)
    except ValidationError:
        raise BadAddress("not an e-mail address") from None
    name, _, domain = trimmed.rpartition("@")
    return f"{name}@{domain.lower()}"


def same_address_key(address: str) -> str:
    """What two spellings of one mailbox share: providers do not tell capitals apart."""
    return address.casefold()
