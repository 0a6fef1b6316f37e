"""The shape of an e-mail address, the same for what is sent and for what is proved."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, validate_email


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


def validate_sender_name(name: str) -> None:
    """Refuse a name that would not stand before an address: a line break would begin another header."""
    if not name.isprintable() or set(name) & set('"<>@\\,;:'):
        raise ValidationError("Des lettres, des chiffres et des espaces, sans @ ni guillemets.")


validate_sender_local = RegexValidator(
    r"\A[a-z0-9]+([._-][a-z0-9]+)*\Z",
    "Des minuscules sans accent et des chiffres, séparés par un point ou un tiret, par exemple service-scolaire.",
)


def same_address_key(address: str) -> str:
    """What two spellings of one mailbox share: providers do not tell capitals apart."""
    return address.casefold()
