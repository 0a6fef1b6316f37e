"""Doors without an address: what one commune has is tried in the other, refused, and nothing changes.

Sessions, tokens, links and forms are tried on every route in `test_isolation_routes.py`.
"""

import json
from io import BytesIO
from pathlib import Path

import pytest
import redis
from celery import current_app
from django.apps import apps
from django.conf import settings as running
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import ProgrammingError, connection, transaction
from django.template.loader import get_template
from PIL import Image
from pytest_django import Settings

from booking import catalogue
from lps.accounts.models import Account
from lps.families import devices, services, tasks
from lps.families.models import Child, Custody, FamilyLink, Household, RecoveryRequest
from lps.families.queries.doors import households_of_email
from notifications.delivery import drain
from notifications.models import OutboxMessage, State
from notifications.queries import holders_of
from tenants import context, keys, queries
from tenants.models import Commune
from tenants.tasks import CommuneTask
from tenants.town import services as town
from tests.accounts.factories import operator
from tests.isolation.cast import Town, elsewhere, here
from tests.isolation.state import unchanged
from tests.sql import counted

# Tasks of the vendor's, which run in the registry and say so. Any other belongs to a commune.
REGISTRY_TASKS = {"lps.tick", "console.life"}


@pytest.fixture
def ours(demo: Commune) -> Town:
    return here(demo)


@pytest.fixture
def theirs(buchelay: Commune) -> Town:
    return elsewhere(buchelay)


@pytest.fixture
def files(settings: Settings, tmp_path: Path) -> Path:
    """Files of this test alone."""
    backend = settings.STORAGES["default"]["BACKEND"]
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": backend, "OPTIONS": {"root": str(tmp_path)}}}
    return tmp_path


# Tasks


def our_tasks() -> dict[str, object]:
    current_app.loader.import_default_modules()
    # Other tests make some of their own.
    found = {name: task for name, task in current_app.tasks.items() if not name.startswith("celery.")}
    return {name: task for name, task in found.items() if not task.__module__.startswith(("tests.", "test_"))}


def test_a_task_belongs_to_a_commune_or_says_that_it_does_not() -> None:
    found = our_tasks()

    assert {name for name, task in found.items() if not isinstance(task, CommuneTask)} == REGISTRY_TASKS


def test_no_task_of_a_commune_runs_without_one(demo: Commune, buchelay: Commune) -> None:
    for name in sorted(our_tasks().keys() - REGISTRY_TASKS):
        with unchanged(demo, buchelay), pytest.raises(context.NoCommune, match=name):
            current_app.tasks[name].apply(throw=True)


def test_no_task_runs_in_a_commune_that_does_not_exist(demo: Commune) -> None:
    with unchanged(demo), pytest.raises(queries.UnknownCommune):
        tasks.purge.apply(headers={"commune": "ailleurs"}, throw=True)


def test_a_task_works_in_its_own_commune(ours: Town, theirs: Town) -> None:
    for one in (ours, theirs):
        assert one.household
        one.browser().post("/difficultes/", {"email": one.email})

    with unchanged(ours.commune):
        tasks.answer_recoveries.apply(headers={"commune": theirs.commune.slug}, throw=True)

    with theirs.inside():
        assert [message.address for message in OutboxMessage.objects.all()] == [theirs.email]


def test_a_task_sent_from_a_commune_says_which(ours: Town) -> None:
    with ours.inside():
        tasks.purge.delay()

    broker = redis.Redis.from_url(running.CELERY_BROKER_URL)
    [message] = broker.lrange("lps:lps", 0, -1)
    broker.close()
    assert json.loads(message)["headers"]["commune"] == "demo"


# Caches


def test_a_cache_key_of_one_commune_is_unknown_in_the_other(ours: Town, theirs: Town) -> None:
    with ours.inside():
        cache.set("essai", "à nous")

    with theirs.inside():
        assert cache.get("essai") is None
        cache.set("essai", "à eux")
        cache.delete("essai")
    with context.public():
        assert cache.get("essai") is None
    with ours.inside():
        assert cache.get("essai") == "à nous"


def test_what_the_process_keeps_of_a_catalogue_is_its_own_communes(ours: Town, theirs: Town) -> None:
    with ours.inside():
        first = catalogue.read()
    with theirs.inside():
        second = catalogue.read()

    assert "Cantine" in {one.name for one in second.activities.values()}
    assert "Cantine" not in {one.name for one in first.activities.values()}
    with ours.inside(), counted() as made:
        assert catalogue.read() is first
    assert len(made) == 1, "its stamp alone is read again"


# Files


