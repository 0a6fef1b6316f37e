"""A new application key: the communes' data keys are wrapped again, and nothing sealed is lost."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from lps.accounts import totp
from lps.accounts.models import Account
from lps.accounts.services import TOTP_PURPOSE, create_account
from lps.console.lines import Wanted, add_line
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from tenants import context, keys, telephone
from tenants.models import Commune

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

    assert "2 communes" in said.getvalue()
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
