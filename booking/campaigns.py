"""Reads about préinscription campaigns: what a family sees of them, who answered, who has not."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from booking.models import Activity, Campaign, PreRegistration
from booking.recap import chosen_lines
from booking.rules import campaigns as rules
from booking.rules.campaigns import CampaignFacts, Phase, Wish
from booking.rules.periods import Weekdays
from lps.families.models import Child, Custody, Enrollment, Household, SchoolClass
from lps.families.queries.school import in_school_order
from lps.journal.models import AuditEntry

State = PreRegistration.State
Who = Literal["", "yes", "no", "silent", "to_decide", "validated", "refused"]
WHO: tuple[Who, ...] = ("", "yes", "no", "silent", "to_decide", "validated", "refused")


def facts(campaign: Campaign) -> CampaignFacts:
    """What the rules ask of a campaign; its activities are best prefetched."""
    return CampaignFacts(
        first_day=campaign.first_day,
        last_day=campaign.last_day,
        opens_at=campaign.opens_at,
        closes_at=campaign.closes_at,
        offered=rules.offered(
            {activity.pk: activity.weekdays for activity in campaign.activities.all()}, weekdays=campaign.weekdays
        ),
    )


def held_open(campaign: Campaign) -> Campaign:
    """The campaign as it stands, with its activities: nobody closes or changes it until the transaction ends.

    Families hold it together, so that their answers do not wait for one another.
    """
    words = f"SELECT * FROM {Campaign._meta.db_table} WHERE id = %s FOR SHARE"
    return Campaign.objects.raw(words, [campaign.pk]).prefetch_related("activities")[0]


def phase(campaign: Campaign, *, at: datetime) -> Phase:
    """Where a campaign is at an instant, without any statement."""
    if at < campaign.opens_at:
        return Phase.COMING
    return Phase.OPEN if at < campaign.closes_at else Phase.CLOSED


def wish_of(answer: PreRegistration) -> Wish:
    """What an answer asks for."""
    return Wish(returns=answer.returns, chosen=chosen(answer))


def chosen(answer: PreRegistration) -> Weekdays:
    """The weekdays asked of each activity."""
    return {line["activity"]: frozenset(line["weekdays"]) for line in answer.chosen}


def all_campaigns(*, today: date, sites: Collection[int] = (), activities: Collection[int] = ()) -> QuerySet[Campaign]:
    """Every campaign, the latest first, with how many answers it had.

    For an agent kept to some schools, answers for who sits there today; kept to some activities, campaigns of these.
    """
    theirs = Q()
    if sites:
        seated = Enrollment.objects.filter(valid_during__contains=today, school_class__site__in=list(sites))
        theirs = Q(answers__child__in=seated.order_by().values("child"))
    rows = Campaign.objects.annotate(
        yes=Count("answers", filter=theirs & Q(answers__returns=True)),
        no=Count("answers", filter=theirs & Q(answers__returns=False)),
    )
    if activities:
        offered = Campaign.activities.through.objects.filter(campaign=OuterRef("pk"), activity__in=list(activities))
        rows = rows.filter(Exists(offered))
    return rows.prefetch_related("activities").order_by("-opens_at", "-pk")


def shown_to_families(*, today: date) -> list[Campaign]:
    """The campaigns whose days are not over, in the order of their opening: two statements."""
    rows = Campaign.objects.filter(last_day__gte=today).order_by("opens_at", "pk")
    return list(rows.prefetch_related("activities__group"))


def answers_for(campaigns: Iterable[Campaign], *, children: Collection[Child]) -> list[PreRegistration]:
    """What was answered for these children, by whichever household: one statement."""
    keys = [campaign.pk for campaign in campaigns]
    return list(PreRegistration.objects.filter(campaign__in=keys, child__in=children).order_by("pk"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which lines of a campaign are looked at. `sites` keeps them to an agent's schools, all of them when empty."""

    campaign: Campaign
    today: date
    who: Who = ""
    school_class: int | None = None
    site: int | None = None
    sites: frozenset[int] = frozenset()


