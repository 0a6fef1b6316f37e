"""The town's colour and logo: tried on a sample before they are kept."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lps.accounts.gates import whole_town_required
from lps.accounts.requests import DoorRequest
from lps.journal import town as journal
from lps.journal.channels import Channel
from lps.office.forms.town import ColorForm
from lps.office.rights import CHANGE_TOWN
from lps.ui import colors, saying
from tenants.town import queries as town
from tenants.town import services
from tenants.town.pictures import MAX_BYTES, PictureRefused

SAID = {
    "couleur": gettext_lazy("La couleur est changée sur toutes les pages."),
    "logo": gettext_lazy("Le logo est en place sur toutes les pages."),
    "retire": gettext_lazy("Le logo est retiré\u00a0: l'initiale de la commune le remplace."),
}
REFUSED = {
    "too_heavy": gettext_lazy("Cette image est trop lourde\u00a0: choisissez-en une de moins de 1 Mo."),
    "too_large": gettext_lazy("Cette image a trop de points\u00a0: réduisez-la, 800 points de côté suffisent."),
    "not_a_picture": gettext_lazy("Ce fichier n'est pas une image PNG, JPEG ou WebP. Choisissez-en un autre."),
}
_TRIAL = "logo_essai"


@dataclass(frozen=True, slots=True)
class Read:
    """How a colour reads: its contrast on white as it was given, the shade that texts and buttons take instead."""

    color: str
    contrast: float
    day: str
    day_contrast: float
    night: str
    night_contrast: float

    @property
    def is_kept(self) -> bool:
        """Whether texts take the colour as it was given."""
        return self.color == self.day


def read(color: str) -> Read:
    """What becomes of a colour, measured on the card by day and by night."""
    day, night = colors.light(color), colors.dark(color)
    return Read(
        color,
        colors.contrast(color, colors.DAY.card),
        day.commune,
        colors.contrast(day.commune, colors.DAY.card),
        night.commune,
        colors.contrast(night.commune, colors.NIGHT.card),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@whole_town_required(CHANGE_TOWN)
def appearance(request: DoorRequest) -> HttpResponse:
    """The colour: asked for in the address it is tried, sent by the form it is kept."""
    if request.method == "POST":
        form = ColorForm(request.POST)
        if form.is_valid():
            assert request.actor is not None
            journal.change_settings(color=form.cleaned_data["couleur"], by=request.actor, channel=Channel.OFFICE)
            return saying.done(reverse("office:town_appearance"), "couleur")
        return _page(request, form=form)
    asked = "couleur" in request.GET
    return _page(request, form=ColorForm(request.GET if asked else None, initial={"couleur": town.settings().color}))


@require_safe
@whole_town_required(CHANGE_TOWN)
def sample(request: DoorRequest) -> HttpResponse:
    """The style sheet of the sample."""
    form = ColorForm(request.GET)
    if not form.is_valid():
        return HttpResponse(status=400, content_type="text/plain")
    css = colors.sample_css(form.cleaned_data["couleur"])
    return HttpResponse(css, content_type="text/css; charset=utf-8")


@require_POST
@whole_town_required(CHANGE_TOWN)
def logo(request: DoorRequest) -> HttpResponse:
    """Receive a picture, to be looked at."""
    sent = request.FILES.get("logo")
    if sent is None:
        return _page(request, refused=_("Choisissez une image."))
    if (sent.size or 0) > MAX_BYTES:
        return _page(request, refused=str(REFUSED["too_heavy"]))
    try:
        request.session[_TRIAL] = services.try_logo(content=sent.read())
    except PictureRefused as error:
        return _page(request, refused=str(REFUSED[error.refusal.code]))
    return HttpResponseRedirect(f"{reverse('office:town_appearance')}#logo")


@require_safe
@whole_town_required(CHANGE_TOWN)
def trial(request: DoorRequest) -> HttpResponse:
    """The picture that this agent looks at."""
    found = _trial(request)
    if found is None:
        raise Http404
    return HttpResponse(found.content, content_type=found.media_type, headers={"Cache-Control": "private, no-store"})


@require_POST
@whole_town_required(CHANGE_TOWN)
def keep_logo(request: DoorRequest) -> HttpResponse:
    """Make the picture looked at the logo."""
    found = _trial(request)
    if found is None:
        return _page(request, refused=_("Cette image n'est plus là. Choisissez-la de nouveau."))
    assert request.actor is not None
    journal.save_logo(content=found.content, by=request.actor, channel=Channel.OFFICE)
    services.forget_trial(name=request.session.pop(_TRIAL))
    return saying.done(reverse("office:town_appearance"), "logo")


@require_POST
@whole_town_required(CHANGE_TOWN)
def remove_logo(request: DoorRequest) -> HttpResponse:
    """Go back to the initial."""
    assert request.actor is not None
    journal.remove_logo(by=request.actor, channel=Channel.OFFICE)
    return saying.done(reverse("office:town_appearance"), "retire")


def _page(request: DoorRequest, *, form: ColorForm | None = None, refused: str = "") -> HttpResponse:
    present = town.settings().color
    form = form or ColorForm(initial={"couleur": present})
    tried = form.cleaned_data["couleur"] if form.is_bound and form.is_valid() else ""
    facts: dict[str, Any] = {
        "form": form,
        "tried": tried,
        "read": read(tried or present),
        "sample_query": urlencode({"couleur": tried or present}),
        "least": colors.CONTRAST,
        "trial": _trial(request) is not None,
        "refused": refused,
        "said": saying.said(request, SAID),
    }
    return render(request, "office/town_appearance.html", facts, status=400 if refused else 200)


def _trial(request: DoorRequest) -> town.Logo | None:
    name = request.session.get(_TRIAL, "")
    return town.picture(name) if name else None
