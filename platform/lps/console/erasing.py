"""Erasing a commune: asked for with a reason, after a delay during which it may be taken back, then done by a worker.

Two steps, each of which bears to be killed and done again. First the commune is shut and its key destroyed: from then
on nobody reads what was sealed, and no task runs. Then its files, its schema and its traces go, and the certificate is
written.
"""

import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import redis
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from lps.console import using
from lps.console.models import Erasure
from lps.console.states import CHANGED
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.journal.services import record
from lps.kernel import clock
from lps.kernel.refusals import Refusal
from tenants import context, queries, schemas
from tenants.archive import contents, writing
from tenants.models import Commune, CommuneState, Export
from tenants.storage.names import CommuneFiles

log = logging.getLogger(__name__)
State = Erasure.State
UNFINISHED = (State.PLANNED, State.ERASING)
DELAY = timedelta(days=30)
ACCOUNTING = timedelta(days=3653)  # ten years: how long the town keeps its accounting pieces
ERASER = Actor.system("effacement")
PLANNED, CANCELED, ERASED = "commune_erasure_planned", "commune_erasure_canceled", "commune_erased"
_PAGE = 500


class ErasureRefused(Exception):
    """Why a commune is not to be erased: `not_closed`, `no_export`, `under_way`, `too_late`."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def last_export(commune: Commune) -> Export | None:
    """The last archive made since the commune was closed: nothing changed since but what the Treasury told."""
    with context.public():
        closings = AuditEntry.objects.filter(action=CHANGED, subject=f"commune:{commune.slug}", after__state="closed")
        closed_at = closings.order_by("-at").values_list("at", flat=True).first()
        made = Export.objects.filter(commune=commune, finished_at__isnull=False)
        return made.filter(asked_at__gte=closed_at).first() if closed_at else None


def planned_for(commune: Commune) -> Erasure | None:
    """The erasure that waits for a commune, or is being done."""
    with context.public():
        return Erasure.objects.filter(commune_key=commune.pk, state__in=UNFINISHED).first()


def plan(*, commune: Commune, reason: str, by: Actor) -> Erasure:
    """Have a closed commune erased in thirty days. Raises `ErasureRefused`."""
    now = clock.real_now()
    try:
        with transaction.atomic(), context.public():
            held = Commune.objects.select_for_update().get(pk=commune.pk)
            if held.state != CommuneState.CLOSED:
                raise ErasureRefused(Refusal("not_closed"))
            if last_export(held) is None:
                raise ErasureRefused(Refusal("no_export"))
            erasure = Erasure.objects.create(
                commune_key=held.pk,
                slug=held.slug,
                header_name=held.header_name,
                insee=held.insee,
                siret=held.siret,
                opened_at=held.created_at,
                reason=reason,
                asked_by=by.label,
                asked_at=now,
                due_at=now + DELAY,
            )
            _tell(held, PLANNED, {"reason": reason, "due_at": erasure.due_at.isoformat()}, by=by)
    except IntegrityError as error:
        raise ErasureRefused(Refusal("under_way")) from error
    return erasure


def cancel(*, erasure: Erasure, by: Actor) -> None:
    """Take it back: the commune stays closed, with all it holds. Raises `ErasureRefused` once it has begun."""
    with transaction.atomic(), context.public():
        told = {"state": State.CANCELED, "canceled_by": by.label, "canceled_at": clock.real_now()}
        if not Erasure.objects.filter(pk=erasure.pk, state=State.PLANNED).update(**told):
            raise ErasureRefused(Refusal("too_late"))
        _tell(Commune.objects.get(pk=erasure.commune_key), CANCELED, None, by=by)


def erase_due(*, now: datetime) -> int:
    """Erase the communes whose delay is over, and those whose worker was killed; returns how many (`now`: true)."""
    with context.public():
        due = Erasure.objects.filter(state=State.PLANNED, due_at__lte=now) | Erasure.objects.filter(state=State.ERASING)
        return sum(_erase(pk) for pk in list(due.order_by("pk").values_list("pk", flat=True)))


def _erase(pk: int) -> bool:
    commune = _shut(pk)
    with context.use(commune):
        cast(CommuneFiles, default_storage).remove_all()
    _forget_in_memory(commune)
    return _remove(pk, commune)


def _shut(pk: int) -> Commune:
    """No door, no task, no key; what was there is counted first. Done by a worker that was killed, it stands."""
    with transaction.atomic(), context.public():
        erasure = Erasure.objects.select_for_update().get(pk=pk)
        commune: Commune = Commune.objects.select_for_update().get(pk=erasure.commune_key)
        if erasure.state == State.PLANNED:
            erasure.state, erasure.told = State.ERASING, _counted(commune)
            erasure.save(update_fields=["state", "told"])
            commune.state, commune.wrapped_key, commune.state_reason = CommuneState.ERASED, "", ""
            commune.save(update_fields=["state", "wrapped_key", "state_reason"])
            commune.domains.all().delete()
            commune.lines.all().delete()
            commune.operator_lines.all().delete()
    queries.forget_hosts()
    return commune


def _remove(pk: int, commune: Commune) -> bool:
    """The schema, the registry's rows and the name in one transaction with the certificate; False when done already."""
    with transaction.atomic(), context.public():
        free = Erasure.objects.select_for_update(skip_locked=True).filter(pk=pk, state=State.ERASING)
        erasure = free.first()
        if erasure is None:
            return False
        schemas.drop(commune.schema_name)
        Export.objects.filter(commune=commune).delete()
        # The name is free again; the row stays, so that the same commune may come back from its archive.
        gone = {"slug": f"effacee-{commune.pk.hex}", "schema_name": f"effacee_{commune.pk.hex}"}
        Commune.objects.filter(pk=commune.pk).update(**gone)
        erasure.state, erasure.done_at = State.DONE, clock.real_now()
        erasure.save(update_fields=["state", "done_at"])
        record(
            by=ERASER, channel=Channel.AUTOMATIC, action=ERASED, subject=f"commune:{erasure.slug}", after=_told(erasure)
        )
    queries.forget_hosts()
    log.info("commune %s erased", erasure.slug)
    return True


