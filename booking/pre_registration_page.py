"""The parents' page of préinscriptions: each campaign not over, and for each child its answer, or what to answer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from booking import campaigns, periods_page, sentences
from booking.models import Campaign, PreRegistration
from booking.planning_form import BadForm
from booking.recap import chosen_lines
from booking.rules.campaigns import CampaignFacts, Phase, Wish
from booking.rules.periods import Weekdays
from lps.families.models import Child, Household
from lps.families.queries.children import ChildAtSchool
from lps.kernel.refusals import Refusal

CAMPAIGN = "campagne"
YES, NO = "oui", "non"
WEEK = range(7)
State = PreRegistration.State


@dataclass(frozen=True, slots=True)
class Box:
    """A weekday of an activity: what its box sends, None where nothing is offered."""

    weekday: str
    short: str
    value: str | None
    ticked: bool


@dataclass(frozen=True, slots=True)
class Row:
    """An activity of the weekly table, with its seven weekdays."""

    activity: str
    boxes: Sequence[Box]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildBlock:
    """A child in a campaign: its answer, what its table shows, what the other household said, what is wrong."""

    code: str
    name: str
    answer: PreRegistration | None
    state: str
    look: str
    lines: Sequence[str]
    reply: str
    rows: Sequence[Row]
    other: str
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A campaign as a family sees it; its children are there once it has opened."""

    pk: int
    title: str
    words: str
    phase: Phase
    when: str
    days: str
    is_answerable: bool
    children: Sequence[ChildBlock] = ()

    @property
    def is_open(self) -> bool:
        return self.phase is Phase.OPEN

    @property
    def errors(self) -> list[ChildBlock]:
        """The children whose answer cannot stand."""
        return [child for child in self.children if child.error]


def build(
    *,
    household: Household,
    children: Sequence[ChildAtSchool],
    zone: ZoneInfo,
    now: datetime,
    at_counter: bool = False,
    only: Collection[int] = (),
) -> list[Block]:
    """The campaigns whose days are not over at `now` (aware): four statements at most, however many children.

    `at_counter`: an agent may still write down an answer once the campaign is closed. `only`: the activities to which
    that agent is kept; it answers for a campaign of these alone.
    """
    found = campaigns.shown_to_families(today=now.astimezone(zone).date())
    if only:
        found = [one for one in found if any(activity.pk in only for activity in one.activities.all())]
    answers: dict[tuple[int, int], list[PreRegistration]] = {}
    if found and children:
        for row in campaigns.answers_for(found, children=[one.child for one in children]):
            answers.setdefault((row.campaign_id, row.child_id), []).append(row)
    return [_block(one, household, children, answers, zone, now, at_counter, only) for one in found]


def campaign_of(posted: QueryDict) -> Campaign:
    """The campaign that a form answers. Raises `BadForm` for one that does not exist."""
    asked = posted.get(CAMPAIGN, "")
    key = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else 0
    found = Campaign.objects.prefetch_related("activities").filter(pk=key).first()
    if found is None:
        raise BadForm("campaign")
    return found


def read(posted: QueryDict, children: Sequence[ChildAtSchool]) -> dict[Child, Wish]:
    """What was answered of each child; those left without an answer are left out. Raises `BadForm`."""
    wishes = {}
    for one in children:
        match posted.get(f"reponse-{one.code}", ""):
            case "":
                continue
            case "oui":
                chosen = periods_page.weekdays_of(posted.getlist(f"jour-{one.code}"))
                wishes[one.child] = Wish(returns=True, chosen=chosen)
            case "non":
                wishes[one.child] = Wish(returns=False)
            case _:
                raise BadForm("answer")
    return wishes


def with_errors(
    blocks: Sequence[Block],
    *,
    campaign_id: int,
    wishes: Mapping[Child, Wish],
    refused: Mapping[int, Refusal],
    children: Sequence[ChildAtSchool],
) -> list[Block]:
    """The page as it was sent, with what is wrong beside each child."""
    sent = {one.code: wishes[one.child] for one in children if one.child in wishes}
    wrong = {one.code for one in children if one.child.pk in refused}
    return [
        replace(block, children=[_as_sent(child, sent, wrong) for child in block.children])
        if block.pk == campaign_id
        else block
        for block in blocks
    ]


