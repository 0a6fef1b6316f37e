"""The address protocol: what a payer's browser brings back is compared, kept as an announcement, and never believed.

Nothing of it is signed. It pays nothing: only the Treasury's file does (`services/reconciliation.py`).
"""

import logging
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from billing.models import AttemptAnswer, PaymentAttempt
from billing.payfip import Detail
from billing.rules import settlement
from billing.rules.settlement import Answer, Asked, Verdict
from billing.services.attempts import State, told
from lps.journal.actors import Actor
from lps.journal.channels import Channel

UNSIGNED = Actor.system("PayFiP par adresse, sans signature")
# Different things heard of one attempt: more is noise, which is not kept.
MOST_HEARD = 20
_ENDS = {
    Verdict.ANNOUNCED: (State.WAITING, State.REFUSED, State.CANCELED, State.EXPIRED),
    Verdict.REFUSED: (State.WAITING, State.CANCELED, State.EXPIRED),
    Verdict.CANCELED: (State.WAITING,),
    Verdict.MISMATCH: (State.WAITING, State.ANNOUNCED, State.REFUSED, State.CANCELED, State.EXPIRED),
}
log = logging.getLogger(__name__)


def announce(attempt: PaymentAttempt, detail: Detail, *, at: datetime) -> PaymentAttempt:
    """Keep what was told of an attempt, compared with all that was stored; the attempt as it now stands.

    The same words again change nothing, and one that an agent closed is not announced twice. Other amounts, another
    reference, client number or mode: an incident.
    """
    with transaction.atomic():
        rows = PaymentAttempt.objects.select_for_update(of=("self",), no_key=True)
        held = rows.select_related("invoice__household").get(pk=attempt.pk)
        answer = _answer(held, detail)
        heard = list(held.answers.filter(asked_by="address").values_list("verdict", "answer"))
        if answer.words in [words for _, words in heard] or len(heard) >= MOST_HEARD:
            log.warning("attempt %s is told again what is known, or too much", held.pk)
            return held
        verdict = settlement.announced(_asked(held), answer, now=at)
        AttemptAnswer.objects.create(
            attempt=held, at=at, asked_by="address", verdict=verdict.value, answer=answer.words
        )
        was_announced = Verdict.ANNOUNCED in [found for found, _ in heard]
        if held.state in _ENDS[verdict] and not (verdict is Verdict.ANNOUNCED and was_announced):
            _move(held, verdict, answer, at=at)
    return held


def close_unheard(attempt: PaymentAttempt, *, at: datetime) -> None:
    """End an attempt of which nothing was told in two hours, once. The Treasury's file may still prove it."""
    facts = {"state": State.EXPIRED, "next_ask_at": None}
    with transaction.atomic():
        if not PaymentAttempt.objects.filter(pk=attempt.pk, state=State.WAITING).update(**facts):
            return
        AttemptAnswer.objects.create(attempt=attempt, at=at, asked_by="poll", verdict=Verdict.EXPIRED.value)
        told(
            attempt,
            "online_payment_unheard",
            by=UNSIGNED,
            channel=Channel.AUTOMATIC,
            at=at,
            before=State.WAITING.value,
            state=State.EXPIRED.value,
        )


def _asked(held: PaymentAttempt) -> Asked:
    return Asked(amount=held.amount, refdet=held.refdet, numcli=held.numcli, opened_at=held.opened_at)


def _answer(held: PaymentAttempt, detail: Detail) -> Answer:
    """The return address has named the attempt; a payment in another mode, a test, is no payment of it."""
    is_its_mode = detail.mode == held.mode
    answer = Answer(
        result=detail.result.value,
        amount=detail.amount,
        refdet=detail.refdet,
        numcli=detail.numcli,
        at=detail.at,
        authorization=detail.authorization,
    )
    return answer if is_its_mode else replace(answer, refdet="", fault=f"saisie {detail.mode}".strip())


def _move(held: PaymentAttempt, verdict: Verdict, answer: Answer, *, at: datetime) -> None:
    asked, before = _asked(held), held.state
    held.state, held.next_ask_at = State(verdict.value), None
    match verdict:
        case Verdict.CANCELED:
            held.bar_ends_at = settlement.abandonment_ends(asked, answer)
        case Verdict.REFUSED:
            held.bar_ends_at = min(at, held.bar_ends_at or at)
        case _:  # it bars until the file, or the régie, has spoken: see `rules.online.Bar`
            held.bar_ends_at = held.bar_ends_at or at
    if verdict is Verdict.ANNOUNCED:
        held.paid_at, held.authorization = settlement.paid_at(asked, answer, now=at), answer.authorization
    held.save()
    told(
        held,
        "online_payment_incident" if verdict is Verdict.MISMATCH else "online_payment_announced",
        by=UNSIGNED,
        channel=Channel.AUTOMATIC,
        at=at,
        before=before,
        state=held.state.value,
        answer=answer.words,
    )
