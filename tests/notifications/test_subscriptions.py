"""A resident's SMS subscription: proved by a code, changed by a code, ended by STOP, on record throughout."""

import re
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from lps.kernel import clock
from notifications import facts
from notifications.models import FACTS_PURPOSE, Blocked, Consent, NumberCode, OutboxMessage, Subscriber, Topic
from notifications.services import subscriptions
from notifications.services.sms import number_lookup
from notifications.services.subscriptions import TRIES, Asked
from tenants import keys
from tenants.models import Commune
from tests.sql import counted

NUMBER, OTHER = "+33612345678", "+33698765432"
WORDS = "[1] J'accepte :"


def code_sent() -> str:
    message = OutboxMessage.objects.filter(template=subscriptions.CODE_TEMPLATE).latest("pk")
    text = facts.loads(keys.decrypt(message.facts, purpose=FACTS_PURPOSE))["text"]
    return re.search(r"\d{6}", text)[0]  # type: ignore[index]


def ask(*topics: Topic, number: str = NUMBER) -> NumberCode:
    wanted = tuple(topic.pk for topic in topics)
    identity = {"last_name": "DURAND"}
    return subscriptions.send_code(
        asked=Asked(do="subscribe", number=number, identity=identity, topics=wanted, wording=WORDS)
    )


def open_choices(number: str = NUMBER) -> NumberCode:
    made = subscriptions.send_code(asked=Asked(do="open", number=number))
    assert subscriptions.prove(pk=made.pk, code=code_sent(), at=clock.now())
    return NumberCode.objects.get(pk=made.pk)


def subscribe(*topics: Topic) -> Subscriber:
    made = ask(*topics)
    assert subscriptions.prove(pk=made.pk, code=code_sent(), at=clock.now())
    return Subscriber.objects.get(lookup=number_lookup(NUMBER))


@pytest.fixture
def topics(in_demo: Commune) -> list[Topic]:
    return list(Topic.objects.all())


def test_nothing_stands_before_the_code_comes_back(topics: list[Topic]) -> None:
    made = ask(topics[1])

    assert not Subscriber.objects.exists()
    assert NUMBER not in made.asked and code_sent() not in made.code_hash
    assert subscriptions.prove(pk=made.pk, code=code_sent(), at=clock.now())
    held = Subscriber.objects.get()
    assert (held.clear_number, subscriptions.identity_of(held)) == (NUMBER, {"last_name": "DURAND"})
    consent = Consent.objects.get()
    assert (consent.wording, consent.channel, consent.proof) == (f"{WORDS} Enfance", "web", f"code {made.pk}")


def test_a_code_serves_once(topics: list[Topic]) -> None:
    made, code = ask(topics[0]), code_sent()

    assert subscriptions.prove(pk=made.pk, code=code, at=clock.now())
    assert subscriptions.prove(pk=made.pk, code=code, at=clock.now()) is None
    assert Consent.objects.count() == 1


def test_a_code_is_worth_ten_minutes(topics: list[Topic]) -> None:
    made = ask(topics[0])
    NumberCode.objects.update(expires_at=clock.real_now())

    assert made.expires_at - made.made_at == timedelta(minutes=10)
    assert subscriptions.prove(pk=made.pk, code=code_sent(), at=clock.now()) is None


def test_five_tries_and_no_more(topics: list[Topic]) -> None:
    made, code = ask(topics[0]), code_sent()
    wrong = "000000" if code != "000000" else "111111"

    for _ in range(TRIES):
        assert subscriptions.prove(pk=made.pk, code=wrong, at=clock.now()) is None
    assert subscriptions.prove(pk=made.pk, code=code, at=clock.now()) is None
    assert not Subscriber.objects.exists()


def test_the_same_code_of_another_number_proves_nothing(topics: list[Topic]) -> None:
    first = ask(topics[0])
    other = ask(topics[0], number=OTHER)
    NumberCode.objects.filter(pk=first.pk).update(code_hash=other.code_hash)

    assert subscriptions.prove(pk=first.pk, code=code_sent(), at=clock.now()) is None


def test_known_and_unknown_numbers_cost_the_same(topics: list[Topic]) -> None:
    subscribe(topics[0])

    with counted() as known:
        subscriptions.send_code(asked=Asked(do="open", number=NUMBER))
    with counted() as unknown:
        subscriptions.send_code(asked=Asked(do="open", number=OTHER))

    assert len(known) == len(unknown)


