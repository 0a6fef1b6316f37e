"""Behind the link of an invitation, of a new access or of a new telephone: open to whoever holds the link."""

import segno
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from lps.accounts import access, links, recovery, words
from lps.accounts.doors import door_of
from lps.accounts.forms import AccessForm, TelephoneForm
from lps.accounts.links import Purpose
from lps.accounts.models import AccountLink
from lps.accounts.requests import DoorRequest
from lps.accounts.services import AccountRefused
from lps.accounts.totp import provisioning_uri
from lps.accounts.views import door
from tenants import context

VENDOR = "Les Parents Services"
_FIELD = {"wrong_code": "code"}


@require_http_methods(["GET", "HEAD", "POST"])
def open_access(request: DoorRequest, token: str) -> HttpResponse:
    """Choose a password, enter the secret in an authenticator, prove it by a code; then the recovery codes, once."""
    link = links.link_in_force(token=token)
    if link is None:
        return _gone(request)
    kind = TelephoneForm if link.purpose == Purpose.TELEPHONE else AccessForm
    form = kind(request.POST if request.method == "POST" else None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            opened = access.open_access(
                token=token, password=given.get("new", ""), code=given["code"], channel=door_of(request).channel
            )
        except AccountRefused as error:
            if error.refusal.code == "link_gone":
                return _gone(request)
            form.add_error(_FIELD.get(error.refusal.code, "new"), words.account_refused(error.refusal))
        else:
            door.begin(request, opened.account)
            return show_codes(request, opened.codes, purpose=link.purpose)
    return render(request, "accounts/access.html", {"form": form, "link": link, **_telephone(link, token)})


def show_codes(request: DoorRequest, codes: list[str], *, purpose: str = "") -> HttpResponse:
    """The recovery codes, to be printed or copied: they are shown this one time."""
    facts = {"codes": [recovery.spaced(code) for code in codes], "purpose": purpose, "home": door_of(request).path}
    return render(request, "accounts/recovery_codes.html", facts)


def _telephone(link: AccountLink, token: str) -> dict[str, object]:
    """What an authenticator reads: a picture for a telephone, an address for this very device, a text to type."""
    secret = links.secret_of(token)
    commune = context.current_or_none()
    issuer = commune.header_name if commune else VENDOR
    uri = provisioning_uri(secret=secret, email=link.account.email, issuer=issuer)
    return {
        "qr": segno.make(uri, error="m").svg_data_uri(scale=5, border=4, light="#fff"),
        "uri": uri,
        "secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
    }


def _gone(request: DoorRequest) -> HttpResponse:
    return render(request, "accounts/link_gone.html", {"sign_in": door_of(request).sign_in_path}, status=410)
