"""The worker's door to the outbox."""

import logging

from lps.kernel import clock
from notifications import delivery, services, sms_delivery, stops
from notifications.services import campaigns, subscriptions
from notifications.wakeup import ASK_BACK, DRAIN, PURGE, QUEUE_CAMPAIGNS, READ_STOPS, SEND_SMS
from tenants.tasks import commune_task
from tenants.wakeup import wake_again

log = logging.getLogger(__name__)


@commune_task(name=DRAIN, ignore_result=True)
def drain() -> None:
    """Send what is due in the commune: after a commit, and at every tick of the minute."""
    done = delivery.drain()
    if done.more:
        wake_again(DRAIN)
    if done.sent or done.failed:
        log.info("%s messages sent, %s not", done.sent, done.failed)


@commune_task(name=SEND_SMS, ignore_result=True)
def send_sms() -> None:
    """Send the SMS that are due: after a commit, and at every tick of the minute. None leaves twice."""
    done = sms_delivery.drain_sms()
    if done.more:
        wake_again(SEND_SMS)
    if done.sent or done.failed:
        log.info("%s SMS sent, %s not", done.sent, done.failed)


@commune_task(name=ASK_BACK, ignore_result=True)
def ask_back() -> None:
    """Ask the provider about the SMS of unknown fate: at every tick. Asking twice changes nothing."""
    if known := sms_delivery.ask_back():
        log.info("%s SMS of unknown fate are known", known)


@commune_task(name=READ_STOPS, ignore_result=True)
def read_stops() -> None:
    """Learn who answered STOP from a provider that has to be asked: at every tick. Reading twice stops nobody again."""
    if stopped := stops.read_stops():
        log.info("%s numbers answered STOP", stopped)


@commune_task(name=QUEUE_CAMPAIGNS, ignore_result=True)
def queue_campaigns() -> None:
    """Put in the outbox the campaigns whose hour has come: after a commit, and at every tick. Each once."""
    if queued := campaigns.queue_due(now=clock.now()):
        log.info("%s campaigns queued", queued)


@commune_task(name=PURGE, ignore_result=True)
def purge() -> None:
    """Erase what was sent more than sixty days ago: once a night. Running it twice erases nothing more."""
    now = clock.now()
    campaigns.keep_reports(now=now)
    log.info("%s messages purged", services.purge(now=now))
    log.info("%s consents to SMS purged", subscriptions.purge(now=now))
