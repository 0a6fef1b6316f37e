"""A home that its child has left: the door stays open for what is its own, and shows nothing more of the child."""

from datetime import date

from django.conf import settings
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import reverse

from lps.kernel import clock
from tenants.models import Commune
from tests.isolation.cast import Town
from tests.isolation.samples import COMMUNE, Kind
from tests.isolation.state import unchanged
from tests.isolation.trials import Things, send


def test_no_page_of_a_child_who_left_opens_nor_saves(demo: Commune) -> None:
    town = Town(demo, "XAINTRAILLES", "91000001", "92000001")
    families = [(name, sample) for name, sample in COMMUNE.items() if sample.opens.kind is Kind.FAMILY]
    tried = [(name, sample, Things.of(town, sample)) for name, sample in families]
    tried = [one for one in tried if town.child_code in one[2].where.values()]
    with town.inside():
        town.household.custodies.update(valid_during=DateRange(date(2000, 1, 1), clock.today(demo.zone)))
    client = town.browser(lps_famille=town.family)
    seen = {}

    with unchanged(demo):
        for name, sample, things in tried:
            path = reverse(name, urlconf=settings.ROOT_URLCONF, kwargs=dict(things.where))
            for method in sample.methods:
                seen[f"{method} {name}"] = send(client, method, path, things, is_form=sample.is_form).status_code

    assert client.get("/enfants/").status_code == 200, "the home is signed in"
    assert len(seen) >= 7 and set(seen.values()) == {404}, seen