def test_a_file_of_one_commune_does_not_exist_in_the_other(ours: Town, theirs: Town, files: Path) -> None:
    with theirs.inside():
        default_storage.save("factures/1.pdf", ContentFile(b"theirs"))

    with ours.inside():
        assert not default_storage.exists("factures/1.pdf")
        assert default_storage.listdir("factures") == ([], [])
        with pytest.raises(FileNotFoundError):
            default_storage.open("factures/1.pdf")
        default_storage.delete("factures/1.pdf")
        default_storage.save("factures/1.pdf", ContentFile(b"ours"))
    with theirs.inside(), default_storage.open("factures/1.pdf") as file:
        assert file.read() == b"theirs"


@pytest.mark.parametrize(
    "way", ["../{}/essai.txt", "essai/../../{}/essai.txt", "{root}/{}/essai.txt", "..\\{}\\essai.txt"]
)
def test_no_name_leads_to_the_other_communes_folder(ours: Town, theirs: Town, files: Path, way: str) -> None:
    with theirs.inside():
        default_storage.save("essai.txt", ContentFile(b"theirs"))
    name = way.format(theirs.commune.schema_name, root=files)

    with ours.inside():
        for use in (default_storage.open, default_storage.exists, default_storage.delete, default_storage.size):
            with pytest.raises(SuspiciousFileOperation):
                use(name)
        with pytest.raises(SuspiciousFileOperation):
            default_storage.save(name, ContentFile(b"ours"))
    assert (files / theirs.commune.schema_name / "essai.txt").read_bytes() == b"theirs"


def test_the_address_of_a_logo_shows_nothing_in_the_other_commune(ours: Town, theirs: Town, files: Path) -> None:
    drawn = BytesIO()
    Image.new("RGB", (8, 8), "red").save(drawn, "PNG")
    with theirs.inside():
        town.save_logo(content=drawn.getvalue())
        version = theirs.browser().get("/").content.decode().partition("/logo?v=")[2][:16]

    assert theirs.browser().get(f"/logo?v={version}").status_code == 200
    assert ours.browser().get(f"/logo?v={version}").status_code == 404


# Links, devices, rows carried over


def test_a_links_row_carried_over_opens_nothing(ours: Town, theirs: Town) -> None:
    token = theirs.link(FamilyLink.Purpose.CODES)
    with theirs.inside():
        link = FamilyLink.objects.get()
    with ours.inside():
        link.household, link.pk = ours.household, None
        link.save()

    with unchanged(ours.commune, theirs.commune):
        assert ours.browser().post(f"/difficultes/{token}/").status_code == 410
    assert theirs.browser().post(f"/difficultes/{token}/").status_code == 200


def test_a_device_known_in_one_commune_is_new_in_the_other(ours: Town, theirs: Town) -> None:
    """Even for the household that bears the same number there."""
    with theirs.inside():
        cookie = devices.stamp(theirs.household)
        assert devices.is_known(cookie, theirs.household)
    with ours.inside():
        town.change_settings(second_step=True)
        assert not devices.is_known(cookie, Household(pk=theirs.household.pk, generation=1))

    answer = ours.browser(lps_appareil=cookie).post("/", ours.codes)

    assert answer.status_code == 200 and "Regardez votre messagerie" in answer.content.decode()


def test_a_familys_rows_carried_over_open_no_door(ours: Town, theirs: Town) -> None:
    with theirs.inside():
        child, home = Child.objects.get(custodies__household=theirs.household), theirs.household
        custody = Custody.objects.get(household=home)
    with ours.inside():
        for row in (home, child, custody):
            row.save(force_insert=True)

        with pytest.raises(keys.KeyLost):
            Household.objects.get(pk=home.pk).family_code  # noqa: B018
    with unchanged(ours.commune, theirs.commune):
        assert ours.browser().post("/", theirs.codes).status_code == 200


@pytest.mark.parametrize("purpose", ["child_code", "family_code", "totp", "recovery", "address"])
def test_what_is_sealed_in_one_commune_opens_neither_in_the_other_nor_in_the_registry(
    ours: Town, theirs: Town, purpose: str
) -> None:
    with theirs.inside():
        sealed = keys.encrypt("secret", purpose=purpose)

    with ours.inside(), pytest.raises(keys.KeyLost):
        keys.decrypt(sealed, purpose=purpose)
    with context.public(), pytest.raises(keys.KeyLost):
        keys.decrypt(sealed, purpose=purpose)


# Messages


