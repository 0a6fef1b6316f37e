"""Files of quotients: received and previewed, written once accepted, undone while nobody was invoiced on them."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from billing import quotient_files, quotient_plans
from billing.models import BillingRun, HouseholdTerms, Quotient, QuotientImport
from billing.quotient_files import COLUMNS
from billing.quotient_plans import Change, Plan, after
from billing.services.quotients import told
from lps.families.importing import columns, reading
from lps.families.importing.reading import FileRefused, Table
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import Entry, record, record_many
from lps.kernel.refusals import Refusal

FOLDER = "quotient_imports"
SHOWN = 200  # changes, wrong lines: what a person reads
# What is read and written while the agent waits, in some seconds.
MAX_LINES = 5000
BATCH = 1000
State = QuotientImport.State


class ImportRefused(Exception):
    """Nothing was done: `refusal` is `state`, it is no longer to be done; `invoiced`, a run was validated since."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.refusal = Refusal(code)


def receive(
    *, content: bytes, file_name: str, since: date, last_day: date | None, by: Actor, at: datetime, today: date
) -> QuotientImport:
    """Keep a file and preview it. Raises `FileRefused` and keeps nothing when it cannot be read."""
    table = _read(content)
    made = QuotientImport(
        file_name=reading.clean(file_name)[:200],
        columns=columns.recognized(table.head, COLUMNS),
        since=since,
        last_day=last_day,
        line_count=len(table.rows),
        received_at=at,
        received_by=by.label,
    )
    _preview(made, table, today)
    made.path = default_storage.save(f"{FOLDER}/{uuid.uuid4().hex}", ContentFile(content))
    with transaction.atomic():
        made.save()
        _note("quotient_file_received", made, by=by, at=at, after={"lines": made.line_count})
    return made


def map_columns(*, batch: QuotientImport, mapped: Mapping[str, int], today: date) -> None:
    """Say where each column of a file stands, and preview again; nothing once it is written."""
    with transaction.atomic():
        held = _hold(batch.pk)
        if held.state == State.READ:
            held.columns = dict(mapped)
            _preview(held, _table(held), today)
            held.save(update_fields=("columns", "report"))


def accept(*, batch: QuotientImport, by: Actor, at: datetime, today: date) -> int:
    """Write what the file says of what stands now; returns how many quotients. Raises `ImportRefused` (`state`).

    The wrong lines are left out. Two agents who accept at once write it once.
    """
    with transaction.atomic():
        held = _hold(batch.pk)
        if held.state != State.READ or quotient_files.missing(held.columns):
            raise ImportRefused("state")
        plan, empty = _plan(held, _table(held), today)
        _lock_households(one.household.pk for one in plan.changes)
        plan, empty = _plan(held, _table(held), today)  # again, now that nobody else writes them
        held.report = {**held.report, **_told(plan, empty)}
        held.effect = _write(plan.changes, proof=held.file_name, by=by, at=at)
        held.state, held.written_at = State.DONE, at
        held.save(update_fields=("report", "effect", "state", "written_at"))
        _note("quotients_imported", held, by=by, at=at, after={"families": len(held.effect)})
        transaction.on_commit(partial(default_storage.delete, held.path))  # it tells what families earn
    return len(held.effect)


def undo(*, batch: QuotientImport, by: Actor, at: datetime) -> tuple[int, list[str]]:
    """Put back what stood before; returns of how many families, and the names of those left as they are.

    A family whose quotients changed since is left. Raises `ImportRefused`: `state`, or `invoiced` once a run was
    validated since.
    """
    with transaction.atomic():
        held = _hold(batch.pk)
        if held.state != State.DONE or held.written_at is None:
            raise ImportRefused("state")
        if BillingRun.objects.filter(validated_at__gt=held.written_at).exists():
            raise ImportRefused("invoiced")
        households = _lock_households(one["household"] for one in held.effect)
        rows = quotient_plans.of_households(set(households))
        done = [one for one in held.effect if _stands(one, rows.get(one["household"], []))]
        _put_back(done, rows, by=by, at=at)
        left = {one["household"] for one in held.effect} - {one["household"] for one in done}
        names = [row.name for row in households.values() if row.pk in left]
        held.report = {**held.report, "undone": len(done), "left": names[:SHOWN]}
        held.state, held.undone_at, held.effect = State.UNDONE, at, []
        held.save(update_fields=("report", "state", "undone_at", "effect"))
        _note("quotients_import_undone", held, by=by, at=at, after={"families": len(done), "left": len(left)})
    return len(done), names


