"""The answers of a campaign: the list and its filters, files of it, deciding line by line or all at once."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking import campaigns as reads
from booking import sentences
from booking.campaigns import WHO, Asked, Who
from booking.forms.campaigns import DecisionForm
from booking.models import Activity, Campaign, PreRegistration
from booking.recap import chosen_lines
from booking.rights import (
    BOOK_AT_COUNTER,
    DECIDE_ANSWERS,
    READ_ANSWERS,
    own_activities,
    serves_all_of,
    serves_one_of,
)
from booking.services import campaigns as services
from booking.views.agents.campaigns import SAID as CAMPAIGNS_SAID
from booking.views.agents.campaigns import campaign_or_404, may_run, path_of
from lps.accounts.actors import Agent
from lps.accounts.decorators import agent_required
from lps.accounts.gates import theirs_or_404
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.ui import downloads, saying
from tenants import context

PER_PAGE = 100
State = PreRegistration.State
WHO_WORDS = {
    "": gettext_lazy("Tous les enfants"),
    "silent": gettext_lazy("Sans réponse"),
    "yes": gettext_lazy("Oui"),
    "no": gettext_lazy("Non"),
    "to_decide": gettext_lazy("À valider"),
    "validated": gettext_lazy("Validées"),
    "refused": gettext_lazy("Refusées"),
}
SAID = {
    **CAMPAIGNS_SAID,
    "validees": gettext_lazy("C'est validé. Les familles sont prévenues par e-mail et sur leur page."),
    "validee": gettext_lazy("La préinscription est validée. La famille est prévenue."),
    "refusee": gettext_lazy("La préinscription est refusée. La famille lit votre motif."),
    "rien": gettext_lazy("Il n'y avait plus rien à valider."),
    "reservations": gettext_lazy("Les réservations sont en cours. Ce qui est déjà réservé reste comme il est."),
}


@require_safe
@agent_required(READ_ANSWERS)
def answers(request: DoorRequest, campaign_id: int) -> HttpResponse:
    """Who answered what, and who has not."""
    campaign = _campaign_seen(request, campaign_id)
    asked = _asked(request, campaign)
    page = Paginator(reads.lines(asked).select_related("child", "household"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    done, to_book = reads.to_book(campaign)
    classes = reads.classes_on(asked.today, sites=asked.sites)
    facts = {
        "campaign": campaign,
        "phase": reads.phase(campaign, at=request.received_at).value,
        "counts": reads.counts(_asked(request, campaign, everybody=True)),
        "page": page,
        "rows": reads.rows(page.object_list, only=own_activities(request.actor)),
        "asked": asked,
        "who": [(one, WHO_WORDS[one]) for one in WHO],
        "classes": classes,
        "schools": list(dict.fromkeys(one.site for one in classes)),
        "query": _query(asked),
        "booked": done,
        "to_book": to_book,
        "waits": done < to_book,
        "may_run": may_run(request),
        "may_decide": may_decide(request, campaign),
        "may_answer": allowed(request.actor, BOOK_AT_COUNTER),
        "weekdays": sentences.weekday_names(campaign.weekdays),
        "said": saying.said(request, SAID, over=() if done < to_book else ("reservations",)),
    }
    return render(request, "booking/office/campaign.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(DECIDE_ANSWERS)
def validate(request: DoorRequest, campaign_id: int) -> HttpResponse:
    """Validate all that waits: first how many, then for good. What is answered after the preview waits again."""
    campaign = _campaign_seen(request, campaign_id)
    actor = _decider(request, campaign)
    asked = _asked(request, campaign, who="to_decide")
    waiting = reads.lines(asked)
    if request.method == "POST":
        until = _until(request)
        if until is None:
            return render(request, "400.html", status=400)
        keys = [key for key in waiting.values_list("answer", flat=True) if key is not None]
        number = services.validate_all(campaign=campaign, answers=keys, until=until, by=actor, at=request.received_at)
        return saying.done(path_of(campaign), "validees" if number else "rien")
    facts = {
        "campaign": campaign,
        "counts": reads.counts(asked),
        "until": request.received_at.astimezone(UTC).isoformat(),
        "query": _query(asked),
        "where": _where(asked),
    }
    return render(request, "booking/office/campaign_validate.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(READ_ANSWERS)
def answer(request: DoorRequest, campaign_id: int, answer_id: int) -> HttpResponse:
    """One answer with all its versions, and the decision about it."""
    campaign = _campaign_seen(request, campaign_id)
    found = _answer_or_404(request, campaign, answer_id)
    form, changed = DecisionForm(initial={"version": found.version}), False
    if request.method == "POST":
        actor = _decider(request, campaign)
        form = DecisionForm(request.POST)
        if form.is_valid():
            state = State(form.cleaned_data["state"])
            decided = services.decide(
                campaign=campaign,
                seen={found.pk: form.cleaned_data["version"]},
                state=state,
                words=form.cleaned_data["words"] if state == State.REFUSED else "",
                by=actor,
                at=request.received_at,
            )
            if not decided.changed:
                word = "validee" if state == State.VALIDATED else "refusee"
                return saying.done(f"{path_of(campaign)}?reponse=to_decide", word)
            found, changed = _answer_or_404(request, campaign, answer_id), True
            form = DecisionForm(initial={"version": found.version})
    facts = {
        "campaign": campaign,
        "answer": found,
        "lines": chosen_lines(found, only=own_activities(request.actor)),
        "history": reads.history_of(found),
        "refused": _refused(found, campaign, own_activities(request.actor)),
        "form": form,
        "changed": changed,
        "may_decide": may_decide(request, campaign),
    }
    return render(request, "booking/office/answer.html", facts, status=400 if form.is_bound or changed else 200)


@require_POST
@agent_required(DECIDE_ANSWERS)
def book_again(request: DoorRequest, campaign_id: int) -> HttpResponse:
    """Try the bookings of all validated answers again."""
    campaign = _campaign_seen(request, campaign_id)
    actor = _decider(request, campaign)
    if campaign.books and not actor.sites:
        services.book_again(campaign=campaign, by=actor, at=request.received_at)
        return saying.done(path_of(campaign), "reservations")
    raise PermissionDenied


@require_safe
@agent_required(READ_ANSWERS)
def as_csv(request: DoorRequest, campaign_id: int) -> HttpResponse:
    """The same list for a spreadsheet, with a column an activity."""
    campaign = _campaign_seen(request, campaign_id)
    return downloads.csv(_table(request, campaign), name=f"preinscriptions-{campaign.pk}")


@require_safe
@agent_required(READ_ANSWERS)
def as_xlsx(request: DoorRequest, campaign_id: int) -> HttpResponse:
    """The same as XLSX."""
    campaign = _campaign_seen(request, campaign_id)
    name, title = f"preinscriptions-{campaign.pk}", _("Préinscriptions")
    return downloads.xlsx(_table(request, campaign), name=name, title=title)


def may_decide(request: DoorRequest, campaign: Campaign) -> bool:
    """Whether this agent decides here: of activities that are all its own."""
    return allowed(request.actor, DECIDE_ANSWERS) and serves_all_of(request.actor, campaign.activities.all())


def _campaign_seen(request: DoorRequest, pk: int) -> Campaign:
    """The campaign, if an activity of it is the agent's."""
    found = campaign_or_404(pk)
    return theirs_or_404(
        request.actor, READ_ANSWERS, found, lambda one: serves_one_of(request.actor, one.activities.all())
    )


