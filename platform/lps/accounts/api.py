"""The first address of the API: who the token says one is."""

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lps.accounts.authentication import HasScope, TokenAuthentication


class Me(APIView):
    """Who the token says one is, for the person who sets up the other software."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (HasScope,)

    def get(self, request: Request) -> Response:
        token = request.auth
        return Response({"nom": token.name, "portees": token.scopes, "expire_le": token.expires_at})
