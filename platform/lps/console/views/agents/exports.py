"""The whole of the commune for its own administrator, in a suspended commune too."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import may_for_all
from lps.console.forms.exports import ExportForm
from lps.console.rights import EXPORT_TOWN
from lps.console.views.exports import asked, said, sent, shown
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.ui import saying
from tenants import context


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(EXPORT_TOWN)
def exports(request: DoorRequest) -> HttpResponse:
    """The last exports, and the form that asks for one."""
    agent, town = _administrator(request), context.current()
    form = ExportForm(request.POST if request.method == "POST" else None)
    if asked(form, town, by=agent, channel=Channel.OFFICE):
        return saying.done(reverse("console_office:exports"), "demande")
    facts = shown(town, form)
    facts["said"] = said(request, under_way=facts["under_way"] is not None)
    return render(request, "console/office/exports.html", facts, status=400 if form.errors else 200)


@require_safe
@agent_required(EXPORT_TOWN)
def archive(request: DoorRequest, export_id: int) -> HttpResponseBase:
    """One of them, to keep."""
    return sent(context.current(), export_id, by=_administrator(request), channel=Channel.OFFICE)


def _administrator(request: DoorRequest) -> Actor:
    """Whoever asks works for all schools and all activities: the archive holds every family."""
    if request.actor is None or not may_for_all(request.actor, EXPORT_TOWN):
        raise PermissionDenied
    return request.actor
