"""Addresses that their holders proved, the wording they accepted, and the end of it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications import queries
from notifications.addresses import BadAddress
from notifications.models import Address
from notifications.services import prove_address, withdraw
from tenants import context, keys
from tenants.models import Commune

HOLDER = "household:12"
BY = Actor(ActorKind.HOUSEHOLD, "12", "Famille MARSONE")


def prove(value: str = "angeline@example.org", holder: str = HOLDER, consent: str = "rappels-v1") -> Address:
    return prove_address(holder=holder, value=value, consent=consent, by=BY, channel=Channel.WEB)


def test_a_proved_address_is_in_force_with_its_wording(in_demo: Commune) -> None:
    proved = prove(" Angeline@Example.ORG ")

    assert list(queries.addresses_of(HOLDER)) == [proved]
    assert (proved.address, proved.consent) == ("Angeline@example.org", "rappels-v1")
    assert proved.proved_at <= clock.now()


def test_nothing_in_clear_is_stored_nor_journaled(in_demo: Commune) -> None:
    prove()

    entry = AuditEntry.objects.values().get(action="address_proved")
    assert entry["subject"] == HOLDER
    assert entry["after"] == {"kind": "email", "consent": "rappels-v1"}
    assert "example.org" not in str(Address.objects.values().get()) + str(entry)


def test_proving_twice_keeps_the_first_proof(in_demo: Commune) -> None:
    first = prove()

    again = prove("ANGELINE@example.org", consent="rappels-v2")

    assert again == first
    assert again.consent == "rappels-v1"
    assert AuditEntry.objects.filter(action="address_proved").count() == 1


def test_a_withdrawn_address_is_kept_for_the_record_only(in_demo: Commune) -> None:
    proved = prove()

    ended = withdraw(address=proved, by=BY, channel=Channel.WEB)

    assert ended.withdrawn_at is not None
    assert list(queries.addresses_of(HOLDER)) == []
    assert list(queries.consents_of(HOLDER)) == [ended]
    assert AuditEntry.objects.get(action="address_withdrawn").subject == HOLDER


def test_withdrawing_twice_keeps_the_first_date(in_demo: Commune) -> None:
    first = withdraw(address=prove(), by=BY, channel=Channel.WEB).withdrawn_at

    again = withdraw(address=Address.objects.get(), by=BY, channel=Channel.WEB, at=clock.now() + timedelta(days=1))

    assert again.withdrawn_at == first
    assert AuditEntry.objects.filter(action="address_withdrawn").count() == 1


def test_an_address_withdrawn_may_be_proved_again_under_another_wording(in_demo: Commune) -> None:
    old = withdraw(address=prove(), by=BY, channel=Channel.WEB)

    new = prove(consent="rappels-v2")

    assert list(queries.addresses_of(HOLDER)) == [new]
    assert set(queries.consents_of(HOLDER)) == {old, new}


def test_a_clock_set_back_does_not_prevent_a_withdrawal(in_demo: Commune, monkeypatch: pytest.MonkeyPatch) -> None:
    proved = prove()
    monkeypatch.setenv("LPS_CLOCK", "2014-10-08T13:20+02:00")

    ended = withdraw(address=proved, by=BY, channel=Channel.WEB)

    assert ended.withdrawn_at == ended.proved_at


def test_an_address_is_found_by_any_of_its_spellings(in_demo: Commune) -> None:
    prove()
    prove(holder="household:13")
    withdraw(address=prove(holder="household:14"), by=BY, channel=Channel.WEB)

    assert sorted(queries.holders_of("Angeline@EXAMPLE.org")) == [HOLDER, "household:13"]
    assert queries.holders_of("inconnue@example.org") == []
    assert queries.holders_of("pas une adresse") == []


def test_another_commune_knows_nothing_of_it(demo: Commune, buchelay: Commune) -> None:
    with context.use(demo):
        proved = prove()
    with context.use(buchelay):
        assert queries.holders_of("angeline@example.org") == []
        with pytest.raises(keys.KeyLost):
            _ = proved.address
        assert prove().lookup != proved.lookup


def test_refuses_what_is_no_address(in_demo: Commune) -> None:
    with pytest.raises(BadAddress):
        prove("angeline")

    assert not Address.objects.exists()


def test_the_database_holds_one_address_in_force_per_holder(in_demo: Commune) -> None:
    row = Address.objects.values().get(pk=prove().pk)

    with pytest.raises(IntegrityError, match="address_in_force_once"), transaction.atomic():
        Address.objects.create(**{**row, "id": None})
