"""The lists behind « À regarder »: what is counted, who may see it, and where each line is mended."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing import quotients
from billing.rights import READ_QUOTIENTS
from booking import absences, catalogue, overview, sentences
from booking.overview import NextClosing, Reach
from booking.rights import READ_ABSENCES, READ_DAY
from lps.accounts.actors import Agent
from lps.accounts.rights import allowed
from lps.families.queries.children import children_by_key
from lps.families.queries.custody import households_with
from lps.families.rights import ANSWER_REQUESTS, FIND_FAMILIES, OPEN_FAMILY
from tenants import context

SILENT = "sans-reservation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """For whom a list is read: at an instant (aware), on a day, within an agent's reach, before the next deadline."""

    agent: Agent
    now: datetime
    today: date
    reach: Reach
    closing: NextClosing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a list: whom or what it is about, in words, its own page, its family's."""

    name: str
    words: str
    url: str = ""
    household_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A list: its right, its words, its rows in order, and a page of them as lines; or the route of the page it has."""

    right: str
    words: str | Promise
    advice: str | Promise
    rows: Callable[[Asked], QuerySet[Any]]
    order: tuple[str, ...]
    lines: Callable[[Sequence[Any], Asked], list[Line]]
    page: str = ""


def asked_by(agent: Agent, *, now: datetime, closing: NextClosing | None) -> Asked:
    """What an agent looks at, at `now` (aware)."""
    reach = Reach(sites=agent.sites, activities=agent.activities)
    return Asked(
        agent=agent, now=now, today=now.astimezone(context.current().zone).date(), reach=reach, closing=closing
    )


def seen_by(agent: Agent, asked: Asked) -> dict[str, Watch]:
    """The lists that this agent may see; that of the next deadline when there is one."""
    return {
        slug: watch
        for slug, watch in LISTS.items()
        if allowed(agent, watch.right) and (slug != SILENT or asked.closing is not None)
    }


def url_of(slug: str) -> str:
    """Where a list is."""
    page = LISTS[slug].page
    return reverse(page) if page else reverse("office:watch", args=[slug])


def _silent_rows(asked: Asked) -> QuerySet[Any]:
    assert asked.closing is not None
    return overview.without_booking(asked.closing, today=asked.today, reach=asked.reach)


def _unbooked(rows: Sequence[Any], asked: Asked) -> list[Line]:
    return [
        Line(
            name=str(row.child),
            words=f"{row.service_day.activity.name}, {sentences.named_day(row.service_day.day)}",
            url=reverse("booking_office:call", args=[row.service_day_id]),
        )
        for row in rows
    ]


def _absent(rows: Sequence[Any], asked: Asked) -> list[Line]:
    keys = [row["child"] for row in rows]
    children, homes = children_by_key(keys), households_with(keys, day=asked.today)
    names = catalogue.read().activity_names
    return [
        Line(
            name=str(children[row["child"]]),
            words=_("%(activity)s, %(times)s absences, la dernière %(day)s")
            % {
                "activity": names[row["service_day__activity"]],
                "times": row["times"],
                "day": sentences.named_day(row["last"]),
            },
            household_id=homes.get(row["child"]),
        )
        for row in rows
    ]


def _rolls(rows: Sequence[Any], asked: Asked) -> list[Line]:
    return [
        Line(
            name=row.activity.name,
            words=f"{row.site.name}, {sentences.named_day(row.day)}",
            url=reverse("booking_office:call", args=[row.pk]),
        )
        for row in rows
    ]


def _offers(rows: Sequence[Any], asked: Asked) -> list[Line]:
    zone = context.current().zone
    return [
        Line(
            name=str(row.child),
            words=_("%(activity)s, %(day)s : réponse attendue avant %(until)s")
            % {
                "activity": row.service_day.activity.name,
                "day": sentences.named_day(row.service_day.day),
                "until": sentences.at(row.accept_by, zone),
            },
            url=reverse("booking_office:waiting_list", args=[row.service_day_id]),
        )
        for row in rows
    ]


def _unreachable(rows: Sequence[Any], asked: Asked) -> list[Line]:
    return [Line(name=row.name, words=_missing(row.has_phone, row.has_email), household_id=row.pk) for row in rows]


def _missing(has_phone: bool, has_email: bool) -> str:
    if has_email:
        return _("sans téléphone")
    return _("sans e-mail") if has_phone else _("sans téléphone ni e-mail")


def _nothing(rows: Sequence[Any], asked: Asked) -> list[Line]:
    """Of a list that has a page of its own."""
    return []


def _households(rows: Sequence[Any], asked: Asked) -> list[Line]:
    return [Line(name=row.name, words="", household_id=row.pk) for row in rows]


LISTS: dict[str, Watch] = {
    SILENT: Watch(
        right=FIND_FAMILIES,
        words=gettext_lazy("Familles qui n'ont encore rien réservé"),
        advice=gettext_lazy("Avant la prochaine date limite. Certaines ne viennent jamais : rien ne leur est demandé."),
        rows=_silent_rows,
        order=("name_sort", "pk"),
        lines=_households,
    ),
    "presents-non-reserves": Watch(
        right=READ_DAY,
        words=gettext_lazy("Présents sans réservation, dernier jour ouvert"),
        advice=gettext_lazy("Vérifiez le pointage : une erreur de nom se corrige d'un geste."),
        rows=lambda asked: overview.unbooked(asked.today, reach=asked.reach).select_related(
            "child", "service_day__activity"
        ),
        order=("service_day", "child__name_sort", "pk"),
        lines=_unbooked,
    ),
    "absents-trois-fois": Watch(
        right=READ_DAY,
        words=gettext_lazy("Réservés mais absents trois fois en un mois"),
        advice=gettext_lazy("Appelez la famille : elle a peut-être oublié d'annuler."),
        rows=lambda asked: overview.absent_often(asked.today, reach=asked.reach),
        order=("-times", "child__name_sort", "child", "service_day__activity"),
        lines=_absent,
    ),
    "pointages-oublies": Watch(
        right=READ_DAY,
        words=gettext_lazy("Pointages non faits, dernier jour ouvert"),
        advice=gettext_lazy("Le pointage se fait aussi après coup."),
        rows=lambda asked: overview.rolls_not_called(asked.today, reach=asked.reach).select_related("activity", "site"),
        order=("activity__order", "activity", "site__name", "pk"),
        lines=_rolls,
    ),
    "absences-a-examiner": Watch(
        right=READ_ABSENCES,
        words=gettext_lazy("Absences à examiner"),
        advice="",
        rows=lambda asked: absences.to_examine(asked.agent),
        order=(),
        lines=_nothing,
        page="booking_office:absences",
    ),
    "justificatifs-de-quotient": Watch(
        right=READ_QUOTIENTS,
        words=gettext_lazy("Justificatifs de quotient à examiner"),
        advice="",
        rows=lambda asked: quotients.proofs_to_examine(asked.agent),
        order=(),
        lines=_nothing,
        page="billing_office:quotient_proofs",
    ),
    "places-proposees": Watch(
        right=READ_DAY,
        words=gettext_lazy("Places proposées, réponse attendue"),
        advice=gettext_lazy("Sans réponse à l'heure dite, la place passe à la famille suivante, toute seule."),
        rows=lambda asked: overview.offers(asked.now, reach=asked.reach).select_related(
            "child", "service_day__activity"
        ),
        order=("accept_by", "pk"),
        lines=_offers,
    ),
    "injoignables": Watch(
        right=OPEN_FAMILY,
        words=gettext_lazy("Familles sans téléphone ou sans e-mail"),
        advice=gettext_lazy("Ouvrez la fiche de la famille pour compléter ses coordonnées."),
        rows=lambda asked: overview.unreachable(asked.today, reach=asked.reach),
        order=("name_sort", "pk"),
        lines=_unreachable,
    ),
    "demandes": Watch(
        right=ANSWER_REQUESTS,
        words=gettext_lazy("Demandes des familles sur leurs données"),
        advice="",
        rows=lambda asked: overview.requests_to_answer(asked.today, reach=asked.reach),
        order=(),
        lines=_nothing,
        page="families_office:requests",
    ),
}
