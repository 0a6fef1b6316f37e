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


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        elif tag == "input" and self.forms and given.get("name"):
            self._add(self.forms[-1], given)

    def _add(self, form: Form, given: dict[str, str]) -> None:
        value = given.get("value", "")
        if given.get("type") in ("checkbox", "radio") and "checked" not in given:
            form.unticked.append((given["name"], value))
        elif "disabled" not in given:
            form.fields.setdefault(given["name"], []).append(value)


def form_with(response: HttpResponse, name: str) -> Form:
    """The form of the page that has a field of this name."""
    reader = _Forms()
    reader.feed(response.content.decode())
    return next(form for form in reader.forms if name in form.fields or name in dict(form.unticked))
