"""Real calls through an operator: a line set on the console registers at it, its calls are heard, the site shows them.

The mock operator is Kamailio; where it or Asterisk cannot start these tests say why they were not tried.
"""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from booking.models import Activity, JournalEntry
from deploy.processes import wait_until
from lps.console.lines import Wanted, add_line, change_line, remove_line
from lps.families.models import Custody
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel import clock
from tenants import telephone
from tenants.models import OperatorLine, VoiceServer
from tests.journeys.conftest import Browse, browse, chromium  # noqa: F401
from tests.journeys.families import Family
from tests.journeys.steps import is_signed_in, open_planning, tile
from tests.live import Copy, Site
from tests.voice import kamailio
from tests.voice.kamailio import Operator
from tests.voice.phone import ALIKE, Real, Step, call_and_hear, exchange_at_work, operator_calls, words_of
from tests.voice.pupils import Pupil
from voice.gateway.keeper import Keeper
from voice.gateway.lines import FILE

pytestmark = operator_calls
BY = Actor.system("essai")
STATE_SECONDS = 60.0
OTHER, ADDRESS = "0033476549341", "192.0.2.7/32"
State = OperatorLine.State


@pytest.fixture(scope="module")
def copy(site: Site) -> Copy:
    """What is called is what the pages show."""
    return site.copy


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    with kamailio.operating(tmp_path_factory.mktemp("operator")) as found:
        yield found


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, prompts: Path) -> Iterator[Real]:
    """Asterisk without a telephone of its own: whoever calls comes by a line."""
    with exchange_at_work(tmp_path_factory.mktemp("calls"), prompts, alone=True) as found:
        yield found


@pytest.fixture
def keeper(real: Real, town: object) -> Iterator[Keeper]:
    """What the voice server does about Asterisk; the lines of a test end with it."""
    found = Keeper(name="voix-1", started_at=clock.real_now(), exchange=real.console)
    yield found
    for line in telephone.operator_lines():
        remove_line(pk=line.pk, by=BY)
    found.leave()


def look(keeper: Keeper) -> None:
    keeper.look(calls=0, at=clock.real_now())


def account(operator: Operator, **more: str) -> Wanted:
    """The account of a town at its operator."""
    own = {"name": "OVH", "server": operator.address, "username": kamailio.USER, "password": kamailio.SECRET}
    return Wanted(kind=OperatorLine.Kind.REGISTRATION, **{**own, **more})  # type: ignore[arg-type]


def comes_to(keeper: Keeper, line: OperatorLine, state: State) -> bool:
    """Whether a line comes to a state, as the console shows it."""

    def has_come() -> bool:
        look(keeper)
        return telephone.operator_line(pk=line.pk).state == state

    return wait_until(has_come, seconds=STATE_SECONDS, pause=0.3)


def booking(pupil: Pupil) -> list[Step]:
    """All that books a day, and the good-bye."""
    return [
        (words_of("code"), f"{pupil.code}#"),
        (words_of("service"), pupil.key),
        (words_of("date"), f"{pupil.keys}#"),
        (words_of("confirm_keys"), "1"),
        (words_of("after"), "9"),
    ]


def test_a_call_through_the_operator_books_and_the_planning_shows_it(
    real: Real,
    operator: Operator,
    keeper: Keeper,
    pupil: Pupil,
    site: Site,
    browse: Browse,  # noqa: F811
) -> None:
    assert comes_to(keeper, add_line(wanted=account(operator), by=BY), State.REGISTERED)
    standing: list[int] = []

    def count() -> None:
        look(keeper)
        standing.append(telephone.operator_lines()[0].calls)

    likenesses = call_and_hear(
        real,
        booking(pupil),
        through=operator.address,
        before={1: count},
    )

    assert min(likenesses) > ALIKE, likenesses
    assert "handed over to sip:0033476549340@" in operator.said
    assert standing[-1] == 1
    entry = JournalEntry.objects.select_related("receipt").get(
        child=pupil.child, day=pupil.day, activity_id=pupil.service
    )
    assert pupil.stands() and entry.channel == Channel.VOICE
    activity = Activity.objects.select_related("group").get(pk=pupil.service)
    custody = Custody.objects.select_related("household").get(child=pupil.child)
    family = Family("buchelay", pupil.code, custody.household.family_code)
    page = browse("buchelay")
    is_signed_in(page, site, family)
    open_planning(page, family, pupil.day, group=activity.group.slug)
    expect(tile(page, activity.name, pupil.day)).to_be_checked()
    page.goto(f"/recus/{entry.receipt.number}/")
    expect(page.get_by_text("serveur vocal").first).to_be_visible()


