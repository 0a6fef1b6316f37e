"""What the API reads, strictly: a wrong type or an unknown name is told, never guessed at nor left out."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from lps.accounts.api.written import Written

LARGEST_KEY = 2**63 - 1
# The days that a calendar of ours may hold.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
CENTURIES = "^2[01]"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
_INSTANT = re.compile(f"{_DAY.pattern}[Tt]{_TIME}")


def complaint(*names: str, code: str, message: str | Promise) -> ValidationError:
    """What is wrong with these fields or parameters, to be raised."""
    return ValidationError({name: [ErrorDetail(str(message), code=code)] for name in names})


class Strict(Written):
    """An object in which every name is known."""

    default_error_messages = {"invalid": _("Un objet JSON est attendu.")}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            raise complaint(*map(str, unknown), code="unknown", message=_("Ce nom est inconnu ici."))
        return super().to_internal_value(data)


class KeyField(serializers.IntegerField):
    """An identifier in a body: a JSON whole number, which `34.0` is too (JSON Schema, "integer")."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_KEY, **options)

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int and not (type(data) is float and data.is_integer()):
            self.fail("invalid")
        return int(data)


class FlagField(serializers.BooleanField):
    """`true` or `false`, and nothing that would only look like it."""

    def to_internal_value(self, data: Any) -> bool:
        if type(data) is not bool:
            self.fail("invalid")
        return bool(data)


@extend_schema_field({"type": "string", "format": "date", "pattern": CENTURIES})
class DayField(serializers.DateField):
    """A day, `2026-11-03`, of this century or the next."""

    default_error_messages = {"invalid": _("Un jour s'écrit 2026-11-03, de l'an 2000 à l'an 2199.")}

    def to_internal_value(self, value: Any) -> Any:
        try:
            day = date.fromisoformat(value) if isinstance(value, str) and _DAY.fullmatch(value) else None
        except ValueError:
            day = None
        if day is None or not FIRST_DAY <= day <= LAST_DAY:
            self.fail("invalid")
        return day


class NumberParameter(serializers.IntegerField):
    """A whole number in an address: digits only."""

    def to_internal_value(self, data: Any) -> int:
        if not (isinstance(data, str) and data.isascii() and data.isdigit() and len(data) <= 19):
            self.fail("invalid")
        return int(data)


class KeyParameter(NumberParameter):
    """An identifier in an address."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_KEY, **options)


class FlagParameter(serializers.BooleanField):
    """`true` or `false` in an address."""

    def to_internal_value(self, data: Any) -> bool:
        if data not in ("true", "false"):
            self.fail("invalid")
        return bool(data == "true")


@extend_schema_field({"type": "string", "format": "date-time", "pattern": CENTURIES})
class InstantParameter(serializers.DateTimeField):
    """An instant of RFC 3339, which says its offset."""

    default_error_messages = {
        "invalid": _("Un instant s'écrit 2026-11-03T17:00:00Z ou avec son décalage, +01:00 (%2B01:00 dans l'adresse).")
    }

    def to_internal_value(self, value: Any) -> datetime:
        try:
            if not (isinstance(value, str) and _INSTANT.fullmatch(value)):
                raise ValueError(value)
            instant = datetime.fromisoformat(value.upper())
        except ValueError:
            self.fail("invalid")
        if not FIRST_DAY <= instant.date() <= LAST_DAY:
            self.fail("invalid")
        return instant.astimezone(UTC)  # the database knows no offset beyond sixteen hours, RFC 3339 does


class Filters(Strict):
    """The parameters of an address, each known and given once."""

    called = "Parametres"


def read_parameters(filters: type[Filters], given: QueryDict) -> dict[str, Any]:
    """The parameters of a call as values; those not given are left out. Raises `ValidationError`."""
    if twice := [name for name, values in given.lists() if len(values) > 1]:
        raise complaint(*twice, code="twice", message=_("Ce paramètre est donné plus d'une fois."))
    read = filters(data=given.dict())
    read.is_valid(raise_exception=True)
    return dict(read.validated_data)
