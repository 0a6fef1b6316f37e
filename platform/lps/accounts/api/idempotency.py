"""A call that is sent again does nothing more: its `Idempotency-Key` gives the first answer back."""

import json
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from lps.accounts.api.fields import complaint
from lps.accounts.api.problems import KeyReused
from lps.accounts.models import ApiAnswer
from lps.kernel import clock
from tenants import keys

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
PATTERN = r"^[!-~]{1,255}$"
# Of the headers of an answer, what is given back with it.
KEPT_HEADERS = ("Location",)
KEPT = timedelta(days=30)


def jeton_of(request: Request) -> uuid.UUID:
    """What a call's key is worth in the product: the same for one token and key, another for any other.

    Raises `ValidationError` for a key that is missing or too long.
    """
    key = request.headers.get(HEADER, "")
    if not re.fullmatch(PATTERN, key):
        message = _("Donnez une clé de 1 à 255 caractères ASCII sans espace, nouvelle à chaque demande.")
        raise complaint(HEADER, code="required", message=message)
    return uuid.UUID(keys.lookup_hash(f"{request.auth.pk}:{key}", purpose="api_idempotency"))


def answer_once(*, jeton: uuid.UUID, asked: Any, act: Callable[[], Response]) -> Response:
    """Act and keep the answer in one transaction, or give back the answer that this jeton had.

    `asked` is what is wanted, JSON-ready. Raises `KeyReused` when the jeton answered something else. A call that
    raises keeps nothing, and its key may serve again.
    """
    digest = sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    with transaction.atomic():
        # A second call of the same key waits here, on the unique key, until the first one is committed.
        kept, is_first = ApiAnswer.objects.get_or_create(
            jeton=jeton, defaults={"digest": digest, "kept_at": clock.real_now()}
        )
        if not is_first:
            return _kept_answer(kept, digest)
        response = act()
        kept.status, kept.body = response.status_code, json.dumps(response.data)
        kept.headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        kept.save(update_fields=("status", "headers", "body"))
    return response


def forget_old_answers() -> int:
    """Delete the answers kept for longer than `KEPT` (true time); returns how many."""
    deleted, _details = ApiAnswer.objects.filter(kept_at__lt=clock.real_now() - KEPT).delete()
    return deleted


def _kept_answer(kept: ApiAnswer, digest: str) -> Response:
    if kept.digest != digest:
        raise KeyReused
    return Response(json.loads(kept.body), status=kept.status, headers={**kept.headers, REPLAYED: "true"})
