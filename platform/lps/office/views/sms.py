"""The town's SMS service, for residents: subscribing, the code, changing and stopping. Nobody signs in here."""

import json
import math
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from lps.accounts.requests import DoorRequest
from lps.office import sms_limits
from lps.office.forms.sms import ChoicesForm, CodeForm, OpenForm, RobotForm, SubscribeForm
from lps.ui import saying
from notifications import queries, sms_form
from notifications.models import NumberCode
from notifications.services import subscriptions
from notifications.services.subscriptions import WEB, Asked
from tenants import context

page = require_http_methods(["GET", "HEAD", "POST"])
COOKIE, ALIVE = "lps_sms", 30 * 60
# Raised whenever the sentence changes; kept with each consent.
VERSION = "2014-1"
STEP, STOP = "etape", "arreter"
SAID = {
    "inscrit": _l("Votre inscription est enregistrée. Vous recevrez les informations des thèmes cochés."),
    "change": _l("Vos choix sont enregistrés."),
    "arrete": _l("C'est arrêté\u00a0: la mairie ne vous envoie plus de SMS d'information."),
}


@page
def subscribe(request: DoorRequest) -> HttpResponse:
    """The form; a POST sends a code to the number."""
    row, offered = queries.sending(), sms_form.topics()
    sent = request.POST if request.method == "POST" else None
    form = SubscribeForm(sent, row=row, offered=offered, consent=consent())
    is_open = row.form_is_open and bool(offered)
    if sent is not None and is_open and form.is_valid():
        asked = Asked(
            do="subscribe",
            number=form.cleaned_data["mobile"],
            identity=form.identity,
            topics=form.chosen,
            wording=f"[{VERSION}] {consent()}",
        )
        if answer := _send(request, form, asked, "mobile"):
            return answer
    facts = {"form": form, "welcome": row.welcome, "is_open": is_open}
    return render(request, "office/sms/subscribe.html", facts, status=400 if form.errors else 200)


@page
def known(request: DoorRequest) -> HttpResponse:
    """Déjà inscrit ? The answer is the same whether the number is known or not."""
    form = OpenForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        asked = Asked(do="open", number=form.cleaned_data["number_typed"])
        if answer := _send(request, form, asked, "number_typed"):
            return answer
    facts = {"form": form, "said": saying.said(request, {"perdu": _l("Demandez un nouveau code.")})}
    return render(request, "office/sms/known.html", facts, status=400 if form.errors else 200)


@page
def code(request: DoorRequest) -> HttpResponse:
    """The code sent to the number; once right, what had been asked is done."""
    pk = _pk(request)
    if pk is None:
        return saying.done(reverse("sms:known"), "perdu")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        proved = subscriptions.prove(pk=pk, code=form.cleaned_data["code"], at=request.received_at)
        if proved:
            path = reverse("sms:choices")
            return saying.done(path, "inscrit") if proved.asked.do == "subscribe" else HttpResponseRedirect(path)
        form.add_error(
            "code", _("Ce code n'est pas le bon, ou il n'est plus valable. Après cinq essais, demandez-en un autre.")
        )
    return render(request, "office/sms/code.html", {"form": form}, status=400 if form.errors else 200)


@page
def choices(request: DoorRequest) -> HttpResponse:
    """What the holder of a proved number is told about; changing it, or stopping all."""
    proved = _proved(request)
    if proved is None:
        return saying.done(reverse("sms:known"), "perdu")
    held, offered = subscriptions.subscriber_of(proved), sms_form.topics()
    kept = subscriptions.in_force(held) if held else set()
    sent = request.POST if request.method == "POST" else None
    form = ChoicesForm(sent, offered=offered, consent=consent(), initial={"topics": [str(pk) for pk in kept]})
    if sent is not None and sent.get(STEP) == STOP:
        subscriptions.stop(lookup=proved.lookup, channel=WEB, at=request.received_at)
        return saying.done(request.path, "arrete")
    if form.is_valid():
        wanted = {int(pk) for pk in form.cleaned_data["topics"]}
        wording = f"[{VERSION}] {consent()}"
        subscriptions.change(code=proved, topics=wanted, wording=wording, at=request.received_at)
        return saying.done(request.path, "change" if wanted else "arrete")
    facts = {"form": form, "held": held, "kept": kept, "said": saying.said(request, SAID)}
    return render(request, "office/sms/choices.html", facts, status=400 if form.errors else 200)


def consent() -> str:
    """The sentence that one agrees to, above the topics."""
    return _("J'autorise la ville %(place)s à m'envoyer des informations par SMS concernant :") % {
        "place": context.current().place_of
    }


def _send(request: DoorRequest, form: RobotForm, asked: Asked, field: str) -> HttpResponse | None:
    """Send a code and go to its page; None when too many were asked for, which the form then says."""
    wait = sms_limits.seconds_to_wait(number=asked.number, address=request.client_address)
    if wait:
        minutes = math.ceil(wait / 60)
        form.add_error(
            field,
            ngettext(
                "Trop de codes ont été demandés. Attendez %(minutes)d minute, puis recommencez.",
                "Trop de codes ont été demandés. Attendez %(minutes)d minutes, puis recommencez.",
                minutes,
            )
            % {"minutes": minutes},
        )
        return None
    made = subscriptions.send_code(asked=asked)
    response = HttpResponseRedirect(reverse("sms:code"))
    response.set_cookie(
        COOKIE,
        _signer().sign_object(made.pk),
        max_age=ALIVE,
        path=reverse("sms:subscribe"),
        secure=settings.PRODUCTION,
        httponly=True,
        samesite="Lax",
    )
    return response


def _proved(request: DoorRequest) -> NumberCode | None:
    pk = _pk(request)
    return None if pk is None else subscriptions.proved_number(pk)


def _pk(request: DoorRequest) -> int | None:
    """The code that this browser asked for."""
    try:
        pk: Any = _signer().unsign_object(request.COOKIES.get(COOKIE, ""))
    except (signing.BadSignature, json.JSONDecodeError):
        return None
    return pk if isinstance(pk, int) else None


def _signer() -> signing.Signer:
    return signing.Signer(salt=f"sms-code:{context.current().pk.hex}")
