"""The Périscotidien block above the planning: periods to choose, and those chosen."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.translation import gettext as _

from booking import queries, sentences
from booking.catalogue import Catalogue
from booking.models import PeriodChoice, PeriodReopening, Receipt
from booking.planning_form import BadForm
from booking.recap import chosen_lines
from booking.rules.entitlements import Pupil, is_entitled
from booking.rules.periods import PeriodFacts, Weekdays, why_not
from lps.families.models import Household
from lps.families.queries.children import ChildAtSchool

# The boxes of a period are `periode-12`: the planning's form holds them beside its own and those of other periods.
BOX, JETON = "periode-", "jeton_periode"
# The boxes ticked of each period, by its key.
Ticked = Mapping[int, Collection[str]]


@dataclass(frozen=True, slots=True)
class Box:
    """A weekday to tick: its name ("Lundi"), what its box sends, and whether it was ticked and not kept."""

    label: str
    value: str
    ticked: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """An activity of a period that may be chosen, with its weekdays."""

    activity: str
    boxes: Sequence[Box]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A period: `rows` when it may be chosen, `lines` and `receipt` once it is, else `reason`.

    `refused`: why what was just asked was not done.
    """

    pk: int
    first_day: date
    last_day: date
    rows: Sequence[Row] = ()
    until: str = ""
    lines: Sequence[str] = ()
    receipt: Receipt | None = None
    reason: str = ""
    reopened: PeriodReopening | None = None
    refused: str = ""

    @property
    def box(self) -> str:
        """The name of its boxes."""
        return f"{BOX}{self.pk}"

    @property
    def is_unsaved(self) -> bool:
        """Whether days were ticked that another button than its own has sent."""
        return not self.refused and any(box.ticked for row in self.rows for box in row.boxes)


def build(
    *,
    child: ChildAtSchool,
    household: Household,
    catalogue: Catalogue,
    zone: ZoneInfo,
    now: datetime,
    ticked: Ticked | None = None,
    refused: tuple[int, str] | None = None,
) -> list[Block]:
    """The periods not over at `now` (aware), for this child: one statement at most when all may book them.

    Boxes that were `ticked` and not kept are so again. The period just `refused`, with the sentence that says why, is
    among them whatever its days.
    """
    today = now.astimezone(zone).date()
    asked, why = refused or (None, "")
    periods = [period for period in catalogue.periods if period.last_day >= today or period.pk == asked]
    choices = queries.choices_of(child=child.child, household=household, periods=[period.pk for period in periods])
    found = []
    for period in periods:
        boxes = (ticked or {}).get(period.pk, ())
        if block := _block(period, choices.get(period.pk), child, catalogue, zone, now, boxes):
            found.append(replace(block, refused=why) if period.pk == asked else block)
    return found


def ticked(posted: QueryDict) -> dict[int, list[str]]:
    """The boxes ticked of each period; raises `BadForm` for what no box of ours sends."""
    found: dict[int, list[str]] = {}
    for name in posted:
        if not name.startswith(BOX):
            continue
        period = name.removeprefix(BOX)
        if not (period.isascii() and period.isdigit() and len(period) < 19):
            raise BadForm("period")
        found[int(period)] = posted.getlist(name)
        weekdays_of(found[int(period)])
    return found


def weekdays_of(boxes: Iterable[str]) -> Weekdays:
    """The weekdays that boxes named `3-0` (activity, weekday) stand for. Raises `BadForm`."""
    chosen: dict[int, set[int]] = {}
    for box in boxes:
        activity, _dash, weekday = box.partition("-")
        if not (activity.isascii() and activity.isdigit() and len(activity) < 19 and weekday in tuple("0123456")):
            raise BadForm("box of a period")
        chosen.setdefault(int(activity), set()).add(int(weekday))
    return {activity: frozenset(weekdays) for activity, weekdays in chosen.items()}


def _block(
    period: PeriodFacts,
    choice: PeriodChoice | None,
    child: ChildAtSchool,
    catalogue: Catalogue,
    zone: ZoneInfo,
    now: datetime,
    ticked: Collection[str],
) -> Block | None:
    first, last = period.first_day, period.last_day
    reopened = choice.reopened if choice else None
    if choice and not reopened:
        lines = chosen_lines(choice)
        return Block(pk=period.pk, first_day=first, last_day=last, lines=lines, receipt=choice.receipt)
    rows = _rows(period, child, catalogue, ticked)
    if not rows:
        return None
    if refusal := why_not(period, is_chosen=False, at=now, zone=zone, reopened=reopened is not None):
        reason = sentences.period_refusal_sentence(refusal.code, refusal.facts, zone=zone)
        return Block(pk=period.pk, first_day=first, last_day=last, reason=reason)
    until = (
        period.closes_at
        and not reopened
        and _("À choisir jusqu'au %(when)s") % {"when": sentences.at(period.closes_at, zone)}
    )
    return Block(pk=period.pk, first_day=first, last_day=last, rows=rows, until=until or "", reopened=reopened)


def _rows(period: PeriodFacts, child: ChildAtSchool, catalogue: Catalogue, ticked: Collection[str]) -> list[Row]:
    """The activities offered to this child. Each day is judged again when the choice is saved."""
    school_class = child.school_class
    pupil = Pupil(
        site_id=school_class.site_id if school_class else None,
        level=school_class.level if school_class else "",
        birth_date=child.child.birth_date,
    )
    last = period.last_day
    admitted = queries.admissions_of(child.child, activities=period.offered)
    return [
        Row(activity.name, [_box(activity.pk, weekday, ticked) for weekday in sorted(weekdays)])
        for pk, weekdays in period.offered.items()
        if (activity := catalogue.activities.get(pk))
        and not activity.retired
        and is_entitled(
            activity.ways,
            pupil=pupil,
            day=last,
            admitted=any(first <= last <= end for first, end in admitted.get(pk, ())),
            reserved=activity.is_reserved(last),
        )
    ]


def _box(activity_id: int, weekday: int, ticked: Collection[str]) -> Box:
    value = f"{activity_id}-{weekday}"
    return Box(sentences.weekday_name(weekday), value, value in ticked)