def _decider(request: DoorRequest, campaign: Campaign) -> Agent:
    if not may_decide(request, campaign):
        raise PermissionDenied
    assert isinstance(request.actor, Agent)
    return request.actor


def _answer_or_404(request: DoorRequest, campaign: Campaign, answer_id: int) -> PreRegistration:
    """The answer, if its child is at a school of this agent's."""
    rows = PreRegistration.objects.filter(campaign=campaign, pk=answer_id).select_related("child", "household")
    asked = _asked(request, campaign, everybody=True)

    def is_theirs(found: PreRegistration) -> bool:
        return not asked.sites or reads.lines(asked).filter(answer=found.pk).exists()

    return theirs_or_404(request.actor, READ_ANSWERS, rows.first(), is_theirs)


def _asked(request: DoorRequest, campaign: Campaign, *, everybody: bool = False, who: Who = "") -> Asked:
    """What the address asks to see; what it does not understand, it leaves out."""
    assert isinstance(request.actor, Agent)
    wanted = request.GET.get("reponse", "")
    chosen: Who = next((one for one in WHO if one == wanted), "")
    return Asked(
        campaign=campaign,
        today=request.received_at.astimezone(context.current().zone).date(),
        who=who or ("" if everybody else chosen),
        school_class=None if everybody else _key(request.GET.get("classe", "")),
        site=None if everybody else _key(request.GET.get("ecole", "")),
        sites=request.actor.sites,
    )


