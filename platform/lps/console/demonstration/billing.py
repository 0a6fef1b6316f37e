"""The demonstration's régie, its tariffs, and the quotients that most families proved."""

import random
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal

from billing.forms.reminders import PROPOSED
from billing.models import CashOffice, Tariff
from billing.rules.facts import Price, TariffSpec
from billing.services.offices import save_office, save_settings
from billing.services.quotients import QuotientSpec, set_quotient
from billing.services.reminders import start_levels
from billing.services.tariffs import set_tariff
from booking.models import Activity
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.journal.channels import Channel

BY = Actor.system("démonstration")
_PROVED = 0.85  # the share of the families who gave a proof
_BOUNDS = (0, 350, 600, 900, 1300)
_CANTEEN = ("1.45", "2.20", "3.05", "3.85", "4.60")


def open_office(collectivity: str) -> CashOffice:
    """The town's régie, in test at the Treasury."""
    facts = {
        "name": "Régie périscolaire",
        "collectivity": collectivity,
        "siret": "21780118600015",
        "decision": "Délibération du conseil municipal du 26 juin",
        "treasury_name": "Trésorerie de Mantes-la-Jolie",
        "treasury_address": "1 place de la Trésorerie, 78200 Mantes-la-Jolie",
        "treasury_hours": "du lundi au vendredi, de 8h45 à 12h",
        "treasury_phone": "01 23 45 67 80",
        "numcli": "006382",
        "mode": CashOffice.Mode.TEST,
        "online": True,
        "online_limit_day": 10,
    }
    save_settings(facts={"resident_postal_codes": ["78200"]}, by=BY, channel=Channel.AUTOMATIC)
    return save_office(office=None, facts=facts, by=BY, channel=Channel.AUTOMATIC)


def propose_reminders() -> None:
    """The levels that the page proposes; nothing is ever sent by itself."""
    start_levels(specs=PROPOSED, by=BY)


def set_tariffs(office: CashOffice, *, since: date, now: datetime) -> None:
    """A price for every activity: brackets, half-hours, a flat month, an effort rate."""
    for activity in Activity.objects.order_by("pk"):
        spec = _spec(activity.name)
        set_tariff(
            activity=activity, cash_office=office, spec=spec, since=since, by=BY, at=now, channel=Channel.AUTOMATIC
        )


def prove_quotients(households: Sequence[Household], *, since: date, now: datetime) -> None:
    """Most families proved a quotient for the school year."""
    source = random.Random(78118)
    for household in households:
        if source.random() < _PROVED:
            value = Decimal(source.randrange(12_000, 180_000)) / 100
            proof = "Attestation de la CAF"
            spec = QuotientSpec(value=value, since=since, last_day=date(since.year + 1, 8, 31), proof=proof)
            set_quotient(household=household, spec=spec, by=BY, at=now, channel=Channel.AUTOMATIC)


def _spec(name: str) -> TariffSpec:
    if name == "Cantine":
        return TariffSpec(name=name, prices=_grid(_CANTEEN, outside="1.50"))
    if name == "Cantine ADULTE":
        return TariffSpec(name="Repas adulte", prices=_grid(["6.10"], outside="0"))
    if name == "Accueil Soir":
        prices = _grid(("0.70", "0.85", "1.00", "1.15", "1.30"), outside="0.40")
        return TariffSpec(
            name=name,
            unit=Tariff.Unit.HALF_HOUR,
            prices=prices,
            starts_at=time(16, 30),
            pickup_at=time(18, 30),
            late_pickup_extra=Decimal("5.00"),
            default_units=2,
        )
    if name.startswith("Transport"):
        return TariffSpec(name=name, unit=Tariff.Unit.MONTH, prices=_grid(["12.00"], outside="4.00"))
    if name.startswith("Accueil"):
        return TariffSpec(name=name, prices=_grid(("1.10", "1.30", "1.50", "1.70", "1.90"), outside="0.60"))
    return TariffSpec(
        name=name,
        unit=Tariff.Unit.DAY,
        basis=Tariff.Basis.EFFORT,
        effort_rate=Decimal("1.2"),
        floor=Decimal("4.00"),
        ceiling=Decimal("16.00"),
        non_resident_extra=Decimal("6.00"),
        waiting_days=1,
    )


def _grid(amounts: Sequence[str], *, outside: str) -> tuple[Price, ...]:
    return tuple(
        Price(
            qf_from=Decimal(bound),
            resident=resident,
            from_rank=1,
            amount=Decimal(amount) + (0 if resident else Decimal(outside)),
        )
        for resident in (True, False)
        for bound, amount in zip(_BOUNDS, amounts, strict=False)
    )
