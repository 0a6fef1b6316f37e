"""The demonstration's open préinscription campaign, and what some families answered to it."""

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from booking import catalogue
from booking.models import Campaign
from booking.rules.campaigns import Wish
from booking.services.campaigns import CampaignSpec, create
from booking.services.pre_registrations import answer
from lps.families.identity import actor_of
from lps.families.models import Household
from lps.families.queries.children import children_of
from lps.journal.actors import Actor
from lps.journal.channels import Channel

BY = Actor.system("démonstration")
_SCHOOL_DAYS = (0, 1, 3, 4)
_WORDS = (
    "Dites-nous avant la date limite si votre enfant revient à l'accueil périscolaire, et quels jours.\n\n"
    "La mairie valide les demandes, puis réserve les jours. Vous pourrez ensuite les changer dans le planning."
)


def offer_campaign(*, now: datetime, today: date) -> Campaign:
    """A campaign open since some days, for ten weeks that begin in a month."""
    by_name = {name: pk for pk, name in catalogue.read().activity_names.items()}
    first = today + timedelta(days=28 + (7 - today.weekday()) % 7)
    spec = CampaignSpec(
        title="Accueil périscolaire du prochain trimestre",
        words=_WORDS,
        first_day=first,
        last_day=first + timedelta(days=69),
        opens_at=now - timedelta(days=5),
        closes_at=(now + timedelta(days=16)).replace(hour=16, minute=0, second=0, microsecond=0),
        activities=[by_name["Accueil Matin"], by_name["Accueil Soir"]],
        weekdays=_SCHOOL_DAYS,
        books=True,
    )
    return create(spec=spec, by=BY, at=now - timedelta(days=6))


def answer_for_some(campaign: Campaign, households: Sequence[Household], *, now: datetime, today: date) -> None:
    """One family in five answers, most of them yes."""
    source = random.Random(1125)
    activities = [activity.pk for activity in campaign.activities.order_by("pk")]
    for household in households[1::5]:
        answer(
            campaign=campaign,
            household=household,
            wishes={
                one.child: Wish(
                    returns=source.random() < 0.8,
                    chosen={
                        source.choice(activities): frozenset(source.sample(_SCHOOL_DAYS, k=source.randrange(1, 5)))
                    },
                )
                for one in children_of(household=household, day=today)
            },
            by=actor_of(household),
            channel=Channel.WEB,
            received_at=now - timedelta(days=source.randrange(1, 5), minutes=source.randrange(600)),
        )
