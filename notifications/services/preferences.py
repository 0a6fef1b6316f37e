"""What each proved address wants to be told, one kind of message after the other, and the link that stops one."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.core import signing
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import Entry, record_many
from notifications import kinds
from notifications.addresses import same_address_key
from notifications.models import ADDRESS_PURPOSE, Address, Blocked, Kind, Preference
from tenants import context, keys
from tenants.queries import url_of


@dataclass(frozen=True, slots=True)
class Stop:
    """What a stop link names: an address in force and one kind of message."""

    address: Address
    kind: kinds.MessageKind


def choices_of(addresses: Collection[Address]) -> dict[int, set[str]]:
    """The kinds that each of these addresses wants, by its key: one statement."""
    said = Preference.objects.filter(address__in=[address.pk for address in addresses]).order_by()
    told = {(address, kind): wanted for address, kind, wanted in said.values_list("address", "topic", "wanted")}
    known = kinds.registered().values()
    return {
        address.pk: {kind.code for kind in known if told.get((address.pk, kind.code), kind.default)}
        for address in addresses
    }


def wants(addresses: Collection[Address], kind: str) -> list[Address]:
    """Those of these addresses to which this kind of message may be sent: two statements, however many.

    An address that bounced, or that complained, is told nothing. Raises `KeyError` for a kind nobody declared.
    """
    default = kinds.registered()[kind].default
    rows = Preference.objects.filter(address__in=[address.pk for address in addresses], topic=kind).order_by()
    said = dict(rows.values_list("address", "wanted"))
    blocked = _blocked({address.lookup for address in addresses})
    return [one for one in addresses if said.get(one.pk, default) and one.lookup not in blocked]


def someone_asked(holder: str, kind: str) -> Exists:
    """Whether an address of a holder asked for a kind that is off by default: for another statement to carry."""
    return Exists(_asked(holder, kind))


def asking(holder: str, kind: str) -> list[Address]:
    """A holder's addresses that asked for a kind off by default, without those that bounced: one statement."""
    said = _asked(holder, kind).filter(address=OuterRef("pk"))
    blocked = Blocked.objects.filter(kind=Kind.EMAIL, lifted_at__isnull=True, lookup=OuterRef("lookup"))
    return list(Address.objects.in_force().filter(Exists(said), ~Exists(blocked), holder=holder))


def undecided(holder: str, kind: str) -> list[Address]:
    """A holder's e-mail addresses that never said whether they want this kind: one statement."""
    said = Preference.objects.filter(address=OuterRef("pk"), topic=kind)
    return list(Address.objects.in_force().filter(~Exists(said), holder=holder, kind=Kind.EMAIL))


def refusing(emails: Collection[str], kind: str) -> set[str]:
    """Those of these addresses, in clear and on file only, that bounced or complained, or stopped this kind elsewhere.

    Two statements, however many.
    """
    lookups = {email: keys.lookup_hash(same_address_key(email.strip()), purpose=ADDRESS_PURPOSE) for email in emails}
    said = Preference.objects.filter(topic=kind, wanted=False, address__withdrawn_at__isnull=True)
    stopped = said.filter(address__lookup__in=set(lookups.values())).order_by()
    refused = _blocked(lookups.values()) | set(stopped.values_list("address__lookup", flat=True))
    return {email for email, lookup in lookups.items() if lookup in refused}


def choose(*, wishes: Mapping[Address, Collection[str]], by: Actor, channel: Channel, at: datetime) -> int:
    """Keep the kinds wanted by each address, the others being stopped; how many addresses changed."""
    with transaction.atomic():
        before = choices_of(wishes.keys())
        changed = [
            Preference(address=address, topic=kind, wanted=kind in wanted, changed_at=at)
            for address, wanted in wishes.items()
            for kind in kinds.registered()
            if (kind in wanted) != (kind in before[address.pk])
        ]
        _keep(changed, by=by, channel=channel, at=at)
    return len({row.address_id for row in changed})


def stop(*, stopped: Stop, by: Actor, channel: Channel, at: datetime, wanted: bool = False) -> None:
    """Stop one kind of message at one address; `wanted` takes it up again. Twice is once."""
    with transaction.atomic():
        has_it = stopped.kind.code in choices_of([stopped.address])[stopped.address.pk]
        row = Preference(address=stopped.address, topic=stopped.kind.code, wanted=wanted, changed_at=at)
        _keep([row] if has_it != wanted else [], by=by, channel=channel, at=at)


def stop_url(address: Address, kind: str) -> str:
    """The link by which whoever reads a message stops its kind: signed, without an end, of this commune alone."""
    [(_address, url)] = stop_urls([address], kind)
    return url


def stop_urls(addresses: Iterable[Address], kind: str) -> Iterator[tuple[Address, str]]:
    """The same for many: each address with its link."""
    before, salt = url_of(context.current(), "/messages/arret/"), _salt()
    for address in addresses:
        yield address, f"{before}{signing.dumps([address.pk, kind], salt=salt)}/"


def stop_of(token: str) -> Stop | None:
    """What a stop link names; None for one that was altered, another commune's, or of an address no longer in use."""
    try:
        pk, code = signing.loads(token, salt=_salt())
    except signing.BadSignature:
        return None
    address, kind = Address.objects.in_force().filter(pk=pk).first(), kinds.registered().get(code)
    return Stop(address, kind) if address and kind else None


def _asked(holder: str, kind: str) -> QuerySet[Preference]:
    in_force = {"address__holder": holder, "address__withdrawn_at__isnull": True, "address__kind": Kind.EMAIL}
    return Preference.objects.filter(topic=kind, wanted=True, **in_force)


def _blocked(lookups: Collection[str]) -> set[str]:
    rows = Blocked.objects.filter(kind=Kind.EMAIL, lifted_at__isnull=True, lookup__in=set(lookups))
    return set(rows.order_by().values_list("lookup", flat=True))


def _keep(rows: Collection[Preference], *, by: Actor, channel: Channel, at: datetime) -> None:
    Preference.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["address", "topic"],
        update_fields=["wanted", "changed_at"],
    )
    record_many(_audited(rows, by=by, channel=channel, at=at))


def _audited(rows: Iterable[Preference], *, by: Actor, channel: Channel, at: datetime) -> list[Entry]:
    by_address: dict[Address, dict[str, bool]] = {}
    for row in rows:
        by_address.setdefault(row.address, {})[row.topic] = row.wanted
    return [
        Entry(
            by,
            channel,
            "preferences_changed",
            address.holder,
            before={kind: not wanted for kind, wanted in told.items()},
            after={**told, "address": address.pk},
            at=at,
        )
        for address, told in by_address.items()
    ]


def _salt() -> str:
    return f"stop-messages:{context.current().pk.hex}"
