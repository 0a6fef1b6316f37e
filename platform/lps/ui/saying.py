"""What a page says after something was done: the address carries a word, never the sentence."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponseRedirect
from django.utils.functional import Promise

DONE = "fait"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A sentence that says no, and is seen as one."""

    words: str | Promise


class Said(str):
    """What `ui/said.html` shows."""

    is_refusal = False


class Refused(Said):
    """The same, of what was not done."""

    is_refusal = True


Sentences = Mapping[str, str | Promise | Refusal]


def done(path: str, word: str) -> HttpResponseRedirect:
    """Go to a page, which then says the sentence of that word."""
    return HttpResponseRedirect(f"{path}{'&' if '?' in path else '?'}{DONE}={word}")


def said(request: HttpRequest, sentences: Sentences, *, over: Collection[str] = ()) -> Said:
    """The sentence of the word in the address, "" for none or for a word that this page does not know.

    `over`: words of what is no more so, such as a work under way that ended while its page was looked at.
    """
    word = request.GET.get(DONE, "")
    found = "" if word in over else sentences.get(word, "")
    return Refused(found.words) if isinstance(found, Refusal) else Said(found)
