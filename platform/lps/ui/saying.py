"""What a page says after something was done: the address carries a word, never the sentence."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponseRedirect
from django.utils.functional import Promise

DONE = "fait"


def done(path: str, word: str) -> HttpResponseRedirect:
    """Go to a page, which then says the sentence of that word."""
    return HttpResponseRedirect(f"{path}{'&' if '?' in path else '?'}{DONE}={word}")


def said(request: HttpRequest, sentences: Mapping[str, str | Promise]) -> str:
    """The sentence of the word in the address, "" for none or for a word that this page does not know."""
    return str(sentences.get(request.GET.get(DONE, ""), ""))
