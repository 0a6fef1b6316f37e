"""Errors of the API as RFC 9457 writes them: `application/problem+json`, one type per cause, in French."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.settings import api_settings

MEDIA_TYPE = "application/problem+json"
# Where each type is explained; `type` is relative to the town's own host, as RFC 9457 allows.
DOCS = "/api/docs/#probleme-"


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of problem: its code in the address of `type`, its status, its title and what it usually means."""

    code: str
    status: int
    title: str | Promise
    detail: str | Promise

    @property
    def type(self) -> str:
        return DOCS + self.code


UNREADABLE = Kind(
    "requete-illisible",
    400,
    _("Requête illisible"),
    _("Le corps n'est pas un objet JSON en UTF-8, ou l'adresse est mal formée."),
)
INVALID = Kind(
    "requete-invalide",
    400,
    _("Requête invalide"),
    _("Un champ ou un paramètre manque, est inconnu ou a une mauvaise valeur : voir « erreurs ». Rien n'a changé."),
)
NO_TOKEN = Kind(
    "jeton-absent",
    401,
    _("Jeton absent"),
    _("Envoyez le jeton remis par la mairie dans l'en-tête « Authorization: Bearer … »."),
)
BAD_TOKEN = Kind(
    "jeton-refuse",
    401,
    _("Jeton refusé"),
    _("Ce jeton est inconnu de cette commune, expiré ou révoqué."),
)
NO_SCOPE = Kind(
    "portee-absente",
    403,
    _("Portée absente"),
    _("Ce jeton n'a pas la portée que cette adresse demande."),
)
NOT_FOUND = Kind(
    "introuvable",
    404,
    _("Introuvable"),
    _("Rien ne répond à cette adresse dans cette commune. Chaque adresse se termine par une barre oblique."),
)
WRONG_METHOD = Kind(
    "methode-refusee",
    405,
    _("Méthode refusée"),
    _("Cette adresse n'accepte que les méthodes de l'en-tête « Allow »."),
)
NOT_ACCEPTABLE = Kind(
    "format-refuse",
    406,
    _("Format refusé"),
    _("L'API ne répond qu'en JSON : l'en-tête « Accept » doit le permettre."),
)
TOO_LARGE = Kind(
    "corps-trop-grand",
    413,
    _("Corps trop grand"),
    _("Le corps dépasse la taille permise : envoyez moins de changements à la fois."),
)
WRONG_TYPE = Kind(
    "type-refuse",
    415,
    _("Type de corps refusé"),
    _("Le corps doit être du JSON, annoncé par « Content-Type: application/json »."),
)
KEY_REUSED = Kind(
    "cle-deja-utilisee",
    422,
    _("Clé d'idempotence déjà utilisée"),
    _("Cette clé a servi à une autre demande : une nouvelle demande veut une nouvelle clé. Rien n'a changé."),
)
TOO_MANY = Kind(
    "trop-de-demandes",
    429,
    _("Trop de demandes"),
    _("Attendez le nombre de secondes que donne l'en-tête « Retry-After »."),
)
FAILURE = Kind(
    "panne",
    500,
    _("Panne"),
    _("Une erreur de notre côté. Recommencez avec la même clé d'idempotence ; si elle dure, citez « requete »."),
)
OUT_OF_SERVICE = Kind(
    "hors-service",
    503,
    _("Hors service"),
    _("Le portail de cette commune est suspendu ou fermé. Rien n'a changé."),
)
MAINTENANCE = Kind(
    "maintenance",
    503,
    _("Maintenance"),
    _("Le portail est en maintenance : attendez le nombre de secondes que donne l'en-tête « Retry-After »."),
)
AWAY = Kind(
    "indisponible",
    503,
    _("Indisponible"),
    _("Une partie du portail ne répond pas. Recommencez dans un instant avec la même clé d'idempotence."),
)
KINDS = (
    UNREADABLE,
    INVALID,
    NO_TOKEN,
    BAD_TOKEN,
    NO_SCOPE,
    NOT_FOUND,
    WRONG_METHOD,
    NOT_ACCEPTABLE,
    TOO_LARGE,
    WRONG_TYPE,
    KEY_REUSED,
    TOO_MANY,
    FAILURE,
    OUT_OF_SERVICE,
    MAINTENANCE,
    AWAY,
)


class TooLarge(exceptions.APIException):
    """The body is larger than what the API reads."""

    status_code = TOO_LARGE.status


class KeyReused(exceptions.APIException):
    """The idempotency key already answered another request."""

    status_code = KEY_REUSED.status


# The first that fits: a class stands before those it inherits from.
_KINDS_OF: tuple[tuple[type[Exception], Kind], ...] = (
    (exceptions.ParseError, UNREADABLE),
    (exceptions.ValidationError, INVALID),
    (exceptions.NotAuthenticated, NO_TOKEN),
    (exceptions.AuthenticationFailed, BAD_TOKEN),
    (exceptions.PermissionDenied, NO_SCOPE),
    (PermissionDenied, NO_SCOPE),
    (exceptions.NotFound, NOT_FOUND),
    (Http404, NOT_FOUND),
    (exceptions.MethodNotAllowed, WRONG_METHOD),
    (exceptions.NotAcceptable, NOT_ACCEPTABLE),
    (TooLarge, TOO_LARGE),
    (exceptions.UnsupportedMediaType, WRONG_TYPE),
    (KeyReused, KEY_REUSED),
    (exceptions.Throttled, TOO_MANY),
)


def handle(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """DRF's `EXCEPTION_HANDLER`: the problem that an exception is; None for a failure, which Django answers."""
    kind = next((kind for raised, kind in _KINDS_OF if isinstance(error, raised)), None)
    if kind is None:
        return None
    more: dict[str, Any] = {}
    if isinstance(error, exceptions.ValidationError):
        more["erreurs"] = list(_field_errors(error.detail))
    if kind is NO_SCOPE:
        more["portee"] = getattr(context["view"], "scope", "")
    response = answer(context["request"]._request, kind, **more)
    if challenge := getattr(error, "auth_header", None):
        response.headers["WWW-Authenticate"] = challenge
    if isinstance(error, exceptions.Throttled) and error.wait is not None:
        response.headers["Retry-After"] = str(error.wait)
    return response


def answer(request: HttpRequest, kind: Kind, **more: Any) -> HttpResponse:
    """The response that tells a problem; `requete` is its name in our logs."""
    told = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": kind.detail,
        "requete": getattr(request, "request_id", ""),
        **more,
    }
    return JsonResponse(
        told,
        status=kind.status,
        content_type=MEDIA_TYPE,
        headers={"Cache-Control": "private, no-store"},
        json_dumps_params={"ensure_ascii": False},
    )


def _field_errors(detail: Any, place: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    """Each complaint with the place of its field: `modifications.1.jour`; "" is the body itself."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = () if name == api_settings.NON_FIELD_ERRORS_KEY else (str(name),)
            yield from _field_errors(inner, (*place, *own))
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            own = (str(number),) if isinstance(inner, Mapping) else ()
            yield from _field_errors(inner, (*place, *own))
    else:
        yield {"champ": ".".join(place), "code": detail.code, "message": str(detail)}
