"""The description of the API, for tools and for people."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.http import HttpResponse, JsonResponse
from drf_spectacular.generators import SchemaGenerator
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request

from lps.accounts.api.views import ApiView


@cache
def document() -> Mapping[str, Any]:
    """The OpenAPI description of the whole API, the same in every commune, built once in the process."""
    described: Mapping[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return described


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


class Schema(ForEverybody):
    """`/api/schema/`: OpenAPI 3, in JSON."""

    def get(self, request: Request) -> HttpResponse:
        self.parameters()
        headers = {"Cache-Control": "public, max-age=300"}
        return JsonResponse(document(), json_dumps_params={"ensure_ascii": False}, headers=headers)
