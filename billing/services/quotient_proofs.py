"""What families send to prove their quotients: one waits at a time; an agent accepts or refuses; the family is told."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from billing.message_kinds import QUOTIENT
from billing.models import Quotient, QuotientProof
from billing.services.quotients import FOLDER, QuotientSpec, set_quotient
from booking import documents
from booking.documents import Document
from lps.families.models import Household
from lps.families.queries.locks import lock_household
from lps.families.recipients import of_many
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from notifications.services import Post, post_many
from tenants import context
from tenants.queries import url_of

State = QuotientProof.State
# A refused document may be contested; what was answered is told on the family's page for a year.
DOCUMENT_KEPT, ROW_KEPT = timedelta(days=60), timedelta(days=365)


def send(*, household: Household, kind: str, document: Document, by: Actor, at: datetime) -> QuotientProof:
    """Send a proof; the one that waits already is replaced, and its document goes."""
    with documents.kept(document, folder=FOLDER) as name, transaction.atomic():
        lock_household(household)  # a form sent twice at once leaves one
        proof = QuotientProof.objects.filter(household=household, state=State.SENT).first()
        former = proof.document if proof else ""
        proof = proof or QuotientProof(household=household)
        proof.kind, proof.sent_at, proof.document = kind, at, name
        proof.save()
        _record(proof, "quotient_proof_sent", by=by, channel=Channel.WEB, at=at, before=None)
        transaction.on_commit(partial(documents.forget, former))
    return proof


def withdraw(*, household: Household, by: Actor, at: datetime) -> bool:
    """Take back the proof that waits, with its document; False when none waits any more."""
    with transaction.atomic():
        lock_household(household)
        proof = QuotientProof.objects.filter(household=household, state=State.SENT).first()
        if proof is None:
            return False
        transaction.on_commit(partial(documents.forget, proof.document))
        proof.state, proof.answered_at, proof.document = State.WITHDRAWN, at, ""
        proof.save(update_fields=("state", "answered_at", "document"))
        _record(proof, "quotient_proof_withdrawn", by=by, channel=Channel.WEB, at=at, before=State.SENT)
    return True


def accept(
    *, proof: QuotientProof, spec: QuotientSpec, words: str, seen: str, by: Actor, at: datetime
) -> Quotient | None:
    """Note the quotient that the proof shows; its document becomes the quotient's. The family is told.

    None, and nothing is done, when the proof is no longer what the agent had `seen`. Raises `QuotientRefused`.
    """
    with transaction.atomic():
        held = _held(proof, seen)
        if held is None:
            return None
        shown = _("%(kind)s, envoyé par la famille le %(day)s") % {
            "kind": held.get_kind_display(),
            "day": f"{held.sent_at.astimezone(context.current().zone):%d/%m/%Y}",
        }
        spec = QuotientSpec(value=spec.value, since=spec.since, last_day=spec.last_day, proof=shown, kept=held.document)
        made = set_quotient(household=held.household, spec=spec, by=by, at=at)
        held.document = ""
        _answer(held, State.ACCEPTED, words, by=by, at=at)
        _tell(held, since=spec.since, last_day=spec.last_day, by=by)
    return made


def refuse(*, proof: QuotientProof, words: str, seen: str, by: Actor, at: datetime) -> bool:
    """Refuse a proof, in words that the family reads; False when it is no longer what the agent had `seen`."""
    with transaction.atomic():
        held = _held(proof, seen)
        if held is None:
            return False
        _answer(held, State.REFUSED, words, by=by, at=at)
        _tell(held, since=None, last_day=None, by=by)
    return True


def seen(proof: QuotientProof) -> str:
    """What a page shows of a proof, to know it again: a family may send another one meanwhile."""
    return f"{proof.state} {proof.sent_at.timestamp()}"


def forget(*, now: datetime) -> int:
    """Delete refused documents and old answers past their terms; returns how many proofs lost something."""
    old = QuotientProof.objects.exclude(state=State.SENT)
    refused = old.filter(answered_at__lt=now - DOCUMENT_KEPT).exclude(document="")
    for name in list(refused.values_list("document", flat=True)):
        transaction.on_commit(partial(documents.forget, name))
    return refused.update(document="") + old.filter(answered_at__lt=now - ROW_KEPT).delete()[0]


def forget_households(households: Collection[int]) -> None:
    """Delete the proofs of families that are erased, with their documents."""
    rows = QuotientProof.objects.filter(household__in=list(households))
    for name in list(rows.exclude(document="").values_list("document", flat=True)):
        transaction.on_commit(partial(documents.forget, name))
    rows.delete()


def _held(proof: QuotientProof, known: str) -> QuotientProof | None:
    """The proof that waits, held until the end with its family, unless it is another one than the agent saw."""
    lock_household(proof.household)
    held = QuotientProof.objects.select_for_update(of=("self",), no_key=True).select_related("household")
    found = held.filter(pk=proof.pk, state=State.SENT).first()
    return found if found and seen(found) == known else None


def _answer(held: QuotientProof, state: State, words: str, *, by: Actor, at: datetime) -> None:
    held.state, held.answer, held.answered_at, held.answered_by = state, words, at, by.label
    held.save(update_fields=("state", "answer", "answered_at", "answered_by", "document"))
    _record(held, "quotient_proof_answered", by=by, channel=Channel.OFFICE, at=at, before=State.SENT)


def _record(
    proof: QuotientProof, action: str, *, by: Actor, channel: Channel, at: datetime, before: str | None
) -> None:
    told: dict[str, Any] = {"state": proof.state, "kind": proof.kind, "document": bool(proof.document)}
    record(
        by=by,
        channel=channel,
        action=action,
        subject=proof.household.holder,
        before={"state": before} if before else None,
        after=told,
        at=at,
    )


def _tell(proof: QuotientProof, *, since: Any, last_day: Any, by: Actor) -> None:
    """By e-mail, without the quotient itself: it tells what the family earns."""
    facts = {
        "accepted": proof.state == State.ACCEPTED,
        "sent_at": proof.sent_at,
        "since": since,
        "last_day": last_day,
        "words": proof.answer,
        "url": url_of(context.current(), "/quotient/"),
    }
    recipients = of_many([proof.household_id], QUOTIENT).get(proof.household_id, [])
    posts = [Post(to=one.email, facts={**facts, **one.facts}) for one in recipients]
    post_many(posts, template="billing/emails/quotient_answered", by=by)
