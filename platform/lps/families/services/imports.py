"""Importing families: a file is kept, read and previewed; once accepted, a worker writes it, all or nothing."""

import uuid
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from lps.families import phones
from lps.families.importing import columns, comparing, lines, reading, writing
from lps.families.importing.comparing import ChildPlan, Plan
from lps.families.importing.lines import Wrong
from lps.families.importing.reading import FileRefused, Table
from lps.families.models import ImportBatch, SchoolYear
from lps.families.queries.school import school_year_for
from lps.families.services.households import FamilyRefused
from lps.families.wakeup import IMPORT, after_schools
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from tenants import context
from tenants.long_work import LongWork, Made
from tenants.wakeup import wake_after_commit

State = ImportBatch.State
SHOWN = 200  # wrong lines, names: what a person reads
STEPS = 2 + writing.STEPS  # reading, comparing, then writing


class NoSchoolYear(ValueError):
    """No school year is open: classes cannot be made."""


def receive(*, content: bytes, file_name: str, by: Actor) -> ImportBatch:
    """Keep a file and preview it. Raises `FileRefused` and keeps nothing when it cannot be read."""
    table = columns.headed(reading.read(content))
    with transaction.atomic():
        name = default_storage.save(f"imports/{uuid.uuid4().hex}", ContentFile(content))
        batch = ImportBatch.objects.create(
            file=name,
            file_name=reading.clean(file_name)[:200],
            columns=columns.recognized(table.head),
            total=len(table.rows),
            requested_by=by.label,
        )
        record(
            by=by,
            channel=Channel.OFFICE,
            action="import_received",
            subject=f"import:{batch.pk}",
            after={"lines": batch.total},
        )
    return _preview(batch, table)


def map_columns(*, batch: ImportBatch, mapped: Mapping[str, int]) -> ImportBatch:
    """Say where each column of a foreign file stands, and preview again."""
    batch.columns = dict(mapped)
    return preview(batch=batch)


def preview(*, batch: ImportBatch) -> ImportBatch:
    """Read the file again and write down what an import would do; nothing of it is done."""
    return _preview(batch, _table(batch))


def _preview(batch: ImportBatch, table: Table) -> ImportBatch:
    missing = columns.missing(batch.columns)
    if missing:
        batch.report = {"head": list(table.head), "missing": [column.name for column in missing]}
    else:
        plan = _plan(table, batch.columns)
        doubled = columns.doubled(table.head)
        batch.report = {"head": list(table.head), "missing": [], "doubled": doubled, **_report(plan)}
    batch.state = State.READ
    batch.save(update_fields=("columns", "report", "state"))
    return batch


def accept(*, batch: ImportBatch, by: Actor) -> bool:
    """Ask a worker to write a previewed file; False when it was accepted before or cannot be."""
    with transaction.atomic():
        ready = ImportBatch.objects.filter(pk=batch.pk, state=State.READ)
        if batch.report.get("missing") or not ready.update(state=State.ACCEPTED, requested_by=by.label):
            return False
        record(by=by, channel=Channel.OFFICE, action="import_accepted", subject=f"import:{batch.pk}")
        wake_after_commit(IMPORT)
    return True


def write_accepted() -> int:
    """Write the files that wait, one after the other; returns how many. A file that fails leaves nothing.

    A file whose worker was killed is begun again, from nothing, and refused once it has stopped `TRIES` of them.
    """
    return WORK.work_asked()


def progress(batch: ImportBatch) -> int:
    """How many of its steps a file that is being written has begun, from 1 to `STEPS`; 0 when nobody knows."""
    return WORK.told(batch.pk)[0]


def _write(batch: ImportBatch) -> Made:
    WORK.note(batch.pk, 1)
    table = _table(batch)
    WORK.note(batch.pk, 2)
    plan = _plan(table, batch.columns)
    by = Actor(ActorKind.AGENT, f"import:{batch.pk}", batch.requested_by)
    note = partial(_note_writing, batch)
    writing.write(plan, day=_today(), by=by, channel=Channel.OFFICE, note=note)
    for task in after_schools():  # a school just made has no day yet
        wake_after_commit(task)
    transaction.on_commit(partial(default_storage.delete, batch.file))  # personal data without a use once written
    return Made({"report": {**batch.report, "done": writing.counts(plan)}, "done": batch.total})


def _note_writing(batch: ImportBatch, step: int) -> None:
    WORK.note(batch.pk, 2 + step)


def _refusal(error: Exception) -> str:
    if isinstance(error, NoSchoolYear):
        return "no_school_year"
    return error.refusal.code if isinstance(error, FamilyRefused | FileRefused) else ""


def _refused(batch: ImportBatch, code: str) -> dict[str, Any]:
    return {"report": {**batch.report, "refused": code}, "done": batch.total}


WORK = LongWork(
    name="import",
    rows=ImportBatch.objects.all(),
    do=_write,
    refusal=_refusal,
    fail=_refused,
    asked=State.ACCEPTED,
    working=State.WRITING,
)


def _table(batch: ImportBatch) -> Table:
    with default_storage.open(batch.file) as file:
        return columns.headed(reading.read(file.read()))


def _plan(table: Table, mapped: columns.Mapped) -> Plan:
    today = _today()
    year = _year(today)
    understood = lines.understand(table, mapped, today=today, region=phones.region_of(context.current().zone))
    plan = comparing.compare(understood.lines, school_year=year, day=max(today, year.during.lower))
    plan.completed = understood.completed
    plan.wrong = sorted([*understood.wrong, *plan.wrong], key=lambda wrong: wrong.line)
    return plan


def _year(today: date) -> SchoolYear:
    year = school_year_for(today)
    if year is None:
        raise NoSchoolYear(today)
    return year


def _report(plan: Plan) -> dict[str, Any]:
    """What the preview says: numbers, the first names of each kind, each wrong line."""
    unseated = [one for one in plan.children if one.child is None and not one.first.is_seated]
    return {
        "counts": writing.counts(plan),
        "nothing": plan.is_empty,
        "new_classes": [f"{line.school}, {line.school_class}" for line in plan.new_classes.values()][:SHOWN],
        "new_children": [_name(one) for one in plan.children if one.child is None][:SHOWN],
        "unseated": [_name(one) for one in unseated][:SHOWN],
        "unseated_number": len(unseated),
        "completed": [{"line": line.number, "code": line.postal_code} for line in plan.completed[:SHOWN]],
        "completed_number": len(plan.completed),
        "changed_children": [_name(one) for one in plan.children if one.child and one.is_changed][:SHOWN],
        "changed_households": [one.first.household for one in plan.households if one.household and one.is_changed][
            :SHOWN
        ],
        "wrong_number": len({wrong.line for wrong in plan.wrong}),
        "wrong": [_written(wrong) for wrong in plan.wrong[:SHOWN]],
    }


def _name(one: ChildPlan) -> str:
    return f"{one.first.first_name} {one.first.last_name}"


def _written(wrong: Wrong) -> dict[str, Any]:
    return {"line": wrong.line, "column": wrong.column, "code": wrong.code}


def _today() -> date:
    return clock.today(context.current().zone)
