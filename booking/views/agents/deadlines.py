"""Until when one may book: the rule of a group, or of an activity; saved once its effect was read."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from booking import deadline_page, sentences
from booking.forms.deadlines import DeadlineForm, Kinds, KindsForm, as_initial, kinds_asked
from booking.models import Activity, ActivityGroup
from booking.rights import CHANGE_CATALOGUE
from booking.rules.deadlines import DeadlineRule, from_json
from booking.services import deadlines as services
from booking.views.agents.activities import ACCEPT, MEND, STEP, activity_or_404
from booking.views.agents.catalogue import changer, group_or_404
from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.ui import saying
from tenants import context

# Buttons of an activity's page: look at the group's rule, then take it again.
SEE_GROUP, TAKE_GROUP = "voir-groupe", "groupe"
SAID = {"limite": _("La date limite est enregistrée : les familles la voient dès maintenant.")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose rule it is: a group's or an activity's, what stands, and how it is saved."""

    name: str
    path: str
    back: str
    standing: DeadlineRule
    activities: tuple[Activity, ...]
    save: Callable[..., None]
    # Of an activity: its group's rule, and whether it has its own.
    group: ActivityGroup | None = None
    is_own: bool = False

    @property
    def of_group(self) -> DeadlineRule:
        return from_json(self.group.deadline) if self.group else self.standing


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(CHANGE_CATALOGUE)
def group_deadline(request: DoorRequest, group_id: int) -> HttpResponse:
    """The rule of a group, that of all its activities but those with their own."""
    changer(request)
    group = group_or_404(group_id)
    subject = Subject(
        name=group.name,
        path=reverse("booking_office:group_deadline", args=[group.pk]),
        back=reverse("booking_office:catalogue"),
        standing=from_json(group.deadline),
        activities=tuple(group.activities.filter(retired_at__isnull=True).order_by("order", "pk")),
        save=partial(services.set_group_deadline, group_id=group.pk),
    )
    return _page(request, subject)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(CHANGE_CATALOGUE)
def activity_deadline(request: DoorRequest, activity_id: int) -> HttpResponse:
    """The rule of one activity: its group's until it has its own."""
    changer(request, activity_id=activity_id)
    activity = activity_or_404(activity_id)
    subject = Subject(
        name=activity.name,
        path=reverse("booking_office:activity_deadline", args=[activity.pk]),
        back=reverse("booking_office:activity", args=[activity.pk]),
        standing=from_json(activity.group.deadline if activity.deadline is None else activity.deadline),
        activities=(activity,),
        save=partial(services.set_activity_deadline, activity_id=activity.pk),
        group=activity.group,
        is_own=activity.deadline is not None,
    )
    return _page(request, subject)


def _page(request: DoorRequest, subject: Subject) -> HttpResponse:
    standing = Kinds.of(subject.standing)
    if request.method != "POST":
        kinds = kinds_asked(request.GET, standing)
        return _shown(request, subject, kinds, DeadlineForm(kinds=kinds, standing=subject.standing))
    step = request.POST.get(STEP, "")
    if subject.is_own and step in (SEE_GROUP, TAKE_GROUP):
        return _back_to_group(request, subject, accepted=step == TAKE_GROUP)
    kinds = kinds_asked(request.POST, standing)
    form = DeadlineForm(request.POST, kinds=kinds, standing=subject.standing)
    if not form.is_valid():
        return _shown(request, subject, kinds, form, status=400)
    if step == ACCEPT:
        return _saved(request, subject, form.rule)
    if step == MEND:
        return _shown(request, subject, kinds, form)
    return _previewed(request, subject, form.rule, form=form, kinds=kinds)


def _back_to_group(request: DoorRequest, subject: Subject, *, accepted: bool) -> HttpResponse:
    return _saved(request, subject, None) if accepted else _previewed(request, subject, subject.of_group)


def _saved(request: DoorRequest, subject: Subject, rule: DeadlineRule | None) -> HttpResponse:
    subject.save(rule=rule, by=request.actor, at=request.received_at)
    return saying.done(subject.path, "limite")


def _shown(
    request: DoorRequest, subject: Subject, kinds: Kinds, form: DeadlineForm, *, status: int = 200
) -> HttpResponse:
    facts = {
        "subject": subject,
        "words": sentences.rule_words(subject.standing),
        "kinds_form": KindsForm(initial=as_initial(kinds)),
        "kinds": as_initial(kinds).items(),
        "form": form,
        "said": saying.said(request, SAID),
    }
    return render(request, "booking/office/deadline.html", facts, status=status)


def _previewed(
    request: DoorRequest,
    subject: Subject,
    rule: DeadlineRule,
    *,
    form: DeadlineForm | None = None,
    kinds: Kinds | None = None,
) -> HttpResponse:
    concerned = [one for one in subject.activities if subject.group or one.deadline is None]
    lines = deadline_page.preview(
        rule,
        standing=subject.standing,
        activities=[one.pk for one in concerned],
        zone=context.current().zone,
        now=request.received_at,
    )
    facts = {
        "subject": subject,
        "words": sentences.rule_words(rule),
        "lines": lines,
        "never": bool(lines) and all(line.never for line in lines),
        "concerned": concerned,
        "apart": [one for one in subject.activities if one not in concerned],
        "form": form,
        "kinds": as_initial(kinds).items() if kinds else (),
    }
    return render(request, "booking/office/deadline_preview.html", facts)
