"""What every address of the API does alike, and the ones that belong to no subject."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponseBase, QueryDict
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lps.accounts import rights
from lps.accounts.api.fields import Filters, read_parameters
from lps.accounts.api.pagination import PageFilters, page_of
from lps.accounts.api.written import Written


class ApiView(APIView):
    """One address: its `right` says which scope opens it, and no cache keeps what it answers."""

    http_method_names = ("get", "head", "post")
    right: ClassVar[str | None] = None
    # What its address takes after `?`; nothing else is let through.
    filters: ClassVar[type[Filters]] = Filters

    @classmethod
    def as_view(cls, **options: Any) -> Any:
        """Django's view; an address without its last slash is unknown, rather than sent elsewhere without its body."""
        view = super().as_view(**options)
        view.should_append_slash = False
        return view

    @property
    def scope(self) -> str:
        """The scope that a token must have here, "" when any token will do."""
        return rights.scope_of(self.right) if self.right else ""

    @property
    def received_at(self) -> datetime:
        """When the call was received, as the outermost middleware stamped it."""
        stamped: datetime = self.request._request.received_at
        return stamped

    def finalize_response(self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-store")
        patch_vary_headers(response, ("Authorization",))
        return response

    def parameters(self) -> dict[str, Any]:
        """The parameters of this call, checked. Raises `ValidationError`."""
        return read_parameters(self.filters, self.request.query_params)


class ListView(ApiView):
    """A list by pages: a subclass says its rows, in which order, and how one is written."""

    filters: ClassVar[type[PageFilters]] = PageFilters
    item: ClassVar[type[Written]]
    order: ClassVar[Sequence[str]] = ("pk",)
    # Which look-up each parameter narrows the rows by.
    lookups: ClassVar[Mapping[str, str]] = {}

    def rows(self, wanted: Mapping[str, Any]) -> QuerySet[Any]:
        """The rows of the list, before `lookups` narrow them."""
        raise NotImplementedError

    def written(self, rows: Sequence[Any]) -> Sequence[Any]:
        """What `item` makes each row from: the rows themselves, unless more is read, for all of them at once."""
        return rows

    def answer_page(self) -> Response:
        """The page asked for; a subclass's `get` calls it, so that each has its own words in the documentation."""
        wanted = self.parameters()
        page = page_of(
            self.rows(wanted).filter(**{look: wanted[name] for name, look in self.lookups.items() if name in wanted}),
            order=self.order,
            path=self.request.path,
            size=wanted["taille"],
            cursor=wanted.get("curseur", ""),
        )
        results = self.item(self.written(page.rows), many=True).data
        return Response({"resultats": results, "suivant": self._address(page.next_cursor)})

    def _address(self, cursor: str) -> str | None:
        """The next page's address on this host, with the same parameters; None after the last page."""
        if not cursor:
            return None
        query: QueryDict = self.request.query_params.copy()
        query["curseur"] = cursor
        return f"{self.request.path}?{query.urlencode()}"


class Token(Written):
    """A token, as its holder sees it."""

    called = "Jeton"
    sample = {"nom": "Cuisine centrale", "portees": ["catalogue:lire", "reservations:lire"], "expire_le": None}
    nom = serializers.CharField(source="name", help_text=_("Le logiciel, tel que la mairie l'a nommé."))
    portees = serializers.ListField(
        source="scopes", child=serializers.CharField(), help_text=_("Ce que le jeton permet.")
    )
    expire_le = serializers.DateTimeField(source="expires_at", allow_null=True, help_text=_("Null : jamais."))


class Me(ApiView):
    """Who the token says one is, for the person who sets up the other software."""

    @extend_schema(
        operation_id="lire_le_jeton",
        tags=["Jeton"],
        summary=_("Le jeton présenté"),
        description=_(
            "Dit de quel logiciel est le jeton, ce qu'il permet et jusqu'à quand. Tout jeton en vigueur y a droit."
        ),
        responses=Token,
    )
    def get(self, request: Request) -> Response:
        self.parameters()
        return Response(Token(request.auth).data)
