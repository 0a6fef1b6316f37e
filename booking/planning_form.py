"""The planning's form: one signed field says what was shown, so that only it can change, and only from there.

`vu` packs the cells that could be changed and whether each was booked; it is bound to the commune,
the family and the child. `jeton` names the form: the same one twice is one save. The boxes send
`<activity>-<yyyymmdd>` under the name `jour`, and only when they are ticked.
"""

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.core import signing

from booking.rules.planning import Cell, Change
from lps.families.models import Child, Household
from tenants import context

BOX, SEEN, JETON = "jour", "vu", "jeton"
_MAX_BOXES = 4000
_BOX = re.compile(r"[0-9]{1,18}-[0-9]{8}")


class BadForm(ValueError):
    """The form was altered, cut short or belongs to another page: nothing of it is applied."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a form asked for."""

    jeton: uuid.UUID
    changes: tuple[Change, ...]


def box_value(cell: Cell) -> str:
    """What the box of a cell sends."""
    return f"{cell.activity_id}-{cell.day:%Y%m%d}"


def seen_field(cells: Mapping[Cell, bool], *, child: Child, household: Household) -> str:
    """The signed field: each cell that may be changed, with whether the household had booked it."""
    packed: dict[str, list[str]] = {}
    for cell, booked in cells.items():
        packed.setdefault(str(cell.activity_id), []).append(f"{cell.day.toordinal():x}{'+' if booked else '-'}")
    written = {activity: "".join(days) for activity, days in packed.items()}
    return signing.dumps(written, salt=_salt(child, household), compress=True)


def read(posted: Mapping[str, str], boxes: Iterable[str], *, child: Child, household: Household) -> Sent:
    """What the parent changed on the form; raises `BadForm` for one that this page never gave."""
    return Sent(read_jeton(posted), read_changes(posted, boxes, child=child, household=household))


def read_changes(
    posted: Mapping[str, str], boxes: Iterable[str], *, child: Child, household: Household
) -> tuple[Change, ...]:
    """The boxes that are not as the page gave them; raises `BadForm`."""
    seen = _read_seen(posted.get(SEEN, ""), child, household)
    ticked = _read_boxes(boxes)
    if strangers := ticked - seen.keys():
        raise BadForm(f"{len(strangers)} boxes that were not shown")
    return tuple(
        Change(cell, wanted=cell in ticked, seen=booked) for cell, booked in seen.items() if booked != (cell in ticked)
    )


def read_jeton(posted: Mapping[str, str], *, name: str = JETON) -> uuid.UUID:
    """What names the form; raises `BadForm`."""
    try:
        return uuid.UUID(posted.get(name, ""))
    except ValueError as error:
        raise BadForm("jeton") from error


def _salt(child: Child, household: Household) -> str:
    return f"planning:{context.current().pk}:{household.pk}:{child.pk}"


def _read_seen(field: str, child: Child, household: Household) -> dict[Cell, bool]:
    try:
        written = signing.loads(field, salt=_salt(child, household))
    except signing.BadSignature as error:
        raise BadForm("signature") from error
    return {
        Cell(int(activity), date.fromordinal(int(days[start : start + 5], 16))): days[start + 5] == "+"
        for activity, days in written.items()
        for start in range(0, len(days), 6)
    }


def read_box(box: str) -> Cell:
    """The cell that a box's value names; raises `BadForm`."""
    activity, _, day = box.partition("-")
    if not _BOX.fullmatch(box):
        raise BadForm("box")
    try:
        return Cell(int(activity), datetime.strptime(day, "%Y%m%d").date())
    except ValueError as error:
        raise BadForm("box") from error


def _read_boxes(boxes: Iterable[str]) -> set[Cell]:
    found = set()
    for box in boxes:
        found.add(read_box(box))
        if len(found) > _MAX_BOXES:
            raise BadForm("too many boxes")
    return found
