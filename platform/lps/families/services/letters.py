"""The codes' letters: one page a family, drawn by a worker, one file a class, for the pupils' notebooks.

A worker draws one file a turn: one that dies has kept the files before, and the next one goes on.
"""

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
from tenants.long_work import LongWork, Made
from tenants.queries import host_of
from tenants.town import queries as town
from tenants.wakeup import wake_after_commit

State = LettersBatch.State


@dataclass(frozen=True, slots=True)
class Sheaf:
    """The letters of one file: a class's, or one family's."""

    label: str
    letters: Sequence[Letter]


def ask_for_classes(*, classes: Sequence[int], by: Actor) -> LettersBatch:
    """Ask for the letters of some classes, one file each; a worker draws them."""
    asked = {"classes": [one.pk for one in classes_by_key(classes)]}
    with transaction.atomic():
        batch = LettersBatch.objects.create(asked=asked, total=len(asked["classes"]), requested_by=by.label)
        record(by=by, channel=Channel.OFFICE, action="letters_asked", subject=f"letters:{batch.pk}", after=asked)
        wake_after_commit(LETTERS)
    return batch


def print_for_household(*, household: Household, by: Actor) -> LettersBatch:
    """Draw the letter of one family now: one page does not wait for a worker. No file for a family without children.

    It is one transaction: no worker takes it meanwhile, and what fails leaves nothing.
    """
    asked = {"household": household.pk}
    with transaction.atomic():
        batch = LettersBatch.objects.create(asked=asked, total=1, requested_by=by.label)
        record(by=by, channel=Channel.OFFICE, action="letters_asked", subject=f"letters:{batch.pk}", after=asked)
        WORK.work(batch.pk)
    batch.refresh_from_db()
    return batch


def draw_asked() -> int:
    """Draw the next file of each batch that waits; returns how many. What fails is told on the page."""
    return WORK.work_asked()


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


def _draw(batch: LettersBatch) -> Made:
    """One file, told as it is done: the next class's; one without a pupil, or that is no more, has none."""
    sheaf = _sheaf(batch, day=clock.today(context.current().zone))
    if sheaf.letters:
        name = default_storage.save(f"letters/{uuid.uuid4().hex}.pdf", ContentFile(draw(sheaf.letters)))
        batch.files.append({"file": name, "label": sheaf.label, "pages": len(sheaf.letters)})
    done = batch.done + 1
    if done < batch.total:
        wake_after_commit(LETTERS)  # between two files, other tasks have their turn
    return Made({"files": batch.files, "done": done}, more=done < batch.total)


WORK = LongWork(
    name="letters", rows=LettersBatch.objects.all(), do=_draw, fail=lambda batch, code: {}, working=State.DRAWING
)


def _sheaf(batch: LettersBatch, *, day: date) -> Sheaf:
    if "household" in batch.asked:
        letters = letters_of_household(batch.asked["household"], day=day)
        return Sheaf(letters[0].household.name if letters else "", letters)
    for school_class in classes_by_key(batch.asked["classes"][batch.done : batch.done + 1]):
        label = str(school_class.site) + ", " + str(school_class)
        return Sheaf(label, letters_of_class(school_class.pk, day=day))
    return Sheaf("", [])
