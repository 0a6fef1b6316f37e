"""What a page says after something was done: the address carries a word, never the sentence."""

from collections.abc import Collection, Mapping

from django.http import HttpRequest, HttpResponseRedirect
from django.utils.functional import Promise

DONE = "fait"


def done(path: str, word: str) -> HttpResponseRedirect:
    """Go to a page, which then says the sentence of that word."""
    return HttpResponseRedirect(f"{path}{'&' if '?' in path else '?'}{DONE}={word}")


def said(request: HttpRequest, sentences: Mapping[str, str | Promise], *, over: Collection[str] = ()) -> str:
    """The sentence of the word in the address, "" for none or for a word that this page does not know.

    `over`: words of what is no more so, such as a work under way that ended while its page was looked at.
    """
    word = request.GET.get(DONE, "")
    return "" if word in over else str(sentences.get(word, ""))