def lines(asked: Asked) -> QuerySet[Any]:
    """A line for each child of each household, answered or not, by school, class and name.

    Each bears `answer`, the key of its answer or None, with `site`, `site_id`, `class_name` and `class_id`, None
    without a class.
    """
    answer = PreRegistration.objects.filter(
        campaign=asked.campaign, child=OuterRef("child"), household=OuterRef("household")
    ).order_by("pk")
    seat = Enrollment.objects.filter(child=OuterRef("child"), valid_during__contains=asked.today).order_by("pk")
    held = Custody.objects.filter(valid_during__contains=asked.today, child__anonymized_at__isnull=True)
    rows: QuerySet[Any] = held.annotate(
        answer=Subquery(answer.values("pk")[:1]),
        returns=Subquery(answer.values("returns")[:1]),
        state=Subquery(answer.values("state")[:1]),
        class_id=Subquery(seat.values("school_class")[:1]),
        class_name=Subquery(seat.values("school_class__name")[:1]),
        site_id=Subquery(seat.values("school_class__site")[:1]),
        site=Subquery(seat.values("school_class__site__name")[:1]),
    )
    return _kept(rows, asked).filter(_who(asked.who)).order_by("site", "class_name", "child__name_sort", "pk")


def _kept(rows: QuerySet[Any], asked: Asked) -> QuerySet[Any]:
    if asked.sites:
        rows = rows.filter(site_id__in=asked.sites)
    if asked.site is not None:
        rows = rows.filter(site_id=asked.site)
    if asked.school_class is not None:
        rows = rows.filter(class_id=asked.school_class)
    return rows


def _who(who: Who) -> Q:
    match who:
        case "yes":
            return Q(returns=True)
        case "no":
            return Q(returns=False)
        case "silent":
            return Q(answer__isnull=True)
        case "to_decide":
            return Q(state=State.ANSWERED)
        case "validated":
            return Q(state=State.VALIDATED)
        case "refused":
            return Q(state=State.REFUSED)
    return Q()


def counts(asked: Asked) -> dict[str, int]:
    """How many children said yes, no, nothing, and how many answers wait for a decision: one statement."""
    numbers: dict[str, int] = lines(asked).aggregate(
        total=Count("pk"),
        yes=Count("pk", filter=Q(returns=True)),
        no=Count("pk", filter=Q(returns=False)),
        silent=Count("pk", filter=Q(answer__isnull=True)),
        to_decide=Count("pk", filter=Q(state=State.ANSWERED)),
    )
    return numbers


@dataclass(frozen=True, slots=True)
class Row:
    """A child of a household in the list of a campaign, with its answer if it has one."""

    child: Child
    household: Household
    site: str
    school_class: str
    answer: PreRegistration | None
    only: Collection[int] = ()

    @property
    def lines(self) -> list[str]:
        """ "Accueil Matin : lundi, jeudi", an activity a line."""
        return chosen_lines(self.answer, only=self.only) if self.answer else []


def rows(found: Iterable[Custody], *, only: Collection[int] = ()) -> list[Row]:
    """These lines with their answers, for these activities where some are given: two statements, the lines' own."""
    custodies = list(found)
    keys = [key for one in custodies if (key := _noted(one, "answer")) is not None]
    answers = PreRegistration.objects.in_bulk(keys)
    return [
        Row(
            one.child,
            one.household,
            _noted(one, "site") or "",
            _noted(one, "class_name") or "",
            answers.get(_noted(one, "answer")),
            only,
        )
        for one in custodies
    ]


def _noted(custody: Custody, name: str) -> Any:
    """What `lines` annotated."""
    return getattr(custody, name)


def classes_on(day: date, *, sites: Collection[int] = ()) -> list[SchoolClass]:
    """The classes of a day's school year, by school and level: what a list is filtered by."""
    found = SchoolClass.objects.filter(school_year__during__contains=day).select_related("site")
    if sites:
        found = found.filter(site__in=sites)
    return in_school_order(found)


def to_book(campaign: Campaign) -> tuple[int, int]:
    """How many decided answers the worker has brought to bookings, and how many there are in all."""
    numbers = PreRegistration.objects.filter(campaign=campaign).aggregate(
        done=Count("pk", filter=Q(booking=PreRegistration.Booking.DONE)),
        asked=Count("pk", filter=Q(booking=PreRegistration.Booking.ASKED)),
    )
    return numbers["done"], numbers["done"] + numbers["asked"]


def history_of(answer: PreRegistration) -> list[AuditEntry]:
    """Every version of an answer and every decision about it, the latest first."""
    return list(AuditEntry.objects.filter(subject=subject_of(answer)).order_by("-pk")[:100])


def subject_of(answer: PreRegistration) -> str:
    """How the audit names an answer."""
    return f"pre_registration:{answer.pk}"


def activities_by_group() -> QuerySet[Activity]:
    """Every activity that is offered, in the town's order, with its group."""
    offered = Activity.objects.filter(retired_at__isnull=True).select_related("group")
    return offered.order_by("group__order", "group", "order", "pk")
