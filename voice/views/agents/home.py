"""The telephone at a glance, what the town decides of it, and its numbers."""

from copy import copy
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_safe

from lps.accounts.gates import whole_town_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families.phones import region_of, shown
from lps.ui import saying
from lps.ui.bars import Bar, Chart
from lps.ui.templatetags.ui import day_month
from tenants import context, telephone
from tenants.lines import NumberTaken
from tenants.queries import lines_of, url_of
from tenants.town import queries as town
from voice import queries
from voice.office_forms import NumbersForm, ProviderForm, VoiceForm
from voice.queries import Statistics
from voice.rights import READ_VOICE, SET_VOICE, TEACH_VOICE, TRY_VOICE
from voice.services import settings as services
from voice.words import OUTCOMES, STAGES, duration

DAYS_DRAWN = 14
DAYS_COUNTED = 30
WEEKDAYS = ("lu", "ma", "me", "je", "ve", "sa", "di")
SAID = {
    "reglages": _l("C'est enregistré. Le prochain appel en tient compte."),
    "prestataire": _l("C'est enregistré. Le prochain appel en tient compte."),
    "numeros": _l("C'est enregistré. Ces numéros répondent dès le prochain appel."),
}


@require_safe
@whole_town_required(READ_VOICE)
def home(request: DoorRequest) -> HttpResponse:
    """Whether it answers, where, and what came of the calls of the last month."""
    today = request.received_at.astimezone(context.current().zone).date()
    first = today - timedelta(days=DAYS_COUNTED - 1)
    told = queries.statistics(first=first, last=today, zone=context.current().zone)
    facts = {
        "voice": queries.settings(),
        "lines": telephone.lines_of_commune(context.current()),
        "told": told,
        "mean": duration(told.mean),
        "chart": _chart(told),
        "days": told.days[-DAYS_DRAWN:],
        "outcomes": [(words, told.by_outcome[code]) for code, words in OUTCOMES.items() if told.by_outcome.get(code)],
        "left": [(words, told.left[code]) for code, words in STAGES.items() if told.left.get(code)],
        "today": today,
        "may_set": allowed(request.actor, SET_VOICE),
        "may_try": allowed(request.actor, TRY_VOICE),
        "may_teach": allowed(request.actor, TEACH_VOICE),
        "said": saying.said(request, SAID),
    }
    return render(request, "voice/office/home.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@whole_town_required(SET_VOICE)
def settings(request: DoorRequest) -> HttpResponse:
    """Hours, welcome, what is read first, who may call."""
    form = VoiceForm(request.POST if request.method == "POST" else None, instance=copy(queries.settings()))
    if form.is_valid():
        assert request.actor is not None
        services.change_settings(by=request.actor, **form.wanted)
        return saying.done(reverse("voice_office:home"), "reglages")
    return render(request, "voice/office/settings.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@whole_town_required(SET_VOICE)
def numbers(request: DoorRequest) -> HttpResponse:
    """At which numbers the commune answers."""
    form = NumbersForm(request.POST) if request.method == "POST" else NumbersForm(initial=_numbers_now())
    if form.is_bound and form.is_valid():
        assert request.actor is not None
        given = form.cleaned_data
        try:
            services.set_numbers(
                numbers=form.numbers(given), shown=_shown(given["number"]), words=given["words"], by=request.actor
            )
        except NumberTaken as taken:
            sentence = _("Le %(number)s répond déjà pour une autre commune. Vérifiez-le, ou appelez votre prestataire.")
            form.add_error("number", sentence % {"number": _shown(str(taken))})
        else:
            return saying.done(reverse("voice_office:home"), "numeros")
    return render(request, "voice/office/numbers.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@whole_town_required(SET_VOICE)
def provider(request: DoorRequest) -> HttpResponse:
    """A provider of numbers that calls us over the web, for a town without a line of an operator."""
    kept = bool(queries.settings().provider_secret)
    form = ProviderForm(request.POST if request.method == "POST" else None, kept=kept)
    if form.is_valid():
        assert request.actor is not None
        given = form.cleaned_data
        if given.get("stop") or given["secret"]:
            secret = "" if given.get("stop") else given["secret"]
            services.set_provider_secret(secret=secret, by=request.actor)
        return saying.done(reverse("voice_office:home"), "prestataire")
    commune = context.current()
    doors = [(_shown(line), url_of(commune, _door_of(line))) for line in lines_of(commune)]
    return render(request, "voice/office/provider.html", {"form": form, "doors": doors})


def _door_of(line: str) -> str:
    return reverse("voice:webhook", args=["twilio", line.lstrip("+")])


def _numbers_now() -> dict[str, Any]:
    decided, region = town.settings(), region_of(context.current().zone)
    lines = [shown(number, region=region) for number in lines_of(context.current())]
    others = [number for number in lines if number != decided.voice_number]
    return {"number": decided.voice_number, "words": decided.voice_words, "others": ", ".join(others)}


def _shown(number: str) -> str:
    return shown(number, region=region_of(context.current().zone)) if number else ""


def _chart(told: Statistics) -> Chart | None:
    if not any(one.calls for one in told.days[-DAYS_DRAWN:]):
        return None
    drawn = told.days[-DAYS_DRAWN:]
    bars = [
        Bar(name=(WEEKDAYS[one.day.weekday()], day_month(one.day)), value=one.calls, text=str(one.calls))
        for one in drawn
    ]
    return Chart(title=_("Appels par jour, les deux dernières semaines"), bars=bars)