def _key(written: str) -> int | None:
    return int(written) if written.isascii() and written.isdigit() and len(written) < 19 else None


def _query(asked: Asked) -> str:
    """The filters, for the links of the page."""
    given = {"reponse": asked.who, "ecole": asked.site, "classe": asked.school_class}
    return urlencode({name: value for name, value in given.items() if value})


def _where(asked: Asked) -> str:
    """The school or the class that the list is kept to, in words."""
    for one in reads.classes_on(asked.today):
        if one.pk == asked.school_class:
            return f"{one.site.name}, {one.name}"
        if asked.school_class is None and one.site_id == asked.site:
            return one.site.name
    return ""


def _until(request: DoorRequest) -> datetime | None:
    """The instant of the preview, None for what is none; never later than now."""
    try:
        asked = datetime.fromisoformat(request.POST.get("vu", ""))
    except ValueError:
        return None
    return min(asked, request.received_at) if asked.tzinfo else None


def _activities(request: DoorRequest, campaign: Campaign) -> list[Activity]:
    """Those of the campaign, the agent's own alone where it is kept to some."""
    own = own_activities(request.actor)
    return [one for one in campaign.activities.all() if not own or one.pk in own]


def _refused(answer: PreRegistration, campaign: Campaign, only: Collection[int]) -> list[tuple[str, str, str]]:
    """The days that could not be booked: which, and why; of these activities alone when some are given."""
    zone = context.current().zone
    names = {activity.pk: activity.name for activity in campaign.activities.all()}
    return [
        (
            names.get(one["activity"], _("activité supprimée")),
            f"{datetime.fromisoformat(one['day']):%d/%m/%Y}",
            sentences.refusal_sentence(one["code"], one["facts"], zone=zone, names=names),
        )
        for one in answer.outcome.get("refused", ())
        if not only or one["activity"] in only
    ]


def _table(request: DoorRequest, campaign: Campaign) -> Iterator[list[Any]]:
    """The lines of the list, all of them: two statements."""
    zone = context.current().zone
    activities = _activities(request, campaign)
    head = [_("école"), _("classe"), _("nom"), _("prénom"), _("famille"), _("réponse")]
    yield [
        *head,
        *(activity.name for activity in activities),
        _("reçu"), _("version"), _("répondu le"), _("état"), _("motif"),
    ]  # fmt: skip
    for row in reads.rows(reads.lines(_asked(request, campaign)).select_related("child", "household")):
        answer = row.answer
        chosen = {line["activity"]: line["weekdays"] for line in answer.chosen} if answer else {}
        reply = "" if answer is None else _("oui") if answer.returns else _("non")
        yield [
            row.site,
            row.school_class,
            row.child.last_name,
            row.child.first_name,
            row.household.name,
            reply,
            *(sentences.weekday_names(chosen.get(activity.pk, ())) for activity in activities),
            answer.number if answer else "",
            answer.version if answer else "",
            f"{answer.answered_at.astimezone(zone):%d/%m/%Y %H:%M}" if answer else "",
            answer.get_state_display() if answer else "",
            answer.words if answer else "",
        ]
