"""The town's words as the voice says them: heard, corrected, heard again before it is kept."""

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from booking import catalogue
from lps.accounts.gates import whole_town_required
from lps.accounts.requests import DoorRequest
from lps.families.queries.children import first_names
from lps.ui import saying
from tenants import context
from voice import queries
from voice.dialogue.facts import phrase
from voice.gateway import speech
from voice.models import Pronunciation
from voice.office_forms import WordForm
from voice.rights import TEACH_VOICE
from voice.services import pronunciations as services

PER_PAGE = 25
LONGEST = 120
SAID = {
    "enregistre": _("C'est enregistré. Le prochain appel dira ce mot ainsi."),
    "supprime": _("Cette prononciation est supprimée\u00a0: le mot sera dit comme il s'écrit."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@whole_town_required(TEACH_VOICE)
def words(request: DoorRequest) -> HttpResponse:
    """What was taught, a form to teach one more, and the town's own words to listen to."""
    asked = request.GET.get("mot", "").replace("\x00", "")[:60]
    form = WordForm(request.POST if request.method == "POST" else None, initial={"written": asked})
    if answer := _answered(request, form, None):
        return answer
    taught = Paginator(Pronunciation.objects.order_by("written"), PER_PAGE).get_page(request.GET.get("page"))
    known = {written.casefold() for written, _spoken in queries.pronunciations()}
    names = Paginator(first_names(), PER_PAGE).get_page(request.GET.get("prenoms"))
    facts = {
        "form": form,
        "heard": _heard(request, form),
        "page": taught,
        "rows": [(word, _sound_of(word.spoken, as_is=True)) for word in taught.object_list],
        "services": [_to_hear(name, known) for name in _services()],
        "names": names,
        "first_names": [_to_hear(name, known) for name in names.object_list],
        "said": saying.said(request, SAID),
    }
    return render(request, "voice/office/words.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@whole_town_required(TEACH_VOICE)
def word(request: DoorRequest, word_id: int) -> HttpResponse:
    """Say a word otherwise."""
    found = _word_or_404(word_id)
    form = WordForm(request.POST if request.method == "POST" else None, instance=_word_or_404(word_id))
    if answer := _answered(request, form, found):
        return answer
    return render(request, "voice/office/word.html", {"form": form, "word": found, "heard": _heard(request, form)})


@require_http_methods(["GET", "HEAD", "POST"])
@whole_town_required(TEACH_VOICE)
def remove(request: DoorRequest, word_id: int) -> HttpResponse:
    """Ask, then say the word as it is written again."""
    found = _word_or_404(word_id)
    if request.method != "POST":
        return render(request, "voice/office/word_remove.html", {"word": found})
    assert request.actor is not None
    services.remove_word(word=found, by=request.actor)
    return saying.done(reverse("voice_office:words"), "supprime")


@require_safe
@whole_town_required(TEACH_VOICE)
def sound(request: DoorRequest) -> HttpResponse:
    """A word as the next call says it, or exactly as it is written in `tel`."""
    as_is = request.GET.get("tel", "").replace("\x00", "").strip()[:LONGEST]
    asked = request.GET.get("mot", "").replace("\x00", "").strip()[:LONGEST]
    if not (as_is or asked):
        raise Http404
    said = [phrase("notice", words=as_is or asked)]
    return speech.spoken(said, at=request.received_at, as_written=bool(as_is))


def _answered(request: DoorRequest, form: WordForm, found: Pronunciation | None) -> HttpResponse | None:
    """The answer once it is kept; None while there is something to show, or to hear first."""
    if not form.is_valid() or request.POST.get("geste") == "ecouter":
        return None
    assert request.actor is not None
    given = form.cleaned_data
    try:
        services.save_word(word=found, written=given["written"], spoken=given["spoken"], by=request.actor)
    except IntegrityError:
        form.add_error("written", _("Quelqu'un vient d'enregistrer ce mot\u00a0: rechargez la page."))
        return None
    return saying.done(reverse("voice_office:words"), "enregistre")


def _heard(request: DoorRequest, form: WordForm) -> str:
    """The address of the sound to hear before one keeps it, "" for none."""
    is_asked = request.POST.get("geste") == "ecouter" and form.is_valid()
    return _sound_of(form.cleaned_data["spoken"], as_is=True) if is_asked else ""


def _to_hear(name: str, known: set[str]) -> dict[str, Any]:
    return {
        "name": name,
        "sound": _sound_of(name),
        "is_taught": name.casefold() in known,
        "teach": f"?{urlencode({'mot': name})}#mot",
    }


def _sound_of(text: str, *, as_is: bool = False) -> str:
    return f"{reverse('voice_office:word_sound')}?{urlencode({'tel' if as_is else 'mot': text})}"


def _services() -> list[str]:
    """The commune as it is announced, then its activities, in order."""
    offered = [one.name for group in catalogue.read().offered for one in group.activities if not one.retired]
    return [queries.settings().welcome or context.current().header_name, *offered]


def _word_or_404(word_id: int) -> Pronunciation:
    found = Pronunciation.objects.filter(pk=word_id).first()
    if found is None:
        raise Http404
    return found
