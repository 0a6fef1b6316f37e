"""The sentences of the telephone, heard as families hear them, and recorded by somebody of the town."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from lps.accounts.gates import whole_town_required
from lps.accounts.requests import DoorRequest
from lps.ui import saying
from voice import queries
from voice.dialogue.facts import phrase
from voice.gateway import speech
from voice.models import Recording
from voice.office_forms import RecordingForm, SentencesForm
from voice.rights import TEACH_VOICE
from voice.sentences import MOMENTS, Line, lines
from voice.services import recordings as services
from voice.services.recordings import NoDraft

PER_PAGE = 25
SAID = {
    "enregistre": _("C'est fait. Le prochain appel dira cette phrase par votre enregistrement."),
    "retire": _("L'enregistrement est retiré\u00a0: le serveur vocal reprend sa voix."),
}


@require_safe
@whole_town_required(TEACH_VOICE)
def sentences(request: DoorRequest) -> HttpResponse:
    """Every sentence with what families hear of it now."""
    form, recorded = SentencesForm(request.GET), queries.recordings()
    asked = form.cleaned_data if form.is_valid() else {}
    found = [
        line
        for line in lines().values()
        if asked.get("moment") in ("", None, line.moment) and (not asked.get("nos_voix") or line.words in recorded)
    ]
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    kept = request.GET.copy()
    kept.pop("page", None)
    facts = {
        "form": form,
        "page": page,
        "asked": kept.urlencode(),
        "rows": [_row(line, recorded) for line in page.object_list],
        "recorded": sum(line.words in recorded for line in lines().values()),
        "said": saying.said(request, SAID),
    }
    return render(request, "voice/office/sentences.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@whole_town_required(TEACH_VOICE)
def sentence(request: DoorRequest, key: str) -> HttpResponse:
    """One sentence: heard, replaced by a recording that is heard before it is used."""
    line = _line_or_404(key)
    here = reverse("voice_office:sentence", args=[key])
    form = RecordingForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if request.method == "POST":
        if request.POST.get("geste") == "utiliser":
            return _used(request, line)
        if form.is_valid():
            return HttpResponseRedirect(f"{here}?essai={form.cleaned_data['recording'].digest}")
    recorded = queries.recordings()
    facts: dict[str, Any] = {
        "form": form,
        "line": line,
        "moment": MOMENTS[line.moment],
        "row": _row(line, recorded),
        "recording": recorded.get(line.words),
        "draft": _draft(request),
        "said": saying.said(request, SAID),
    }
    return render(request, "voice/office/sentence.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@whole_town_required(TEACH_VOICE)
def remove(request: DoorRequest, key: str) -> HttpResponse:
    """Ask, then have the voice say it again."""
    line = _line_or_404(key)
    recording = _recording_or_404(line)
    if request.method != "POST":
        return render(request, "voice/office/sentence_remove.html", {"line": line})
    assert request.actor is not None
    services.remove(recording=recording, by=request.actor)
    return saying.done(reverse("voice_office:sentence", args=[key]), "retire")


@require_safe
@whole_town_required(TEACH_VOICE)
def sound(request: DoorRequest, key: str) -> HttpResponse:
    """What families hear now."""
    return speech.spoken([phrase("notice", words=_line_or_404(key).words)], at=request.received_at)


@require_safe
@whole_town_required(TEACH_VOICE)
def draft_sound(request: DoorRequest, digest: str) -> HttpResponse:
    """A recording that was sent and waits to be used."""
    try:
        return speech.sound(services.draft(digest=digest))
    except NoDraft:
        raise Http404 from None


def _used(request: DoorRequest, line: Line) -> HttpResponse:
    assert request.actor is not None
    here = reverse("voice_office:sentence", args=[line.key])
    try:
        services.use(
            speech.store(),
            words=line.words,
            digest=request.POST.get("essai", ""),
            by=request.actor,
            at=request.received_at,
        )
    except NoDraft:
        return HttpResponseRedirect(here)  # forgotten since: the page asks for the file again
    return saying.done(here, "enregistre")


def _draft(request: DoorRequest) -> str:
    """The digest of the draft that the page has heard first, "" for none."""
    digest = request.GET.get("essai", "")
    try:
        services.draft(digest=digest)
    except NoDraft:
        return ""
    return digest


def _row(line: Line, recorded: dict[str, Recording]) -> dict[str, Any]:
    recording = recorded.get(line.words)
    return {"line": line, "recording": recording, "version": recording.digest[:12] if recording else ""}


def _line_or_404(key: str) -> Line:
    found = lines().get(key)
    if found is None:
        raise Http404
    return found


def _recording_or_404(line: Line) -> Recording:
    found = queries.recordings().get(line.words)
    if found is None:
        raise Http404
    return found
