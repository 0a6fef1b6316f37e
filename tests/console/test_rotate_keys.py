"""A new application key: the communes' data keys are wrapped again, and nothing sealed is lost."""

import base64
import os
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg import sql
from pytest_django import DjangoDbBlocker, Settings

from billing.online import EMAIL_PURPOSE
from deploy.processes import wait_until
from lps.accounts import totp
from lps.accounts.models import Account
from lps.accounts.services import TOTP_PURPOSE, create_account
from lps.console.lines import Wanted, add_line
from lps.families.codes import _FAMILY
from lps.families.models import HEALTH_PURPOSE, Household
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from notifications.models import ADDRESS_PURPOSE, CREDENTIALS_PURPOSE, FACTS_PURPOSE, SUBSCRIBER_PURPOSE
from tenants import context, keys, telephone
from tenants.models import Commune
from tests.live import Copy
from tests.test_tree import ROOT
from voice.services.settings import PROVIDER_SECRET

NEW = {"k2": b"0123456789abcdef0123456789abcdef"}


def test_after_a_rotation_the_old_key_may_leave(demo: Commune, buchelay: Commune, settings: Settings) -> None:
    with context.public():
        secret = totp.new_secret()
        create_account(
            email="olga@editeur.example",
            name="Olga",
            password="un-mot-de-passe-long",
            roles=["operator"],
            by=Actor.system("essai"),
            channel=Channel.AUTOMATIC,
            totp_secret=secret,
        )
    line = add_line(
        wanted=Wanted(name="OVH", kind="account", server="sip.exemple.fr", username="0033476549340", password="mot"),
        by=Actor.system("essai"),
    )
    settings.LPS_APP_KEYS = {**NEW, **settings.LPS_APP_KEYS}

    said = StringIO()
    call_command("rotate_keys", stdout=said)
    settings.LPS_APP_KEYS = dict(NEW)

    assert "2 communes" in said.getvalue() and "k1" not in said.getvalue()
    demo.refresh_from_db()
    with context.use(demo):
        assert Household.objects.get(name="MARSONE").family_code == "654321"
    with context.public():
        sealed = Account.objects.get(email_key="olga@editeur.example").totp_secret
        assert keys.decrypt(sealed, purpose=TOTP_PURPOSE) == secret
    assert telephone.opened(telephone.operator_line(pk=line.pk)) == "mot"


def test_without_the_old_key_nothing_is_changed(demo: Commune, settings: Settings) -> None:
    before = demo.wrapped_key
    settings.LPS_APP_KEYS = dict(NEW)

    with pytest.raises(CommandError, match="Rien n'a été changé"):
        call_command("rotate_keys")

    demo.refresh_from_db()
    assert demo.wrapped_key == before


def test_nothing_in_the_registry_is_left_under_the_old_key(demo: Commune, settings: Settings) -> None:
    [old] = settings.LPS_APP_KEYS
    settings.LPS_APP_KEYS = {**NEW, **settings.LPS_APP_KEYS}

    call_command("rotate_keys", stdout=StringIO())

    assert sealed_under(old) == []
    assert "tenants_commune.wrapped_key" in sealed_under("k2")


def sealed_under(key_id: str) -> list[str]:
    """The columns of the registry, whichever they are, that hold a text sealed under an application key."""
    with context.public(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type IN ('text', 'character varying')"
        )
        found = []
        for table, column in cursor.fetchall():
            names = sql.Identifier(table), sql.Identifier(column)
            asked = sql.SQL("SELECT EXISTS (SELECT FROM public.{} WHERE {} ~ %s)").format(*names)
            cursor.execute(asked, [f"^{key_id}[.][A-Za-z0-9_-]{{40,}}$"])
            if cursor.fetchone()[0]:
                found.append(f"{table}.{column}")
        return found


