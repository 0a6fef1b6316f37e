"""The state of a commune (to be opened, active, suspended, closed) and how an operator changes it."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction

from lps.console.models import Erasure
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record_change
from lps.kernel import clock
from lps.kernel.refusals import Refusal
from notifications.services.sending import stop_sms
from tenants import context, queries
from tenants.models import Commune, CommuneState
from tenants.offers import OFFERS, SMS

log = logging.getLogger(__name__)
CHANGED, OFFERS_CHANGED = "commune_state_changed", "commune_offers_changed"
# From each state, those to which an operator may bring a commune. Erasing is another action.
NEXT: dict[str, tuple[CommuneState, ...]] = {
    CommuneState.TO_OPEN: (CommuneState.ACTIVE, CommuneState.SUSPENDED, CommuneState.CLOSED),
    CommuneState.ACTIVE: (CommuneState.SUSPENDED, CommuneState.CLOSED),
    CommuneState.SUSPENDED: (CommuneState.ACTIVE, CommuneState.CLOSED),
    CommuneState.CLOSED: (CommuneState.SUSPENDED, CommuneState.ACTIVE),
    CommuneState.ERASED: (),
}


class StateRefused(Exception):
    """Why the state does not change: `unknown_step`, `no_reason`, `erasure_planned`."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Wanted:
    """A state, and the sentence that people read; no sentence is needed to be active."""

    state: CommuneState
    reason: str = ""


def change_state(*, slug: str, wanted: Wanted, by: Actor) -> Commune:
    """Bring a commune to another state; asked twice, it stays.

    It is written in the registry's journal and in the commune's own, and every process obeys within a second.
    Raises `UnknownCommune`, `StateRefused`.
    """
    if wanted.state is not CommuneState.ACTIVE and not wanted.reason.strip():
        raise StateRefused(Refusal("no_reason"))
    with transaction.atomic(), context.public():
        commune = _locked(slug)
        before = _facts(commune)
        if commune.state != wanted.state and wanted.state not in NEXT[commune.state]:
            raise StateRefused(Refusal("unknown_step"))
        if commune.state != wanted.state and Erasure.objects.filter(commune_key=commune.pk, state="planned").exists():
            raise StateRefused(Refusal("erasure_planned"))
        commune.state = wanted.state
        commune.state_reason = "" if wanted.state is CommuneState.ACTIVE else wanted.reason.strip()
        after = _facts(commune)
        if before != after:
            commune.save(update_fields=["state", "state_reason"])
            _record(commune, before, after, by=by)
    queries.forget_hosts()
    log.info("commune %s is %s", slug, commune.state)
    return commune


def set_opening_day(*, slug: str, day: date | None, by: Actor) -> Commune:
    """Say from which day families may come in, while the commune is to be opened. Raises `UnknownCommune`."""
    with transaction.atomic(), context.public():
        commune = _locked(slug)
        before = _facts(commune)
        commune.opens_on = day
        after = _facts(commune)
        if before != after:
            commune.save(update_fields=["opens_on"])
            _record(commune, before, after, by=by)
    queries.forget_hosts()
    return commune


def close_offers(*, slug: str, closed: Sequence[str], by: Actor) -> Commune:
    """Say which offers are closed to a commune; the others are open. Raises `UnknownCommune`.

    With the SMS service the commune's SMS are stopped: once it is open again an agent says whether those that waited
    leave or are given up, so that no old news leaves by itself.
    """
    with transaction.atomic(), context.public():
        commune = _locked(slug)
        before = {"closed_offers": commune.closed_offers}
        commune.closed_offers = [name for name in OFFERS if name in closed]
        after = {"closed_offers": commune.closed_offers}
        if before != after:
            commune.save(update_fields=["closed_offers"])
            _record(commune, before, after, by=by, action=OFFERS_CHANGED)
        if SMS in commune.closed_offers:
            with context.use(commune):
                stop_sms(by=by, at=clock.now())
    queries.forget_hosts()
    return commune


def _locked(slug: str) -> Commune:
    found: Commune | None = Commune.objects.select_for_update().filter(slug=slug).first()
    if found is None:
        raise queries.UnknownCommune(slug)
    return found


def _facts(commune: Commune) -> dict[str, str]:
    opens_on = commune.opens_on.isoformat() if commune.opens_on else ""
    return {"state": commune.state, "reason": commune.state_reason, "opens_on": opens_on}


def _record(
    commune: Commune, before: Mapping[str, Any], after: Mapping[str, Any], *, by: Actor, action: str = CHANGED
) -> None:
    """In the registry's journal, and in the commune's, where its agents read it."""
    changed = (before, after)
    record_change(changed, by=by, channel=Channel.WEB, action=action, subject=f"commune:{commune.slug}")
    with context.use(commune):
        record_change(changed, by=by, channel=Channel.WEB, action=action, subject="town")
