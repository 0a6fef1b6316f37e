"""An agent and a parent who save the same day at one moment: one booking, one proof, nothing undone."""

import uuid

from booking.models import Booking, Receipt
from booking.rules.planning import Cell, Change
from booking.services.absences import Asked, declare
from booking.services.bookings import Saved
from booking.services.counter import book_at_counter
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel import clock
from tenants.models import Commune
from tests.races.crowd import Ask, Parent, at_once, cells, parents

AGENT = Actor.system("Claire")


def at_the_counter(parent: Parent, cell: Cell) -> Ask:
    """The agent's save of that cell, with a reason."""
    return lambda: book_at_counter(
        child=parent.child,
        household=parent.household,
        changes=[Change(cell, True, seen=False)],
        by=AGENT,
        received_at=clock.now(),
        jeton=uuid.uuid4(),
        reason="la famille a téléphoné",
    )


def test_an_agent_and_a_parent_who_book_the_same_day_make_one_booking(town: Commune) -> None:
    [parent] = parents(1)
    [cell] = cells("Cantine", left=10)

    done = at_once(town, [at_the_counter(parent, cell), parent.asks(cell)])

    assert all(isinstance(one, Saved) for one in done), done
    assert sum(one.receipt is not None for one in done if isinstance(one, Saved)) == 1
    assert parent.stands(cell) == [cell]
    assert Receipt.objects.filter(child=parent.child).count() == 1


def test_the_counter_takes_no_place_beyond_the_last(town: Commune) -> None:
    first, second = parents(2)
    [cell] = cells("Cantine", left=1)

    at_once(town, [at_the_counter(first, cell), second.asks(cell)])

    crowd = [first.child.pk, second.child.pk]
    assert Booking.objects.standing().filter(child__in=crowd, day=cell.day, activity=cell.activity_id).count() == 1


def test_a_declaration_sent_twice_at_once_is_one_absence(town: Commune) -> None:
    [parent] = parents(1)
    [cell] = cells("Cantine", left=10)
    parent.asks(cell)()
    asked = Asked(first_day=cell.day, last_day=cell.day, activities=[], reason="Enfant malade")

    def once() -> bool:
        done = declare(
            child=parent.child,
            household=parent.household,
            asked=asked,
            by=AGENT,
            channel=Channel.WEB,
            at=clock.now(),
        )
        assert done.absence is not None
        return done.again

    assert sorted(map(bool, at_once(town, [once, once]))) == [False, True]