def forget(*, before: datetime) -> int:
    """Delete the files received before an instant, and what they said; returns how many."""
    old = QuotientImport.objects.filter(received_at__lt=before)
    paths = list(old.values_list("path", flat=True))
    count = old.delete()[0]
    for path in paths:
        transaction.on_commit(partial(default_storage.delete, path))
    return count


def forget_households(households: Collection[int]) -> None:
    """Take families that are erased out of what imports tell, and the files not written yet, which name them."""
    for row in QuotientImport.objects.order_by("pk"):
        row.effect = [one for one in row.effect if one["household"] not in households]
        shown = row.report.get("changes", [])
        row.report = {**row.report, "changes": [one for one in shown if one["household"] not in households]}
        row.save(update_fields=("effect", "report"))
        if row.state == State.READ:
            row.delete()
            transaction.on_commit(partial(default_storage.delete, row.path))


def _read(content: bytes) -> Table:
    table = columns.headed(reading.read(content), COLUMNS)
    if len(table.rows) > MAX_LINES:
        raise FileRefused(Refusal("too_many_lines", most=MAX_LINES))
    return table


def _table(batch: QuotientImport) -> Table:
    with default_storage.open(batch.path) as kept:
        return _read(kept.read())


def _preview(batch: QuotientImport, table: Table, today: date) -> None:
    batch.report = {"head": list(table.head), "missing": list(quotient_files.missing(batch.columns))}
    batch.report["doubled"] = columns.doubled(table.head, COLUMNS)
    if not batch.report["missing"]:
        plan, empty = _plan(batch, table, today)
        batch.report |= _told(plan, empty)


def _plan(batch: QuotientImport, table: Table, today: date) -> tuple[Plan, int]:
    """What the file would do now, and how many lines say no quotient."""
    understood = quotient_files.understand(
        table, batch.columns, since=batch.since, last_day=batch.last_day, today=today
    )
    plan = quotient_plans.compare(understood.lines, today=today)
    plan.wrong = sorted([*understood.wrong, *plan.wrong], key=lambda one: one.line)
    return plan, understood.empty


def _told(plan: Plan, empty: int) -> dict[str, Any]:
    """What the preview says: numbers, the first changes, each wrong line."""
    ended = sum(one.former is not None and not one.replaces for one in plan.changes)
    replaced = sum(one.replaces for one in plan.changes)
    return {
        "new": len(plan.changes) - ended - replaced,
        "ended": ended,
        "replaced": replaced,
        "same": plan.same,
        "empty": empty,
        "invoiced": quotient_plans.invoiced(plan.changes),
        "changes": [_shown(one) for one in plan.changes[:SHOWN]],
        "total": len(plan.changes),
        "wrong": [asdict(one) for one in plan.wrong[:SHOWN]],
        "wrong_total": len({one.line for one in plan.wrong}),
    }


def _shown(change: Change) -> dict[str, Any]:
    line, former = change.line, change.former
    return {
        "household": change.household.pk,
        "name": change.household.name,
        "former": str(former.value) if former else "",
        "value": str(line.value),
        "since": line.since.isoformat(),
        "last_day": line.last_day.isoformat() if line.last_day else "",
    }


def _write(changes: Sequence[Change], *, proof: str, by: Actor, at: datetime) -> list[dict[str, Any]]:
    """What ends, what goes, what is new, and an entry a family: a statement each by the thousand.

    Returns what undoing each family's change needs.
    """
    befores = [told(one.former) if one.former else None for one in changes]
    formers = [_facts(one.former) if one.former else None for one in changes]
    made = [
        Quotient(
            household=one.household,
            value=one.line.value,
            valid_during=DateRange(one.line.since, after(one.line.last_day)),
            proof=one.line.proof or proof,
            document=one.former.document if one.former and one.replaces else "",
            noted_at=at,
            noted_by=by.label,
        )
        for one in changes
    ]
    Quotient.objects.filter(pk__in=[one.former.pk for one in changes if one.former and one.replaces]).delete()
    cut = [one for one in changes if one.former and not one.replaces]
    _move((one.former, one.line.since) for one in cut)
    Quotient.objects.bulk_create(made, batch_size=BATCH)
    HouseholdTerms.objects.filter(household__in=[one.household.pk for one in changes]).update(warned_at=None)
    record_many(
        Entry(by, Channel.OFFICE, "quotient_noted", one.household.holder, before=before, after=told(row), at=at)
        for one, before, row in zip(changes, befores, made, strict=True)
    )
    return [
        {"household": one.household.pk, "made": _facts(row), "former": former, "replaced": one.replaces}
        for one, row, former in zip(changes, made, formers, strict=True)
    ]