def test_a_line_changed_and_one_added_while_a_call_stands_leave_it_to_book(
    real: Real, operator: Operator, keeper: Keeper, pupil: Pupil
) -> None:
    line = add_line(wanted=account(operator), by=BY)
    assert comes_to(keeper, line, State.REGISTERED)
    added: list[OperatorLine] = []

    def change() -> None:
        change_line(pk=line.pk, wanted=account(operator, networks=ADDRESS), by=BY)
        added.append(add_line(wanted=account(operator, name="Other", username=OTHER), by=BY))
        assert comes_to(keeper, added[-1], State.REGISTERED) and comes_to(keeper, line, State.REGISTERED)
        assert ADDRESS in real.console.ask("pjsip show identifies")
        assert telephone.operator_line(pk=line.pk).calls == 1

    def take_it_back() -> None:
        while added:
            remove_line(pk=added.pop().pk, by=BY)

    likenesses = call_and_hear(real, booking(pupil), through=operator.address, before={1: change}, anew=take_it_back)

    assert min(likenesses) > ALIKE, likenesses
    assert pupil.stands() and f"registered {OTHER} " in operator.said


def test_a_password_that_is_refused_is_known_and_put_right_at_once(
    real: Real, operator: Operator, keeper: Keeper
) -> None:
    line = add_line(wanted=account(operator, password="another"), by=BY)
    assert comes_to(keeper, line, State.REJECTED)

    change_line(pk=line.pk, wanted=account(operator), by=BY)

    assert comes_to(keeper, line, State.REGISTERED)
    told = [one.read_text(errors="replace") for one in (real.asterisk.home / "log").iterdir()]
    assert kamailio.SECRET not in "".join(told) and "another" not in "".join(told)
    kept = (real.asterisk.home / "etc" / FILE).stat()
    assert stat.S_IMODE(kept.st_mode) == 0o400 and kept.st_uid == real.asterisk.home.stat().st_uid


def test_an_operator_that_does_not_answer_and_an_asterisk_that_is_gone_are_told(
    real: Real, operator: Operator, keeper: Keeper
) -> None:
    nobody = add_line(wanted=account(operator, server="127.0.0.1:9"), by=BY)
    trunk = add_line(wanted=Wanted(name="Trunk", kind=OperatorLine.Kind.ADDRESS, networks="192.0.2.0/24"), by=BY)
    assert comes_to(keeper, nobody, State.WAITING) and comes_to(keeper, trunk, State.READY)

    real.kill()
    look(keeper)

    assert [one.exchange for one in telephone.voice_servers()] == [VoiceServer.Exchange.DOWN]
    assert telephone.operator_line(pk=trunk.pk).state == State.UNKNOWN
    real.start()
    assert comes_to(keeper, trunk, State.READY)
    assert [one.exchange for one in telephone.voice_servers()] == [VoiceServer.Exchange.UP]


def test_nothing_can_be_dialed_from_asterisk(real: Real) -> None:
    for application in ("Dial", "Originate", "Transfer", "Page", "FollowMe"):
        assert "not registered" in real.console.ask(f"core show application {application}")
    assert "No such command" in real.console.ask("channel originate PJSIP/x application Playback y")
    contexts = real.console.ask("dialplan show")
    assert "depuis-operateur" in contexts and "Dial" not in contexts
