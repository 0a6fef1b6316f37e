"""The cast at the doors: agents of a commune, operators, and their authenticators."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.test import Client

from lps.accounts import services, totp
from lps.accounts.models import Account
from lps.accounts.roles import Role
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.kernel import clock
from tenants import context
from tenants.models import Commune

BY = Actor.system("tests")
PASSWORD = "trois-pommes-et-un-cartable"


@dataclass(frozen=True)
class Person:
    """An account, with what its owner knows and holds."""

    account: Account
    email: str
    totp_secret: str

    def code(self) -> str:
        """What the telephone shows now."""
        return totp.code_at(secret=self.totp_secret, at=clock.real_now())

    def proofs(self, **wrong: str) -> dict[str, str]:
        """The sign-in form filled in, right but for what is given."""
        return {"email": self.email, "password": PASSWORD, "code": self.code(), **wrong}


def agent(commune: Commune, *roles: str, email: str = "claire@mairie.example", name: str = "Claire RÉGIE") -> Person:
    """An agent of a commune, administrator unless told otherwise."""
    with context.use(commune):
        return _account(email=email, name=name, roles=roles or (Role.ADMINISTRATOR,))


def operator(*roles: str, email: str = "olivier@editeur.example", name: str = "Olivier EXPLOITANT") -> Person:
    """An operator of the vendor, who may do everything on the console unless told otherwise."""
    with context.public():
        return _account(email=email, name=name, roles=roles or (Role.OPERATOR,))


def browser(commune: Commune) -> Client:
    """A browser on a commune's portal."""
    return Client(headers={"host": f"{commune.slug}.localhost"})


def console_browser() -> Client:
    """A browser on the vendor's console."""
    return Client(headers={"host": "console.localhost"})


def enter(client: Client, person: Person, path: str = "/mairie/connexion/") -> HttpResponse:
    """Sign a person in through the page."""
    return client.post(path, person.proofs())


def _account(*, email: str, name: str, roles: tuple[str, ...]) -> Person:
    made = services.create_account(
        email=email, name=name, password=PASSWORD, roles=roles, by=BY, channel=Channel.AUTOMATIC
    )
    return Person(made.account, email, made.totp_secret)
