"""The description of the API, for tools, and the same as a page, for people."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from drf_spectacular.generators import SchemaGenerator
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request

from lps.accounts.api import problems, throttling
from lps.accounts.api.parsers import LARGEST_BODY
from lps.accounts.api.schema import SCOPE
from lps.accounts.api.views import ApiView
from tenants import context
from tenants.queries import url_of

Schema = Mapping[str, Any]
# How a JSON type is called on the page, by type and format.
_TYPES = {
    ("string", ""): "texte",
    ("string", "date"): "jour",
    ("string", "date-time"): "instant",
    ("integer", ""): "entier",
    ("integer", "int64"): "clé",
    ("boolean", ""): "vrai ou faux",
    ("object", ""): "objet",
}
_LINE = 76
_TORN = re.compile(r" (?=[:;?!»])|(?<=«) ")


@dataclass(frozen=True, slots=True)
class Field:
    """A line of a table: a parameter, or a field of a body with its whole path."""

    name: str
    kind: str
    text: str
    where: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """An operation as the page shows it."""

    key: str
    method: str
    parts: Sequence[str]
    call: str
    title: str
    text: str
    scope: str
    parameters: Sequence[Field]
    asked: Sequence[Field]
    asked_example: str
    told: Sequence[Field]
    told_example: str
    statuses: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Chapter:
    """Operations of one subject."""

    key: str
    title: str
    operations: Sequence[Shown]


@cache
def document() -> Schema:
    """The OpenAPI description of the whole API, the same in every commune, built once in the process."""
    described: Schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return described


@cache
def chapters() -> tuple[Chapter, ...]:
    """The operations of the description by subject, in its order."""
    found: dict[str, list[Shown]] = {}
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            found.setdefault(operation["tags"][0], []).append(_Drawing(document()).operation(path, method, operation))
    return tuple(Chapter(f"sujet-{number}", title, own) for number, (title, own) in enumerate(found.items(), start=1))


class OneFormat(BaseContentNegotiation):
    """What is shown has one format, whatever is asked for: tools that read OpenAPI disagree on its name."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class ForEverybody(ApiView):
    """Holds no secret."""

    authentication_classes = ()
    permission_classes = ()
    content_negotiation_class = OneFormat
    schema = None


class Description(ForEverybody):
    """`/api/schema/`: OpenAPI 3, in JSON."""

    def get(self, request: Request) -> HttpResponse:
        self.parameters()
        headers = {"Cache-Control": "public, max-age=300"}
        return JsonResponse(document(), json_dumps_params={"ensure_ascii": False}, headers=headers)


class Docs(ForEverybody):
    """`/api/docs/`: the same, to read."""

    def get(self, request: Request) -> HttpResponse:
        self.parameters()
        facts = {
            "base": url_of(context.current(), "").rstrip("/"),
            "chapters": chapters(),
            "problems": [(kind, set_type(str(kind.title)), set_type(str(kind.detail))) for kind in problems.KINDS],
            "calls_per_minute": throttling.calls_per_minute(),
            "largest_body": LARGEST_BODY // 1024,
        }
        return render(request._request, "accounts/api_docs.html", facts)


def set_type(text: str) -> str:
    """French signs are never torn from their word."""
    return _TORN.sub("\u00a0", text)


