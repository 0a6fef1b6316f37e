"""What the product needs dies under load: honest answers, then all is well by itself, and nothing accepted is lost."""

import http.client
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from urllib.parse import urlencode

import boto3
import pytest
from celery import Celery
from django.conf import settings
from django.db import transaction
from moto.server import ThreadedMotoServer
from pytest_django import DjangoDbBlocker

from billing.models import QuotientProof
from booking.models import Booking, JournalEntry, Receipt
from booking.rules.planning import Cell
from deploy.processes import LOOPBACK, free_port, wait_until
from deploy.services import Postgres, Valkey
from lps.families.models import Household
from lps.journal.actors import Actor
from lps.kernel import clock
from notifications.models import LEASE, OutboxMessage, State
from notifications.services import Post, post, post_many
from notifications.wakeup import DRAIN
from tests.families.factories import child_of
from tests.faults.ground import DATABASE, PATIENCE, SENTENCE, Crowd, OwnCopy, fill
from tests.live import Answer, Pages, Site
from tests.races.crowd import Parent, cells, parents
from tests.races.test_races_http import CSRF, Sent, form_of

BY = Actor.system("essai")
CANTEEN, DAYS = "Cantine", 8
MAIL = "families/emails/erased"
PDF, BORDER = "%PDF-1.7\n%%EOF", "0000000000bordure"
TOKEN = {"csrfmiddlewaretoken": CSRF}
HEADERS = {"Cookie": f"lps_csrf={CSRF}", "Content-Type": "application/x-www-form-urlencoded"}
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A database server of ours, durable as in production: what it accepted, a crash may not take."""
    server = Postgres(tmp_path_factory.mktemp("faults"))
    server.start()
    yield server
    server.stop()
    server.erase()


@pytest.fixture(scope="module")
def town(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    server: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """The product on it, with a broker of its own."""
    fill(server, source=os.environ["DATABASE_URL"])
    directory = tmp_path_factory.mktemp("town")
    with ExitStack() as ending:
        valkey = Valkey(directory, ephemeral=True)
        valkey.start()
        ending.callback(lambda: valkey.stop())
        yield Site(OwnCopy(DATABASE, django_db_blocker, server), directory, valkey, ending)


def crash(server: Postgres) -> None:
    """End the database server as a machine does that loses its power: nothing is put in order first."""
    assert server.process is not None
    server.process.send_signal(signal.SIGQUIT)
    server.process.wait(timeout=30)


def forms_of(town: Site, number: int) -> tuple[list[Parent], list[Cell], list[Sent]]:
    """New families, the days that they will book, and a form for each family and day."""
    with town.inside("buchelay"):
        crowd = parents(number)
        days = cells(CANTEEN, days=DAYS)
        return crowd, days, [form_of(parent, day) for day in days for parent in crowd]


def test_a_database_that_crashes_under_load_loses_no_save_and_halves_none(town: Site, server: Postgres) -> None:
    families, days, forms = forms_of(town, 12)
    crowd = Crowd.of(town.pages, forms)
    crowd.until(lambda: crowd.seen["saved"] >= 20)

    crash(server)
    crowd.until(lambda: crowd.seen["come back"] >= 4)
    at_the_crash = crowd.seen["saved"]
    assert crowd.left, "the crowd had ended before the crash"
    server.start()
    crowd.end()

    assert set(crowd.seen) == {"saved", "come back"}
    assert crowd.seen["saved"] == len(forms) > at_the_crash
    with town.inside("buchelay"):
        children = [family.child for family in families]
        booked = Booking.objects.standing().filter(child__in=children).values_list("child", "activity", "day")
        assert sorted(booked) == sorted((child.pk, *day) for child in children for day in days)
        receipts = Receipt.objects.filter(household__in=[family.household for family in families])
        assert sorted(receipt.number for receipt in receipts) == sorted(crowd.receipts)
        assert JournalEntry.objects.filter(receipt__in=receipts).count() == len(forms)


def test_messages_accepted_before_a_crash_leave_after_it(town: Site, server: Postgres) -> None:
    address, number = "panne@example.org", 60
    town.work()
    with town.inside("buchelay"), transaction.atomic():
        posts = [Post(to=address, facts={"family": f"{rank}"}) for rank in range(number)]
        post_many(posts, template=MAIL, by=BY)
    wake(town)
    town.mails_to(address, number=3)

    crash(server)
    server.start()
    with town.inside("buchelay"):
        past = clock.real_now() - LEASE - timedelta(seconds=1)
        OutboxMessage.objects.filter(state=State.SENDING).update(claimed_at=past)

    assert wait_until(lambda: have_come(town, address, number) and all_left(town), seconds=PATIENCE, pause=2.0)
    # These pages saw nothing of the crash, and their pools are full of dead connections.
    assert wait_until(lambda: is_well(town.pages), seconds=PATIENCE)


def all_left(town: Site) -> bool:
    """Whether no message of these waits any more; none is given up."""
    with town.inside("buchelay"):
        return set(OutboxMessage.objects.filter(template=MAIL).values_list("state", flat=True)) == {State.SENT}


def is_well(pages: Pages) -> bool:
    """Both processes answer, several threads of each."""
    return {pages.get("buchelay", "/").status for _ in range(16)} == {http.client.OK}


def have_come(town: Site, address: str, number: int) -> bool:
    """Whether so many mails came; the worker is asked again, as the tick of the minute does."""
    wake(town)
    return len(town._mails(address)) >= number


def wake(town: Site) -> None:
    """What the tick of the minute does: ask the town's worker for its messages."""
    with Celery(set_as_current=False, broker=town.valkey.url()) as app:
        app.conf.update(
            broker_transport_options=settings.CELERY_BROKER_TRANSPORT_OPTIONS,
            task_default_queue=settings.CELERY_TASK_DEFAULT_QUEUE,
        )
        app.send_task(DRAIN, headers={"commune": "buchelay"})


