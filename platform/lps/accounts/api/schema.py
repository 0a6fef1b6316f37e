"""The OpenAPI 3 description of the API: what drf-spectacular reads in the views, with what every call shares."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from lps.accounts.api import problems
from lps.accounts.api.fields import LARGEST_KEY, Strict
from lps.accounts.api.problems import Kind
from lps.accounts.api.written import Written

if TYPE_CHECKING:
    from lps.accounts.api.views import ApiView

SCOPE = "x-portee"


class FieldError(Written):
    """What is wrong with one field."""

    called = "ErreurDeChamp"
    champ = serializers.CharField(
        help_text=_("Le champ (modifications.1.jour) ou le paramètre ; vide : tout le corps.")
    )
    code = serializers.CharField(help_text=_("La sorte d'erreur, en un mot."))
    message = serializers.CharField(help_text=_("La même chose en français."))


class Problem(Written):
    """A problem of RFC 9457."""

    called = "Probleme"
    type = serializers.CharField(help_text=_("L'adresse qui explique ce type de problème, sur le même hôte."))
    title = serializers.CharField(help_text=_("Le titre, le même pour un même type."))
    status = serializers.IntegerField(help_text=_("L'état HTTP."))
    detail = serializers.CharField(help_text=_("Ce qui s'est passé et que faire."))
    requete = serializers.CharField(help_text=_("Le nom de la demande dans nos journaux, à citer."))
    erreurs = FieldError(many=True, required=False, help_text=_("Les champs en cause."))
    portee = serializers.CharField(required=False, help_text=_("La portée qui manque au jeton."))


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """`Authorization: Bearer lps_…`."""

    target_class = "lps.accounts.authentication.TokenAuthentication"
    name = "jeton"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": str(problems.NO_TOKEN.detail)}


class Operation(AutoSchema):
    """A view's operation: its filters, its scope and every problem that it may answer."""

    view: "ApiView"

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        """The French name of what is written, `called` by its class."""
        return str(serializer.called)

    def get_override_parameters(self) -> list[Any]:
        return [self.view.filters] if self.view.filters().fields else []

    def get_extensions(self) -> dict[str, Any]:
        return {SCOPE: self.view.scope} if self.view.scope else {}

    def get_examples(self) -> list[Any]:
        """What is sent, and what is answered."""
        answered: Any = self.get_response_serializers()
        statuses = list(answered) if isinstance(answered, dict) else [200]
        told = answered[statuses[0]].response if isinstance(answered, dict) else answered
        found = [OpenApiExample("Exemple", told.sample, response_only=True, status_codes=list(map(str, statuses)))]
        if self.method == "POST":
            asked: Any = self.get_request_serializer()
            found.append(OpenApiExample("Exemple", asked.sample, request_only=True))
        return found

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        for body in bodies.values():
            body["description"] = body["description"] or str(_("Ce qui est demandé."))
        for status, kinds in _by_status(self._kinds()).items():
            bodies[str(status)] = self._told(str(status), kinds, direction)
        return dict(sorted(bodies.items()))

    def _kinds(self) -> Iterator[Kind]:
        """The problems that this operation may answer."""
        writes = self.method == "POST"
        yield problems.INVALID
        if writes:
            yield from (problems.UNREADABLE, problems.TOO_LARGE, problems.WRONG_TYPE, problems.KEY_REUSED)
        yield from (problems.NO_TOKEN, problems.BAD_TOKEN)
        if self.view.scope:
            yield problems.NO_SCOPE
        if "{" in self.path:
            yield problems.NOT_FOUND
        yield from (
            problems.NOT_ACCEPTABLE,
            problems.TOO_MANY,
            problems.FAILURE,
            problems.OUT_OF_SERVICE,
            problems.MAINTENANCE,
            problems.AWAY,
        )

    def _told(self, status: str, kinds: list[Kind], direction: Any) -> Any:
        told, types = _problem_response(kinds), [problems.MEDIA_TYPE]
        return self._get_response_for_code(told, status, types, direction)  # type: ignore[no-untyped-call]

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        mapped = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if isinstance(serializer, Strict):
            mapped["additionalProperties"] = False
        return mapped


def _by_status(kinds: Iterator[Kind]) -> dict[int, list[Kind]]:
    found: dict[int, list[Kind]] = {}
    for kind in kinds:
        found.setdefault(kind.status, []).append(kind)
    return found


def _problem_response(kinds: list[Kind]) -> OpenApiResponse:
    """A status with each problem that it stands for."""
    return OpenApiResponse(
        Problem,
        description=" ".join(f"{kind.title} (`{kind.code}`)." for kind in kinds),
        examples=[
            OpenApiExample(
                kind.code,
                value={
                    "type": kind.type,
                    "title": str(kind.title),
                    "status": kind.status,
                    "detail": str(kind.detail),
                    "requete": "3f9c2a71d04b",
                },
            )
            for kind in kinds
        ],
    )


def path_key(name: str, description: Any) -> OpenApiParameter:
    """An identifier in the path of an address."""
    shape = {"type": "integer", "format": "int64", "minimum": 1, "maximum": LARGEST_KEY}
    sample = OpenApiExample("Exemple", value=12)
    return OpenApiParameter(name, shape, OpenApiParameter.PATH, description=description, examples=[sample])
