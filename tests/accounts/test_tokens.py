"""The town's other software comes in by a token: one commune, some scopes, until its end."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.http import HttpResponse

from lps.accounts import rights, services
from lps.accounts.actors import Integration
from lps.accounts.authentication import HasScope
from lps.accounts.models import ApiToken
from lps.accounts.rights import Right
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants import context
from tenants.models import Commune
from tests.accounts.factories import BY, browser

Later = Callable[..., None]
ME = "/api/v1/moi/"


@pytest.fixture(autouse=True)
def an_app_with_a_scope() -> Iterator[None]:
    known = dict(rights._rights)
    rights.register([Right("meals.read", scope="meals:read"), Right("meals.write", scope="meals:write")])
    yield
    rights._rights.clear()
    rights._rights.update(known)


def issue(commune: Commune, **wanted: object) -> services.NewToken:
    with context.use(commune):
        return services.issue_api_token(
            **{"name": "Cuisine centrale", "scopes": ["meals:read"], "by": BY, "channel": Channel.OFFICE, **wanted}
        )


def ask(commune: Commune, value: str, scheme: str = "Bearer") -> HttpResponse:
    return browser(commune).get(ME, headers={"authorization": f"{scheme} {value}"})


def test_a_token_says_who_one_is(demo: Commune) -> None:
    answer = ask(demo, issue(demo).value)

    assert answer.status_code == 200
    assert answer.json() == {"nom": "Cuisine centrale", "portees": ["meals:read"], "expire_le": None}


def test_without_a_token_the_api_asks_for_one(demo: Commune) -> None:
    answer = browser(demo).get(ME)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_another_scheme_or_value_is_refused(demo: Commune) -> None:
    token = issue(demo)

    assert ask(demo, token.value, "Basic").status_code == 401
    assert ask(demo, token.value + "x").status_code == 401
    assert ask(demo, "").status_code == 401


def test_a_token_is_unknown_in_the_other_commune(demo: Commune, buchelay: Commune) -> None:
    token = issue(demo)
    with context.use(buchelay):
        ApiToken.objects.create(name="copie", lookup_hash=token.token.lookup_hash, scopes=["meals:read"])

    assert ask(buchelay, token.value).status_code == 401


def test_a_token_ends_at_its_date_in_true_time(demo: Commune, later: Later) -> None:
    token = issue(demo, expires_at=clock.real_now() + timedelta(days=30))

    later(days=29)
    assert ask(demo, token.value).status_code == 200
    later(days=1)
    assert ask(demo, token.value).status_code == 401


def test_a_revoked_token_ends_at_once_and_keeps_its_first_date(demo: Commune, later: Later) -> None:
    token = issue(demo)

    with context.use(demo):
        services.revoke_api_token(token=token.token, by=BY, channel=Channel.OFFICE)
        first = token.token.revoked_at
        later(hours=1)
        services.revoke_api_token(token=token.token, by=BY, channel=Channel.OFFICE)

    assert ask(demo, token.value).status_code == 401
    assert token.token.revoked_at == first


def test_the_last_use_is_kept_once_a_minute(demo: Commune, later: Later) -> None:
    token = issue(demo)
    used = []

    for seconds in (0, 30, 31):
        later(seconds=seconds)
        ask(demo, token.value)
        with context.use(demo):
            used.append(ApiToken.objects.get().last_used_at)

    assert used[0] == used[1] < used[2]


def test_a_token_is_shown_once_and_kept_nowhere(demo: Commune) -> None:
    token = issue(demo)

    with context.use(demo), connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM accounts_apitoken t")
        rows = str(cursor.fetchall())
        told = json.dumps(list(AuditEntry.objects.filter(action="api_token_issued").values()), default=str)
    assert token.value.startswith("lps_") and len(token.value) == 47
    assert token.value not in rows and token.value not in told
    assert "Cuisine centrale" in told


def test_an_unknown_scope_is_refused(demo: Commune) -> None:
    with pytest.raises(services.AccountRefused) as refused:
        issue(demo, scopes=["meals:read", "everything"])

    assert refused.value.refusal.facts["scopes"] == ["everything"]
    with context.use(demo):
        assert not ApiToken.objects.exists()


@pytest.mark.parametrize(("right", "open_to_it"), [(None, True), ("meals.read", True), ("meals.write", False)])
def test_a_view_is_open_by_scope(in_demo: Commune, right: str | None, open_to_it: bool) -> None:
    software = Integration("integration", "1", "Cuisine", in_demo.schema_name, frozenset({"meals:read"}))
    request = type("Request", (), {"user": software})()
    view = type("View", (), {"right": right})()

    assert HasScope().has_permission(request, view) is open_to_it


def test_a_session_is_no_token(demo: Commune) -> None:
    request = type("Request", (), {"user": None})()

    assert HasScope().has_permission(request, object()) is False
