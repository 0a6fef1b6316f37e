"""What a town decides is changed with its entry, or not at all."""

from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from PIL import Image

from lps.journal import town
from lps.journal.actors import Actor, ActorKind
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from tenants.models import Commune
from tenants.town import queries

AGENT = Actor(ActorKind.AGENT, "7", "Régie")
BY = {"by": AGENT, "channel": Channel.OFFICE}


def entries() -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(actor_key="7").order_by("pk"))


def test_a_change_tells_before_after_and_the_version(in_demo: Commune) -> None:
    version = queries.settings().version

    town.change_settings(weeks_shown=6, tagline="", **BY)

    (entry,) = entries()
    assert (entry.action, entry.actor_label, entry.channel) == ("settings_changed", "Régie", Channel.OFFICE)
    assert entry.before == {"weeks_shown": 4, "version": version}
    assert entry.after == {"weeks_shown": 6, "version": version + 1}
    assert (queries.settings().weeks_shown, queries.settings().version) == (6, version + 1)


def test_what_changes_nothing_is_not_told(in_demo: Commune) -> None:
    version = queries.settings().version

    assert town.change_settings(weeks_shown=4, **BY) == ({}, {})

    assert entries() == []
    assert queries.settings().version == version


def test_a_refused_change_leaves_neither_value_nor_entry(in_demo: Commune) -> None:
    with pytest.raises(ValidationError):
        town.change_settings(weeks_shown=40, **BY)

    assert entries() == []
    assert queries.settings().weeks_shown == 4


def test_a_logo_is_told_when_it_comes_and_when_it_goes(in_demo: Commune) -> None:
    drawn = BytesIO()
    Image.new("RGB", (8, 8), "navy").save(drawn, "PNG")

    town.save_logo(content=drawn.getvalue(), **BY)
    town.remove_logo(**BY)

    came, went = entries()
    assert (came.before["logo"], went.after["logo"]) == ("", "")
    assert came.after["logo"] == went.before["logo"] != ""


def test_the_demonstration_told_its_own_settings(in_demo: Commune) -> None:
    told = AuditEntry.objects.filter(action="settings_changed", actor_kind=ActorKind.SYSTEM)

    assert {"child_code_length", "tabs"} <= {name for entry in told for name in entry.after}