def _move(ends: Iterable[tuple[Any, date | None]]) -> None:
    """Let quotients end before another day."""
    rows = []
    for row, until in ends:
        row.valid_during = DateRange(row.valid_during.lower, until)
        rows.append(row)
    Quotient.objects.bulk_update(rows, ["valid_during"], batch_size=BATCH)


def _facts(row: Quotient) -> dict[str, Any]:
    """A quotient as it is kept to be put back."""
    first, until = row.valid_during.lower, row.valid_during.upper
    return {
        "pk": row.pk,
        "since": first.isoformat(),
        "until": until.isoformat() if until else None,
        "value": str(row.value),
        "proof": row.proof,
        "document": row.document,
        "noted_at": row.noted_at.isoformat(),
        "noted_by": row.noted_by,
    }


def _during(facts: Mapping[str, Any]) -> DateRange:
    until = facts["until"]
    return DateRange(date.fromisoformat(facts["since"]), date.fromisoformat(until) if until else None)


def _stands(effect: Mapping[str, Any], rows: Iterable[Quotient]) -> bool:
    """Whether a family's quotients are still what the import left, and what was before has its room."""
    own = {row.pk: row for row in rows}
    made, former = own.pop(effect["made"]["pk"], None), effect["former"]
    if made is None or _facts(made) != effect["made"]:
        return False
    if former is None:
        return True
    if not effect["replaced"]:
        cut = own.pop(former["pk"], None)
        if cut is None or _facts(cut) != {**former, "until": effect["made"]["since"]}:
            return False
    back = _during(former)
    return not any(_overlap(row.valid_during, back) for row in own.values())


def _overlap(one: DateRange, other: DateRange) -> bool:
    return (one.upper is None or other.lower < one.upper) and (other.upper is None or one.lower < other.upper)


def _put_back(
    effects: Sequence[Mapping[str, Any]], rows: Mapping[int, list[Quotient]], *, by: Actor, at: datetime
) -> None:
    standing = {row.pk: row for own in rows.values() for row in own}
    gone = [standing[one["made"]["pk"]] for one in effects]
    befores = [told(row) for row in gone]
    Quotient.objects.filter(pk__in=[row.pk for row in gone]).delete()
    cut = [one for one in effects if one["former"] and not one["replaced"]]
    _move((standing[one["former"]["pk"]], _during(one["former"]).upper) for one in cut)
    again = {one["household"]: _again(one) for one in effects if one["replaced"]}
    Quotient.objects.bulk_create(again.values(), batch_size=BATCH)
    back = {**{one["household"]: standing[one["former"]["pk"]] for one in cut}, **again}
    record_many(
        Entry(
            by,
            Channel.OFFICE,
            "quotient_put_back",
            f"household:{row.household_id}",
            before=before,
            after=told(back[row.household_id]) if row.household_id in back else None,
            at=at,
        )
        for row, before in zip(gone, befores, strict=True)
    )


def _again(effect: Mapping[str, Any]) -> Quotient:
    """The quotient that was replaced, as it was."""
    former = effect["former"]
    return Quotient(
        household_id=effect["household"],
        value=Decimal(former["value"]),
        valid_during=_during(former),
        proof=former["proof"],
        document=former["document"],
        noted_at=datetime.fromisoformat(former["noted_at"]),
        noted_by=former["noted_by"],
    )


def _lock_households(keys: Iterable[int]) -> dict[int, Household]:
    """Hold these households against who notes a quotient meanwhile, in the order of their keys."""
    rows = Household.objects.filter(pk__in=list(keys)).select_for_update(of=("self",), no_key=True)
    return {row.pk: row for row in rows.order_by("pk")}


def _hold(pk: int) -> QuotientImport:
    """The import as it stands, held until the end: accepting and undoing come one after the other."""
    return QuotientImport.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)


def _note(action: str, batch: QuotientImport, *, by: Actor, at: datetime, after: Any) -> None:
    subject = f"quotient_import:{batch.pk}"
    record(by=by, channel=Channel.OFFICE, action=action, subject=subject, after=after, at=at)
