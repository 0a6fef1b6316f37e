"""One question for rights: by role, by ownership, by scope, in one's own commune."""

from collections.abc import Iterator

import pytest

from lps.accounts import rights
from lps.accounts.actors import Agent, Integration, Operator
from lps.accounts.rights import Right, UnknownAction, allowed
from lps.accounts.roles import AGENT_ROLES, Role
from lps.journal.actors import Actor, ActorKind
from tenants import context
from tenants.models import Commune


def owns(actor: Actor, obj: object) -> bool:
    return obj == f"child of {actor.key}"


MEALS = (
    Right("meals.see", roles=frozenset({Role.CANTEEN}), scope="meals:read"),
    Right("meals.book", roles=frozenset({Role.SCHOOL}), owns=owns, scope="meals:write"),
    Right("towns.open", operator=True),
)


@pytest.fixture(autouse=True)
def an_app() -> Iterator[None]:
    known = dict(rights._rights)
    rights.register(MEALS)
    yield
    rights._rights.clear()
    rights._rights.update(known)


def agent(commune: Commune, *roles: str) -> Agent:
    return Agent(ActorKind.AGENT, "3", "Claire", commune.schema_name, frozenset(roles))


@pytest.mark.parametrize(
    ("role", "see", "book"),
    [
        (Role.ADMINISTRATOR, True, True),
        (Role.CANTEEN, True, False),
        (Role.SCHOOL, False, True),
        (Role.CASH_OFFICE, False, False),
    ],
)
def test_agents_do_what_their_roles_say(in_demo: Commune, role: str, see: bool, book: bool) -> None:
    actor = agent(in_demo, role)

    assert (allowed(actor, "meals.see"), allowed(actor, "meals.book")) == (see, book)


def test_roles_add_up(in_demo: Commune) -> None:
    actor = agent(in_demo, Role.CANTEEN, Role.SCHOOL)

    assert allowed(actor, "meals.see") and allowed(actor, "meals.book")


def test_an_administrator_does_not_run_the_vendors_console(in_demo: Commune) -> None:
    assert not allowed(agent(in_demo, Role.ADMINISTRATOR), "towns.open")


def test_an_agent_carried_into_another_commune_has_no_right(demo: Commune, in_buchelay: Commune) -> None:
    assert not allowed(agent(demo, Role.ADMINISTRATOR), "meals.see")


@pytest.mark.parametrize("kind", [ActorKind.HOUSEHOLD, ActorKind.CALLER])
def test_a_household_acts_on_its_own_alone(in_demo: Commune, kind: ActorKind) -> None:
    family = Actor(kind, "12", "Famille MARSONE")

    assert allowed(family, "meals.book", "child of 12")
    assert not allowed(family, "meals.book", "child of 13")
    assert not allowed(family, "meals.book")
    assert not allowed(family, "meals.see", "child of 12")


def test_software_does_what_its_scopes_say(in_demo: Commune) -> None:
    kitchen = Integration(ActorKind.INTEGRATION, "1", "Cuisine", in_demo.schema_name, frozenset({"meals:read"}))

    assert allowed(kitchen, "meals.see")
    assert not allowed(kitchen, "meals.book")
    assert not allowed(kitchen, "office.enter")


def test_an_operator_has_no_right_inside_a_commune(demo: Commune) -> None:
    operator = Operator(ActorKind.OPERATOR, "1", "Olivier", frozenset({Role.OPERATOR}))

    with context.public():
        assert allowed(operator, "towns.open") and allowed(operator, "console.enter")
    with context.use(demo):
        assert not [action for action in rights.actions() if allowed(operator, action)]


def test_words_alone_give_no_right(in_demo: Commune) -> None:
    impostor = Actor(ActorKind.AGENT, "3", "Claire")

    assert not [action for action in rights.actions() if allowed(impostor, action)]


def test_nobody_has_no_right(in_demo: Commune) -> None:
    assert not [action for action in rights.actions() if allowed(None, action)]


def test_the_product_itself_may_act(in_demo: Commune) -> None:
    assert allowed(Actor.system("nuit"), "meals.book")


def test_every_agent_may_enter_the_town_hall(in_demo: Commune) -> None:
    assert all(allowed(agent(in_demo, role), "office.enter") for role in AGENT_ROLES)


def test_an_action_that_nobody_declared_is_a_mistake(in_demo: Commune) -> None:
    with pytest.raises(UnknownAction):
        allowed(agent(in_demo, Role.ADMINISTRATOR), "meals.sea")


def test_an_action_is_declared_once(in_demo: Commune) -> None:
    with pytest.raises(ValueError, match="meals.see"):
        rights.register([Right("meals.see", roles=frozenset({Role.ACTIVITIES}))])