PURPOSES = (
    ADDRESS_PURPOSE,
    FACTS_PURPOSE,
    CREDENTIALS_PURPOSE,
    SUBSCRIBER_PURPOSE,
    EMAIL_PURPOSE,
    PROVIDER_SECRET,
    HEALTH_PURPOSE,
    TOTP_PURPOSE,
)


def test_what_every_app_sealed_opens_as_before(demo: Commune, settings: Settings) -> None:
    with context.use(demo):
        sealed = {purpose: keys.encrypt(f"secret de {purpose}", purpose=purpose) for purpose in PURPOSES}
        codes = list(Household.objects.order_by("pk").values_list("code", flat=True)[:5])
        opened = [keys.decrypt(code, purpose=_FAMILY) for code in codes]
        looked_up = keys.lookup_hash("48291573", purpose="essai")
    settings.LPS_APP_KEYS = {**NEW, **settings.LPS_APP_KEYS}

    call_command("rotate_keys", stdout=StringIO())
    settings.LPS_APP_KEYS = dict(NEW)

    demo.refresh_from_db()
    with context.use(demo):
        for purpose, text in sealed.items():
            assert keys.decrypt(text, purpose=purpose) == f"secret de {purpose}"
        assert [keys.decrypt(code, purpose=_FAMILY) for code in codes] == opened
        assert keys.lookup_hash("48291573", purpose="essai") == looked_up


def test_a_second_run_wraps_nothing_again_and_a_destroyed_key_stays_so(
    demo: Commune, buchelay: Commune, settings: Settings
) -> None:
    with context.public():
        Commune.objects.filter(pk=buchelay.pk).update(wrapped_key="")
    settings.LPS_APP_KEYS = {**NEW, **settings.LPS_APP_KEYS}
    call_command("rotate_keys", stdout=StringIO())
    demo.refresh_from_db()
    wrapped, said = demo.wrapped_key, StringIO()

    call_command("rotate_keys", stdout=said)

    demo.refresh_from_db()
    buchelay.refresh_from_db()
    assert "0 communes" in said.getvalue()
    assert (demo.wrapped_key, buchelay.wrapped_key) == (wrapped, "")


def test_killed_half_way_all_stays_readable_and_the_next_run_ends_it(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, settings: Settings
) -> None:
    copy = Copy.made("rotation", django_db_blocker)
    [old] = settings.LPS_APP_KEYS
    both = {**NEW, **settings.LPS_APP_KEYS}
    written = ",".join(f"{name}:{base64.b64encode(key).decode()}" for name, key in both.items())
    env = {**os.environ, "DATABASE_URL": copy.url, "LPS_APP_KEYS": written}
    with copy.standing_in(), context.public():
        Commune.objects.bulk_create(paper_communes(MANY))

        process = subprocess.Popen([sys.executable, "manage.py", "rotate_keys"], cwd=ROOT, env=env)
        assert wait_until(lambda: under("k2") > 0, seconds=60, pause=0.005)
        process.kill()
        process.wait()
        half, left = under("k2"), under(old)
        settings.LPS_APP_KEYS = both
        for commune in Commune.objects.all():
            keys.rewrap(commune)  # opens it first
        call_command("rotate_keys", stdout=StringIO())
        settings.LPS_APP_KEYS = dict(NEW)

        assert 0 < half < half + left == MANY + 2
        assert (under("k2"), under(old)) == (MANY + 2, 0)
        for commune in Commune.objects.all():
            keys.rewrap(commune)
    copy.drop()


MANY = 3000


def under(key_id: str) -> int:
    return Commune.objects.filter(wrapped_key__startswith=f"{key_id}.").count()


def paper_communes(number: int) -> list[Commune]:
    """Communes of the registry alone, each with its data key: no table of theirs is read here."""
    named = [Commune(schema_name=f"c_papier_{rank}", slug=f"papier-{rank}", place_name="P") for rank in range(number)]
    for commune in named:
        commune.wrapped_key = keys.new_wrapped_key(commune)
    return named