def _counted(commune: Commune) -> dict[str, Any]:
    """What the certificate tells: numbers and sums, no name of a family."""
    export = last_export(commune)
    with context.use(commune):
        tables = contents.tables()
        rows = contents.row_counts(tables)
        files = sum(1 for _ in writing.stored_files())
    usage = using.past(commune, today=clock.today(commune.zone))
    return {
        "tables": len(tables),
        "rows": sum(rows.values()),
        "households": rows.get("families_household", 0),
        "invoices": rows.get("billing_invoice", 0),
        "files": files,
        "hosts": [queries.host_of(commune), *sorted(commune.domains.values_list("domain", flat=True))],
        "numbers": len(queries.lines_of(commune)),
        "export": _sums(export) if export else {},
        "usage": usage,
    }


def _told(erasure: Erasure) -> dict[str, Any]:
    """What the journal says of it: its usage is another file's."""
    return {name: value for name, value in erasure.told.items() if name != "usage"}


def _sums(export: Export) -> dict[str, Any]:
    return {
        "made_at": cast(datetime, export.finished_at).isoformat(),
        "digest": export.digest,
        "content": export.content,
        "rows": export.rows,
        "files": export.files,
    }


def _forget_in_memory(commune: Commune) -> None:
    """Its keys of the cache, its counters, and its tasks that wait: all of them bear its identifier or its name."""
    with redis.Redis.from_url(str(settings.CACHES["default"]["LOCATION"])) as cache:
        for pattern in (f"*{commune.pk.hex}*", f"*:waiting:{commune.slug}:*"):
            for page in _pages(cache, pattern):
                cache.unlink(*page)
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as broker:
        prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
        for name in broker.scan_iter(match=f"{prefix}*", _type="list"):
            _drop_tasks(broker, name, commune.slug)


def _pages(server: redis.Redis, pattern: str) -> Sequence[list[bytes]]:
    found = list(server.scan_iter(match=pattern, count=_PAGE))
    return [found[first : first + _PAGE] for first in range(0, len(found), _PAGE)]


def _drop_tasks(broker: redis.Redis, queue: bytes, slug: str) -> None:
    """Take away the messages of a queue that are for one commune; no other comes, since it has no task any more."""
    for raw in cast(list[bytes], broker.lrange(queue, 0, -1)):
        if _is_for(raw, slug):
            broker.lrem(queue, 1, raw)  # type: ignore[arg-type]


def _is_for(raw: bytes, slug: str) -> bool:
    try:
        return bool(json.loads(raw)["headers"].get("commune") == slug)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def _tell(commune: Commune, action: str, after: dict[str, Any] | None, *, by: Actor) -> None:
    """In both journals: the commune's goes with it, the registry's stays."""
    record(by=by, channel=Channel.WEB, action=action, subject=f"commune:{commune.slug}", after=after)
    with context.use(commune):
        record(by=by, channel=Channel.WEB, action=action, subject="town", after=after)