@contextmanager
def valkey_killed(town: Site) -> Iterator[None]:
    """No cache, no counter and no broker inside the block; they come back empty."""
    assert town.valkey.process is not None
    town.valkey.process.kill()
    town.valkey.process.wait(timeout=30)
    yield
    town.valkey.start()


def test_without_valkey_nobody_signs_in_and_who_is_there_books_and_is_written_to(town: Site) -> None:
    _families, _days, forms = forms_of(town, 2)
    town.work()
    codes = codes_of(town)
    assert wait_until(lambda: is_well(town.pages), seconds=PATIENCE)
    assert sign_in(town.pages, codes) == http.client.FOUND

    with valkey_killed(town):
        assert sign_in(town.pages, codes) == http.client.SERVICE_UNAVAILABLE
        assert town.pages.get("buchelay", "/sante/pret").status == http.client.SERVICE_UNAVAILABLE
        assert town.pages.get("buchelay", "/").status == http.client.OK
        crowd = Crowd.of(town.pages, forms, number=1)
        crowd.end()
        with town.inside("buchelay"):
            post(to="sans@example.org", template=MAIL, facts={"family": "SANS"}, by=BY)

    assert set(crowd.seen) == {"saved"}
    assert wait_until(lambda: sign_in(town.pages, codes) == http.client.FOUND, seconds=30)
    assert town.pages.get("buchelay", "/sante/pret").status == http.client.OK
    assert wait_until(lambda: have_come(town, "sans@example.org", 1), seconds=PATIENCE, pause=2.0)


def codes_of(town: Site) -> tuple[str, str]:
    with town.inside("buchelay"):
        home = Household.objects.filter(custodies__isnull=False).order_by("pk")[0]
        return child_of(home).child_code, home.family_code


def sign_in(pages: Pages, codes: tuple[str, str]) -> int:
    return send(pages, Sent("/", urlencode({"child_code": codes[0], "family_code": codes[1], **TOKEN}), HEADERS)).status


def send(pages: Pages, form: Sent) -> Answer:
    """A form of a browser, at Buchelay's host."""
    server = http.client.HTTPConnection(LOOPBACK, pages.port, timeout=30)
    try:
        host = f"buchelay.localhost:{pages.port}"
        server.request("POST", form.path, form.body, {**form.headers, "Host": host})
        answer = server.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read().decode())
    finally:
        server.close()


# --- Files ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def bucket() -> Iterator[ThreadedMotoServer]:
    """A bucket on a server of objects."""
    server = ThreadedMotoServer(ip_address=LOOPBACK, port=free_port(), verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    with closing(boto3.client("s3", endpoint_url=endpoint, **KEYS)) as client:
        client.create_bucket(Bucket="pannes")
    yield server
    server.stop()


def test_without_the_bucket_a_document_is_refused_whole_and_the_rest_goes_on(
    town: Site, bucket: ThreadedMotoServer
) -> None:
    _families, _days, forms = forms_of(town, 1)
    host, port = bucket.get_host_and_port()
    variables = {
        "S3_ENDPOINT_URL": f"http://{host}:{port}",
        "S3_BUCKET": "pannes",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "S3_REGION": "us-east-1",
    }
    proof = proof_of(forms[0])
    with town.pages_with(WEB_CONCURRENCY="1", **variables) as pages:
        assert send(pages, proof).status == http.client.FOUND
        before = proofs(town)

        bucket.stop()
        refused = send(pages, proof)
        Crowd.of(pages, forms, number=1).end()
        assert (refused.status, SENTENCE in refused.body) == (http.client.SERVICE_UNAVAILABLE, True)
        assert proofs(town) == before

        again = ThreadedMotoServer(ip_address=LOOPBACK, port=port, verbose=False)
        again.start()
        try:
            assert send(pages, proof).status == http.client.FOUND
        finally:
            again.stop()
    assert proofs(town) != before


def proofs(town: Site) -> list[tuple[str, str]]:
    """What families sent to prove their quotient, and where the document is."""
    with town.inside("buchelay"):
        return list(QuotientProof.objects.order_by("pk").values_list("state", "document"))


def proof_of(form: Sent) -> Sent:
    """A proof of quotient sent from the same browser as a form."""
    parts = [("csrfmiddlewaretoken", "", CSRF), ("kind", "", "family_fund"), ("document", "caf.pdf", PDF)]
    body = "".join(_part(*part) for part in parts) + f"--{BORDER}--\r\n"
    kind = {"Content-Type": f"multipart/form-data; boundary={BORDER}"}
    return Sent("/quotient/", body, {**form.headers, **kind})


def _part(name: str, file: str, content: str) -> str:
    called = f'; filename="{file}"\r\nContent-Type: application/pdf' if file else ""
    return f'--{BORDER}\r\nContent-Disposition: form-data; name="{name}"{called}\r\n\r\n{content}\r\n'
