"""The codes' letters: choosing classes, and the files once a worker has drawn them.

An agent kept to some schools prints their classes alone: a letter opens its family.
"""

from django.core.files.storage import default_storage
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_safe

from lps.accounts.decorators import agent_required
from lps.accounts.requests import DoorRequest
from lps.accounts.rights import allowed
from lps.families.models import LettersBatch
from lps.families.queries.letters import letters_asked
from lps.families.queries.school import classes_to_come
from lps.families.rights import PRINT_CODES
from lps.families.services import letters as services
from lps.families.views.agents.frame import agent_of, household_or_404
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from lps.ui import downloads
from tenants import context

SHOWN = 20


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required(PRINT_CODES)
def letters(request: DoorRequest) -> HttpResponse:
    """The classes to print, and the letters asked for."""
    day, agent = clock.today(context.current().zone), agent_of(request)
    classes = [one for one in classes_to_come(day) if allowed(agent, PRINT_CODES, one)]
    chosen = _chosen(request, {one.pk for one in classes})
    if request.method == "POST" and chosen:
        services.ask_for_classes(classes=chosen, by=agent)
        return HttpResponseRedirect(request.path)
    batches = list(letters_asked(sites=agent.sites)[:SHOWN])
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
    _check(request, batch)
    if rank >= len(batch.files):
        raise Http404
    told = batch.files[rank]
    try:
        with default_storage.open(told["file"]) as kept:
            content = kept.read()
    except FileNotFoundError:
        raise Http404 from None
    record(by=agent_of(request), channel=Channel.OFFICE, action="letters_read", subject=f"letters:{batch.pk}:{rank}")
    return downloads.paper(content, name=f"lettres {told['label']}")


def _check(request: DoorRequest, batch: LettersBatch) -> None:
    """Raise `Http404` unless every class of the batch, or its family, is of the agent's schools."""
    if household := batch.asked.get("household"):
        household_or_404(request, household, PRINT_CODES)
    elif not letters_asked(sites=agent_of(request).sites).filter(pk=batch.pk).exists():
        raise Http404


def _chosen(request: DoorRequest, known: set[int]) -> list[int]:
    given = request.POST.getlist("classe")
    return [int(key) for key in given if key.isascii() and key.isdigit() and len(key) < 19 and int(key) in known]