def _as_sent(child: ChildBlock, sent: Mapping[str, Wish], wrong: Collection[str]) -> ChildBlock:
    wish = sent.get(child.code)
    if wish is None:
        return child
    error = _("Cochez au moins un jour, ou répondez Non.") if child.code in wrong else ""
    return replace(child, reply=YES if wish.returns else NO, rows=_ticked(child.rows, wish.chosen), error=error)


def _ticked(rows: Sequence[Row], chosen: Weekdays) -> list[Row]:
    ticked = {f"{activity}-{weekday}" for activity, weekdays in chosen.items() for weekday in weekdays}
    return [replace(row, boxes=[replace(box, ticked=box.value in ticked) for box in row.boxes]) for row in rows]


def _block(
    campaign: Campaign,
    household: Household,
    children: Sequence[ChildAtSchool],
    answers: Mapping[tuple[int, int], Sequence[PreRegistration]],
    zone: ZoneInfo,
    now: datetime,
    at_counter: bool,
    only: Collection[int],
) -> Block:
    facts = campaigns.facts(campaign)
    phase = campaigns.phase(campaign, at=now)
    names = {one.pk: one.name for one in campaign.activities.all() if not only or one.pk in only}
    is_whole = len(names) == len(campaign.activities.all())
    shown = () if phase is Phase.COMING else children
    return Block(
        pk=campaign.pk,
        title=campaign.title,
        words=campaign.words,
        phase=phase,
        when=_when(campaign, phase, zone),
        is_answerable=is_whole and (phase is Phase.OPEN or (at_counter and phase is Phase.CLOSED)),
        days=_("Du %(first)s au %(last)s")
        % {"first": f"{campaign.first_day:%d/%m/%Y}", "last": f"{campaign.last_day:%d/%m/%Y}"},
        children=[
            _child_block(one, answers.get((campaign.pk, one.child.pk), ()), household, facts, names, only)
            for one in shown
        ],
    )


def _when(campaign: Campaign, phase: Phase, zone: ZoneInfo) -> str:
    match phase:
        case Phase.COMING:
            return _("Vous pourrez répondre à partir du %(when)s.") % {"when": sentences.at(campaign.opens_at, zone)}
        case Phase.OPEN:
            return _("Répondez avant le %(when)s. Vous pouvez changer votre réponse jusque-là.") % {
                "when": sentences.at(campaign.closes_at, zone)
            }
    return _("Les réponses sont closes depuis le %(when)s.") % {"when": sentences.at(campaign.closes_at, zone)}


def _child_block(
    child: ChildAtSchool,
    answers: Sequence[PreRegistration],
    household: Household,
    facts: CampaignFacts,
    names: Mapping[int, str],
    only: Collection[int],
) -> ChildBlock:
    own = next((row for row in answers if row.household_id == household.pk), None)
    chosen = campaigns.chosen(own) if own else {}
    state, look = _state(own)
    return ChildBlock(
        code=child.code,
        name=str(child.child),
        answer=own,
        state=state,
        look=look,
        lines=chosen_lines(own, only=only) if own else (),
        reply=(YES if own.returns else NO) if own else "",
        rows=[_row(activity, name, facts.offered[activity], chosen) for activity, name in names.items()],
        other=_other([row for row in answers if row.household_id != household.pk]),
    )


def _state(answer: PreRegistration | None) -> tuple[str, str]:
    """Where the answer is, in words, and how its badge looks."""
    if answer is None:
        return _("pas de réponse"), "wait"
    if answer.state == State.REFUSED:
        return (_("refusée\u00a0: %(why)s") % {"why": answer.words} if answer.words else _("refusée")), "bad"
    if not answer.returns:
        return _("réponse «\u00a0Non\u00a0» enregistrée"), "ok"
    return (_("validée"), "ok") if answer.state == State.VALIDATED else (_("demandée"), "new")


def _other(answers: Sequence[PreRegistration]) -> str:
    """What the child's other household answered: each answers for its own."""
    if not answers:
        return ""
    if answers[0].returns:
        return _("L'autre foyer a répondu Oui de son côté. Répondez pour le vôtre.")
    return _("L'autre foyer a répondu Non de son côté. Répondez pour le vôtre.")


def _row(activity: int, name: str, offered: Collection[int], chosen: Weekdays) -> Row:
    ticked = chosen.get(activity, frozenset())
    return Row(
        name,
        [
            Box(
                str(WEEKDAYS[day]),
                str(WEEKDAYS[day])[:2],
                f"{activity}-{day}" if day in offered else None,
                day in ticked,
            )
            for day in WEEK
        ],
    )