def test_a_message_leaves_from_its_own_commune(ours: Town, theirs: Town) -> None:
    assert theirs.household
    theirs.browser().post("/difficultes/", {"email": theirs.email})
    with theirs.inside():
        services.answer_recoveries()

    with ours.inside(), unchanged(ours.commune, theirs.commune):
        assert drain().sent == 0
    with theirs.inside():
        assert drain().sent == 1
        assert OutboxMessage.objects.get().state == State.SENT

    [sent] = mail.outbox
    assert sent.to == [theirs.email]
    assert "http://buchelay.localhost:8000/difficultes/" in sent.body and "demo" not in sent.body


def test_an_address_known_in_one_commune_is_unknown_in_the_other(ours: Town, theirs: Town) -> None:
    assert theirs.address and ours.household
    ours.browser().post("/difficultes/", {"email": theirs.email})

    with ours.inside():
        assert holders_of(theirs.email) == [] and households_of_email(theirs.email) == []
        with unchanged(theirs.commune):
            assert services.answer_recoveries() == 1
        assert not OutboxMessage.objects.exists()
        assert RecoveryRequest.objects.get().answered_at


def test_a_whole_visit_leaves_the_other_commune_and_the_registry_as_they_were(ours: Town, theirs: Town) -> None:
    with unchanged(theirs.commune):
        assert ours.receipt and ours.address and ours.data_request and ours.agent()
        ours.browser(lps_famille=ours.family).get("/donnees-personnelles/export.json")
        ours.browser(lps_famille=ours.family).post("/deconnexion/")


# Hosts, tables, the registry


@pytest.mark.parametrize("header", ["x-forwarded-host", "x-host", "forwarded", "x-original-host"])
def test_only_the_host_says_which_commune(ours: Town, theirs: Town, header: str) -> None:
    value = "host=buchelay.localhost" if header == "forwarded" else "buchelay.localhost"

    page = ours.browser().get("/", headers={header: value}).content.decode()

    assert "Mairie de démonstration" in page and "Buchelay" not in page


@pytest.mark.parametrize("host", ["DEMO.localhost", "demo.localhost.", "demo.localhost:8000"])
def test_a_host_may_be_spelled_otherwise(ours: Town, host: str) -> None:
    assert "Mairie de démonstration" in ours.browser().get("/", headers={"host": host}).content.decode()


@pytest.mark.parametrize(
    "host", ["demo.localhost.evil.example", "localhost", "xdemo.localhost", "demo.buchelay.localhost"]
)
def test_a_host_that_is_nobodys_lists_nothing(ours: Town, theirs: Town, host: str) -> None:
    answer = ours.browser().get("/", headers={"host": host})

    html = answer.content.decode()
    assert (answer.status_code, html) == (404, get_template("unknown_host.html").render())
    assert "<h1>Adresse inconnue</h1>" in html and "viewport" in html


def test_inside_a_commune_nothing_but_it_is_seen(in_demo: Commune) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT unnest(current_schemas(false))")
        assert [name for (name,) in cursor.fetchall()] == [in_demo.schema_name, "extensions"]


def models_of(apps_wanted: list[str], apps_left: list[str]) -> list[type]:
    return [
        model
        for config in apps.get_app_configs()
        if config.name in apps_wanted and config.name not in apps_left
        for model in config.get_models()
    ]


def test_no_table_of_the_registry_is_read_from_inside_a_commune(in_demo: Commune) -> None:
    found = models_of(running.SHARED_APPS, running.TENANT_APPS)

    assert Commune in found
    for model in found:
        with pytest.raises(ProgrammingError, match="does not exist"), transaction.atomic():
            model.objects.exists()


def test_no_table_of_a_commune_is_read_from_the_registry(db: None) -> None:
    found = models_of(running.TENANT_APPS, running.SHARED_APPS)

    assert Household in found
    with context.public():
        for model in found:
            with pytest.raises(ProgrammingError, match="does not exist"), transaction.atomic():
                model.objects.exists()


def test_every_table_of_a_commune_is_its_own(in_demo: Commune) -> None:
    """Those that the registry has too (accounts, audit) are no less the commune's."""
    for model in models_of(running.TENANT_APPS, []):
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s)::text", [model._meta.db_table])
            assert cursor.fetchone() == (model._meta.db_table,)
            cursor.execute(
                "SELECT 1 FROM pg_tables WHERE schemaname = %s AND tablename = %s",
                [in_demo.schema_name, model._meta.db_table],
            )
            assert cursor.fetchone(), model


def test_where_the_communes_own_table_is_missing_the_registrys_is_not_read_instead(ours: Town) -> None:
    vendor = operator()
    with ours.inside(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE accounts_account CASCADE")

    with pytest.raises(ProgrammingError, match="accounts_account"), transaction.atomic():
        ours.browser().post("/mairie/connexion/", vendor.proofs())
    with context.public():
        assert Account.objects.filter(pk=vendor.account.pk).exists()
