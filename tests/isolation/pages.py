"""Reading a page as a browser does: its forms, with what they would send."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.http import HttpResponse


@dataclass
class Form:
    """A form of a page, and the fields that it sends when nobody touches it."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    unticked: list[tuple[str, str]] = field(default_factory=list)

    def with_last_ticked(self, names: str = "") -> dict[str, list[str]]:
        """What the form sends once its last empty box is ticked, of those whose names begin so."""
        name, value = [box for box in self.unticked if box[0].startswith(names)][-1]
        return {**self.fields, name: [*self.fields.get(name, []), value]}


class _Forms(HTMLParser):
    """Reads forms; a field or a button may stand outside its form, and a button send it elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.elsewhere: list[Form] = []
        self.named: dict[str, Form] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            form = self._owner(given.get("id", ""))
            form.action, form.method = given.get("action", ""), given.get("method", "get").lower()
            self.forms.append(form)
            return
        form = self._owner(given["form"]) if "form" in given else self.forms[-1] if self.forms else None
        if form and tag == "input" and given.get("name"):
            self._add(form, given)
        elif form and tag == "button" and "formaction" in given:
            self.elsewhere.append(Form(given["formaction"], form.method or "post", form.fields, form.unticked))

    def _owner(self, name: str) -> Form:
        return self.named.setdefault(name, Form("", "")) if name else Form("", "")

    def _add(self, form: Form, given: dict[str, str]) -> None:
        value = given.get("value", "")
        if given.get("type") in ("checkbox", "radio") and "checked" not in given:
            form.unticked.append((given["name"], value))
        elif "disabled" not in given:
            form.fields.setdefault(given["name"], []).append(value)


def form_with(response: HttpResponse, name: str) -> Form:
    """The form of the page that has a field of this name."""
    return next(form for form in _forms(response) if name in form.fields or name in dict(form.unticked))


def form_to(response: HttpResponse, path: str) -> Form:
    """The form of the page that is sent to this address, whatever its question mark."""
    return next(form for form in _forms(response) if form.action.partition("?")[0] == path)


def _forms(response: HttpResponse) -> list[Form]:
    reader = _Forms()
    reader.feed(response.content.decode())
    return [*reader.forms, *reader.elsewhere]
