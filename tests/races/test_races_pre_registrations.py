"""A parent changes an answer while an agent decides it; two forms at once; two workers: each on its own connection."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from booking import campaigns as reads
from booking.models import Admission, Booking, Campaign, PreRegistration
from booking.rules.campaigns import Wish
from booking.services import campaigns
from booking.services.campaigns import CampaignSpec
from booking.services.pre_registrations import answer
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from tenants.models import Commune
from tests.races.crowd import BY, Parent, at_once, cells, parents

State = PreRegistration.State


@dataclass(frozen=True, slots=True)
class Ground:
    """An open campaign of one activity, and families of one class."""

    campaign: Campaign
    activity: int
    crowd: list[Parent]

    def says(self, parent: Parent, *weekdays: int):
        """That parent's form, to be sent where one likes."""
        wish = Wish(returns=bool(weekdays), chosen={self.activity: frozenset(weekdays)} if weekdays else {})
        return lambda: answer(
            campaign=self.campaign,
            household=parent.household,
            wishes={parent.child: wish},
            by=BY,
            channel=Channel.WEB,
            received_at=clock.now(),
        )

    def row(self, parent: Parent) -> PreRegistration:
        return PreRegistration.objects.get(campaign=self.campaign, child=parent.child)


@pytest.fixture
def ground(town: Commune) -> Ground:
    [cell] = cells("Accueil Matin")
    now = clock.now()
    spec = CampaignSpec(
        title="Course",
        words="",
        first_day=cell.day,
        last_day=cell.day + timedelta(days=20),
        opens_at=now - timedelta(days=1),
        closes_at=now + timedelta(days=1),
        activities=[cell.activity_id],
        weekdays=[0, 1, 3, 4],
        books=True,
    )
    return Ground(campaigns.create(spec=spec, by=BY, at=now), cell.activity_id, parents(6))


def test_an_answer_changed_while_it_is_decided_is_never_validated_unread(town: Commune, ground: Ground) -> None:
    for parent in ground.crowd:
        ground.says(parent, 0)()
    seen = {ground.row(parent).pk: 1 for parent in ground.crowd}

    def validate():
        return campaigns.decide(
            campaign=ground.campaign, seen=seen, state=State.VALIDATED, words="", by=BY, at=clock.now()
        )

    results = at_once(town, [validate, *(ground.says(parent, 3) for parent in ground.crowd)])

    assert not [result for result in results if isinstance(result, Exception)]
    for parent in ground.crowd:
        row = ground.row(parent)
        assert row.version == 2 and reads.chosen(row) == {ground.activity: frozenset({3})}
        assert row.state == State.ANSWERED


def test_the_same_family_at_two_doors_answers_once_a_version(town: Commune, ground: Ground) -> None:
    parent = ground.crowd[0]

    results = at_once(town, [ground.says(parent, 0), ground.says(parent, 1), ground.says(parent)])

    assert not [result for result in results if isinstance(result, Exception)]
    row = ground.row(parent)
    versions = AuditEntry.objects.filter(subject=reads.subject_of(row), action="pre_registration_answered")
    assert sorted(entry.after["version"] for entry in versions) == [1, 2, 3]
    assert row.version == 3


def test_two_workers_share_the_bookings_and_make_each_once(town: Commune, ground: Ground) -> None:
    for parent in ground.crowd:
        ground.says(parent, 0, 3)()
    keys = [ground.row(parent).pk for parent in ground.crowd]
    campaigns.validate_all(campaign=ground.campaign, answers=keys, until=clock.now(), by=BY, at=clock.now())

    done = at_once(town, [lambda: campaigns.book_asked(at=clock.now())] * 2)

    assert sum(one for one in done if isinstance(one, int)) == len(ground.crowd)
    assert Admission.objects.filter(answer__in=keys).count() == len(ground.crowd)
    for parent in ground.crowd:
        row = ground.row(parent)
        stands = Booking.objects.standing().filter(child=parent.child).count()
        assert (row.booking, row.outcome["booked"]) == ("done", stands)
        assert stands > 0


def test_closing_while_families_answer_loses_no_answer_received_before(town: Commune, ground: Ground) -> None:
    sent = [ground.says(parent, 0) for parent in ground.crowd]

    results = at_once(town, [*sent, lambda: campaigns.close_now(campaign=ground.campaign, by=BY, at=clock.now())])

    assert not [result for result in results if isinstance(result, Exception)]
    ground.campaign.refresh_from_db()
    for row in PreRegistration.objects.filter(campaign=ground.campaign):
        assert row.answered_at < ground.campaign.closes_at
