"""The codes' letters: one page a family, drawn by a worker, one file a class, for the pupils' notebooks."""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from lps.families.models import Household, LettersBatch
from lps.families.queries.letters import Letter, letters_of_class, letters_of_household
from lps.families.queries.school import classes_by_key
from lps.families.wakeup import LETTERS
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from lps.ui import pdf
from tenants import context
from tenants.queries import host_of
from tenants.town import queries as town
from tenants.wakeup import wake_after_commit

log = logging.getLogger(__name__)
State = LettersBatch.State


@dataclass(frozen=True, slots=True)
class Sheaf:
    """The letters of one file: a class's, or one family's."""

    label: str
    letters: Sequence[Letter]


def ask_for_classes(*, classes: Sequence[int], by: Actor) -> LettersBatch:
    """Ask for the letters of some classes, one file each; a worker draws them."""
    asked = {"classes": list(classes)}
    with transaction.atomic():
        batch = LettersBatch.objects.create(asked=asked, total=len(classes), requested_by=by.label)
        record(by=by, channel=Channel.OFFICE, action="letters_asked", subject=f"letters:{batch.pk}", after=asked)
        wake_after_commit(LETTERS)
    return batch


def print_for_household(*, household: Household, by: Actor) -> LettersBatch:
    """Draw the letter of one family now: one page does not wait for a worker. No file for a family without children."""
    batch = LettersBatch.objects.create(
        asked={"household": household.pk}, total=1, state=State.DRAWING, requested_by=by.label
    )
    subject, after = f"letters:{batch.pk}", batch.asked
    record(by=by, channel=Channel.OFFICE, action="letters_asked", subject=subject, after=after)
    _draw_or_fail(batch)
    return batch


def draw_asked() -> int:
    """Draw the letters that wait; returns how many batches. Two workers share them."""
    done = 0
    for pk in list(LettersBatch.objects.filter(state=State.ASKED).order_by("pk").values_list("pk", flat=True)):
        if LettersBatch.objects.filter(pk=pk, state=State.ASKED).update(state=State.DRAWING):
            _draw_or_fail(LettersBatch.objects.get(pk=pk))
            done += 1
    return done


def draw(letters: Sequence[Letter]) -> bytes:
    """The letters as one PDF, a page each."""
    commune = context.current()
    facts = {
        "commune": commune,
        "town": town.settings(),
        "address": host_of(commune),
        "letters": letters,
        "today": clock.today(commune.zone),
    }
    return pdf.render("families/letters.html", facts)


def _draw_or_fail(batch: LettersBatch) -> None:
    """A batch that cannot be drawn says so to its agent, and its error goes on to the logs."""
    try:
        _draw(batch)
    except BaseException:
        LettersBatch.objects.filter(pk=batch.pk).update(state=State.FAILED, finished_at=clock.now())
        raise


def _draw(batch: LettersBatch) -> None:
    """File after file, each told as it is done; a class without a pupil has none."""
    for sheaf in _sheaves(batch, day=clock.today(context.current().zone)):
        if sheaf.letters:
            name = default_storage.save(f"letters/{uuid.uuid4().hex}.pdf", ContentFile(draw(sheaf.letters)))
            batch.files = [*batch.files, {"file": name, "label": sheaf.label, "pages": len(sheaf.letters)}]
        batch.done += 1
        batch.save(update_fields=("files", "done"))
    batch.state, batch.finished_at = State.DONE, clock.now()
    batch.save(update_fields=("state", "finished_at"))
    log.info("letters %s: %s files", batch.pk, len(batch.files))


def _sheaves(batch: LettersBatch, *, day: date) -> list[Sheaf]:
    if "household" in batch.asked:
        letters = letters_of_household(batch.asked["household"], day=day)
        return [Sheaf(letters[0].household.name if letters else "", letters)]
    return [
        Sheaf(str(school_class.site) + ", " + str(school_class), letters_of_class(school_class.pk, day=day))
        for school_class in classes_by_key(batch.asked["classes"])
    ]