class _Drawing:
    """Turns parts of the description into lines of the page."""

    def __init__(self, described: Schema) -> None:
        self.parts: Schema = described["components"]["schemas"]

    def operation(self, path: str, method: str, operation: Schema) -> Shown:
        asked = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        answers = operation["responses"]
        told = next(answer for status, answer in answers.items() if status.startswith("2"))["content"][
            "application/json"
        ]
        return Shown(
            key=operation["operationId"],
            method=method.upper(),
            parts=path.strip("/").split("/"),
            call=_call(path, operation),
            title=set_type(operation["summary"]),
            text=set_type(operation["description"]),
            scope=operation.get(SCOPE, ""),
            parameters=[self._parameter(one) for one in operation.get("parameters", ())],
            asked=list(self._fields(asked["schema"])) if asked else [],
            asked_example=_example(asked) if asked else "",
            told=list(self._fields(told["schema"])),
            told_example=_example(told),
            statuses=[(status, set_type(answer["description"])) for status, answer in answers.items()],
        )

    def _parameter(self, one: Schema) -> Field:
        return Field(
            name=one["name"],
            kind=self._kind(one["schema"]),
            text=set_type(one["description"]),
            where=set_type({"path": _("adresse"), "query": _("après « ? »"), "header": _("en-tête")}[one["in"]]),
            required=one.get("required", False),
        )

    def _fields(self, schema: Schema, prefix: str = "") -> Iterator[Field]:
        """The fields of an object and, below each, those of the objects that it holds."""
        whole = self._resolved(schema)
        for name, inner in whole.get("properties", {}).items():
            yield Field(
                name=prefix + name,
                kind=self._kind(inner),
                text=set_type(inner.get("description", "")),
                required=name in whole.get("required", ()),
            )
            deeper = self._resolved(inner)
            if deeper.get("type") == "array":
                yield from self._fields(deeper["items"], f"{prefix}{name}[].")
            else:
                yield from self._fields(deeper, f"{prefix}{name}.")

    def _kind(self, schema: Schema) -> str:
        """ "entier", "texte ou null", "liste de : clé", "web, voice, office, api ou automatic"."""
        whole = self._resolved(schema)
        types = [whole["type"]] if isinstance(whole.get("type"), str) else list(whole.get("type", ["object"]))
        nullable = "null" in types or _is_nullable(schema)
        named = next(name for name in types if name != "null")
        if choices := [str(choice) for choice in whole.get("enum", ()) if choice is not None]:
            kind = _("l'un de ces mots : %(words)s") % {"words": ", ".join(choices)}
        elif named == "array":
            kind = _("liste de : %(kind)s") % {"kind": self._kind(whole["items"])}
        else:
            kind = _TYPES.get((named, whole.get("format", ""))) or _TYPES[named, ""]
        return set_type(_("%(kind)s ou null") % {"kind": kind} if nullable else kind)

    def _resolved(self, schema: Schema) -> Schema:
        """The part that a reference names, alone or among the choices of a nullable one."""
        for choices in (schema.get("allOf"), schema.get("oneOf")):
            if choices:
                return self._resolved(next(choice for choice in choices if choice.get("type") != "null"))
        if reference := schema.get("$ref"):
            found: Schema = self.parts[reference.rpartition("/")[2]]
            return found
        return schema


def _is_nullable(schema: Schema) -> bool:
    return any(choice.get("type") == "null" for choice in schema.get("oneOf", ()))


def _call(path: str, operation: Schema) -> str:
    """The address with the samples of its parameters: `/api/v1/familles/12/`."""
    for one in operation.get("parameters", ()):
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", str(_first(one["examples"])["value"]))
    return path


def _first(examples: Schema) -> Schema:
    found: Schema = next(iter(examples.values()))
    return found


def _example(content: Schema) -> str:
    return _in_lines(_first(content["examples"])["value"])


def _in_lines(value: Any, margin: str = "") -> str:
    """JSON to read: an object or a list stands on one line when it is short enough."""
    short = json.dumps(value, ensure_ascii=False)
    if len(margin) + len(short) <= _LINE or not isinstance(value, dict | list):
        return short
    inner = margin + "  "
    if isinstance(value, dict):
        lines = [f"{inner}{json.dumps(name)}: {_in_lines(one, inner)}" for name, one in value.items()]
    else:
        lines = [f"{inner}{_in_lines(one, inner)}" for one in value]
    start, end = "{}" if isinstance(value, dict) else "[]"
    return start + "\n" + ",\n".join(lines) + f"\n{margin}{end}"
