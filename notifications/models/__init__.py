"""What a commune sends and to whom: the outbox, proved addresses, the SMS service, campaigns."""

from notifications.models.addresses import Address, AddressQuerySet, Blocked, Preference
from notifications.models.campaigns import Campaign
from notifications.models.outbox import (
    ADDRESS_PURPOSE,
    FACTS_PURPOSE,
    LEASE,
    Class,
    Kind,
    OutboxMessage,
    OutboxQuerySet,
    Outcome,
    State,
)
from notifications.models.sms import (
    CREDENTIALS_PURPOSE,
    SUBSCRIBER_PURPOSE,
    Consent,
    NumberCode,
    SendingSettings,
    Subscriber,
    Topic,
)

__all__ = [
    "ADDRESS_PURPOSE",
    "CREDENTIALS_PURPOSE",
    "FACTS_PURPOSE",
    "LEASE",
    "SUBSCRIBER_PURPOSE",
    "Address",
    "AddressQuerySet",
    "Blocked",
    "Campaign",
    "Class",
    "Consent",
    "Kind",
    "NumberCode",
    "Outcome",
    "OutboxMessage",
    "OutboxQuerySet",
    "Preference",
    "SendingSettings",
    "State",
    "Subscriber",
    "Topic",
]