def test_stop_ends_all_and_a_new_proof_lifts_it(topics: list[Topic]) -> None:
    held = subscribe(topics[0], topics[1])

    assert subscriptions.stop(lookup=held.lookup, channel="sms") == 2
    assert subscriptions.stop(lookup=held.lookup, channel="sms") == 0
    assert Blocked.objects.filter(lookup=held.lookup, lifted_at=None).count() == 1
    assert subscriptions.in_force(held) == set()

    subscribe(topics[1])
    assert not Blocked.objects.filter(lifted_at=None).exists()
    assert subscriptions.in_force(held) == {topics[1].pk}
    assert Consent.objects.count() == 3, "what ended stays on record"


def test_stop_of_an_unknown_number_is_kept_too(topics: list[Topic]) -> None:
    assert subscriptions.stop(lookup=number_lookup(OTHER), channel="sms") == 0
    assert Blocked.objects.get().lookup == number_lookup(OTHER)


def test_changing_ends_what_is_unticked_alone(topics: list[Topic]) -> None:
    held = subscribe(topics[0], topics[1])
    kept = Consent.objects.get(topic=topics[1])

    subscriptions.change(code=open_choices(), topics=[topics[1].pk, topics[2].pk], wording=WORDS, at=clock.now())

    assert subscriptions.in_force(held) == {topics[1].pk, topics[2].pk}
    kept.refresh_from_db()
    assert kept.ended_at is None
    assert Consent.objects.get(topic=topics[0]).ended_by == "web"


def test_a_topic_that_is_retired_ends_with_its_subscriptions(topics: list[Topic]) -> None:
    held = subscribe(topics[0])

    assert subscriptions.retire(topics[0], at=clock.now()) == 1
    assert subscriptions.in_force(held) == set()
    subscribe(topics[0])
    assert subscriptions.in_force(held) == set(), "a form opened before the topic was retired agrees to nothing"


def test_old_proofs_go_after_three_years(topics: list[Topic]) -> None:
    held = subscribe(topics[0])
    subscriptions.stop(lookup=held.lookup, channel="web")
    later = clock.now() + timedelta(days=3 * 365 + 1)

    subscriptions.purge(now=clock.now())
    assert Consent.objects.count() == 1
    subscriptions.purge(now=later)
    assert not Consent.objects.exists() and not Subscriber.objects.exists()


def test_sending_always_agrees_with_the_consent_record(topics: list[Topic]) -> None:
    """Subscribe, change, STOP, again, in any order: those told about a topic are those whose last word was yes."""
    offered = topics[:3]
    subsets = st.sets(st.sampled_from(range(3)))

    class Subscription(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.savepoint = transaction.savepoint()
            self.expected: set[int] = set()
            self.pending: tuple[NumberCode, str, set[int]] | None = None
            self.subscribed = False

        def teardown(self) -> None:
            transaction.savepoint_rollback(self.savepoint)

        @rule(wanted=subsets.filter(bool))
        def ask(self, wanted: set[int]) -> None:
            made = ask(*(offered[n] for n in wanted))
            self.pending = (made, code_sent(), wanted)

        @precondition(lambda self: self.pending)
        @rule()
        def confirm(self) -> None:
            made, code, wanted = self.pending  # type: ignore[misc]
            assert subscriptions.prove(pk=made.pk, code=code, at=clock.now())
            self.pending, self.subscribed = None, True
            self.expected |= wanted

        @precondition(lambda self: self.pending)
        @rule()
        def mistype(self) -> None:
            made, code, _ = self.pending  # type: ignore[misc]
            NumberCode.objects.filter(pk=made.pk).update(tries=0)
            assert subscriptions.prove(pk=made.pk, code=f"{(int(code) + 1) % 1_000_000:06d}", at=clock.now()) is None

        @rule(wanted=subsets)
        def change(self, wanted: set[int]) -> None:
            code = open_choices()
            subscriptions.change(code=code, topics=[offered[n].pk for n in wanted], wording=WORDS, at=clock.now())
            self.expected = wanted if self.subscribed else set()

        @rule(channel=st.sampled_from(["sms", "web", "office"]))
        def stop(self, channel: str) -> None:
            subscriptions.stop(lookup=number_lookup(NUMBER), channel=channel)
            self.expected = set()

        @invariant()
        def told_are_those_who_agreed(self) -> None:
            for number, topic in enumerate(offered):
                assert (NUMBER in subscriptions.numbers_of(topic.pk).values()) is (number in self.expected)

        @invariant()
        def one_consent_in_force_a_topic(self) -> None:
            standing = Consent.objects.filter(ended_at=None)
            assert standing.count() == len(self.expected)

    run_state_machine_as_test(Subscription, settings=settings(max_examples=25, stateful_step_count=12, deadline=None))
