"""The codes' letters: choosing classes, and the files once a worker has drawn them."""

from django.core.files.storage import default_storage
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.families import queries
from lps.families.models import LettersBatch
from lps.families.rights import PRINT_CODES
from lps.families.services import letters as services
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from tenants import context


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(PRINT_CODES)
def letters(request: DoorRequest) -> HttpResponse:
    """The classes to print, and the letters asked for."""
    classes = queries.classes_to_come(clock.today(context.current().zone))
    chosen = _chosen(request, {one.pk for one in classes})
    if request.method == "POST" and chosen:
        assert request.actor is not None
        services.ask_for_classes(classes=chosen, by=request.actor)
        return HttpResponseRedirect(request.path)
    batches = queries.letters_asked()
    facts = {
        "classes": classes,
        "batches": batches,
        "nothing": request.method == "POST",
        "waits": any(one.waits for one in batches),
    }
    return render(request, "families/office/letters.html", facts)


@require_safe
@agent_required(PRINT_CODES)
def file(request: DoorRequest, batch_id: int, rank: int) -> HttpResponse:
    """One file of letters. Who took it is written down: it holds codes."""
    batch = get_object_or_404(LettersBatch, pk=batch_id)
    if rank >= len(batch.files):
        raise Http404
    told = batch.files[rank]
    try:
        with default_storage.open(told["file"]) as kept:
            content = kept.read()
    except FileNotFoundError:
        raise Http404 from None
    assert request.actor is not None
    record(by=request.actor, channel=Channel.OFFICE, action="letters_read", subject=f"letters:{batch.pk}:{rank}")
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition_header(False, f"lettres {told['label']}.pdf") or ""
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _chosen(request: DoorRequest, known: set[int]) -> list[int]:
    given = request.POST.getlist("classe")
    return [int(key) for key in given if key.isascii() and key.isdigit() and len(key) < 19 and int(key) in known]
