"""A commune leaves as one file and comes back the same to the last byte; a changed file brings back nothing."""

import hashlib
import json
import os
import shutil
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from billing.models import Invoice
from lps.accounts.models import DoorSession
from lps.console import states
from lps.console.exporting import export_to
from lps.console.restoring import Restored, restore
from lps.console.services import CannotOpen, drop_commune
from lps.console.states import Wanted
from lps.families.models import HealthNote, Household
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from tenants import context, lines
from tenants.archive.manifest import BadArchive, Manifest
from tenants.fleet import versions
from tenants.keys import KeyLost
from tenants.models import Commune, CommuneState, Host, SchemaTemplate
from tenants.queries import commune_of_host, lines_of
from tests.accounts.factories import agent, browser, enter
from tests.isolation.cast import Town, here

PHRASE = "quatre mots que seule la mairie connaît"
BY = Actor.system("essai")


def exported(commune: Commune, path: Path) -> Manifest:
    return export_to(path=path, commune=commune, passphrase=PHRASE, by=BY, channel=Channel.AUTOMATIC)


def brought_back(path: Path, **others: Any) -> Restored:
    return restore(path=path, passphrase=others.pop("passphrase", PHRASE), by=BY, channel=Channel.AUTOMATIC, **others)


def erased(commune: Commune) -> None:
    """As if it had never been, in the transaction of the test: no trigger of its tables waits any more."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    with context.use(commune):
        default_storage.remove_all()
    drop_commune(slug=commune.slug)


@pytest.fixture
def cast(demo: Commune) -> Iterator[Town]:
    """Demo with an issued invoice, a payment, a document, a call, a campaign, an agent who is signed in."""
    cast = here(demo)
    with cast.inside():
        for made in (cast.billed, cast.payment, cast.absence, cast.health_note, cast.subscriber, cast.trial_call):
            assert made
        cast.agent()
        default_storage.save("essai/note.txt", ContentFile(b"une note\n"))
    yield cast
    with context.use(demo):
        shutil.rmtree(Path(default_storage.path("")), ignore_errors=True)


@pytest.fixture
def town(cast: Town) -> Commune:
    return cast.commune


def test_comes_back_with_the_same_counts_and_sums(town: Commune, tmp_path: Path) -> None:
    first = exported(town, tmp_path / "avant.zip")
    erased(town)

    restored = brought_back(tmp_path / "avant.zip").commune
    second = exported(restored, tmp_path / "apres.zip")

    assert (second.content, second.rows, second.files) == (first.content, first.rows, first.files)
    assert (second.tables, second.sequences) == (first.tables, first.sequences)
    assert first.rows > 1000 and first.files.number >= 2
    by_name = {table.name: table.rows for table in first.tables}
    assert by_name["billing_invoice"] and by_name["billing_invoiceline"] and by_name["booking_receipt"]
    with context.use(restored), default_storage.open("essai/note.txt") as kept:
        assert kept.read() == b"une note\n"


def test_what_is_written_once_still_is(town: Commune, tmp_path: Path) -> None:
    exported(town, tmp_path / "a.zip")
    erased(town)
    restored = brought_back(tmp_path / "a.zip").commune

    with context.use(restored), pytest.raises(IntegrityError, match="refuse_change"), transaction.atomic():
        Invoice.objects.update(number="F-2026-9")


def test_comes_back_suspended_with_its_addresses_and_numbers(town: Commune, tmp_path: Path) -> None:
    with context.public():
        Host.objects.create(domain="portail.exemple.fr", tenant=town, is_primary=False)
    lines.set_lines(commune=town, numbers=["+33123456789"])
    exported(town, tmp_path / "a.zip")
    erased(town)

    restored = brought_back(tmp_path / "a.zip").commune

    assert (restored.pk, restored.state, restored.header_name) == (town.pk, CommuneState.SUSPENDED, town.header_name)
    assert commune_of_host(host="portail.exemple.fr") == restored
    assert lines_of(restored) == ["+33123456789"]


def test_comes_back_under_another_name(town: Commune, tmp_path: Path) -> None:
    first = exported(town, tmp_path / "a.zip")
    erased(town)

    restored = brought_back(tmp_path / "a.zip", slug="demo-revenue").commune

    assert (restored.schema_name, restored.slug) == ("c_demo_revenue", "demo-revenue")
    assert exported(restored, tmp_path / "b.zip").content == first.content


def test_what_was_sealed_opens_again(cast: Town, tmp_path: Path) -> None:
    with cast.inside():
        code, words = cast.household.family_code, cast.health_note.opened
        pk, note = cast.household.pk, cast.health_note.pk
    exported(cast.commune, tmp_path / "a.zip")
    erased(cast.commune)

    restored = brought_back(tmp_path / "a.zip").commune

    with context.use(restored):
        assert Household.objects.get(pk=pk).family_code == code
        assert HealthNote.objects.get(pk=note).opened == words


def test_whoever_was_signed_in_signs_in_again_with_the_same_password_and_telephone(cast: Town, tmp_path: Path) -> None:
    somebody = agent(cast.commune)
    exported(cast.commune, tmp_path / "a.zip")
    erased(cast.commune)

    restored = brought_back(tmp_path / "a.zip").commune
    states.change_state(slug=restored.slug, wanted=Wanted(CommuneState.ACTIVE), by=BY)

    with context.use(restored):
        assert not DoorSession.objects.exists()
    assert enter(browser(restored), somebody).status_code == 302


def test_another_passphrase_brings_back_nothing(town: Commune, tmp_path: Path) -> None:
    exported(town, tmp_path / "a.zip")
    erased(town)

    with pytest.raises(KeyLost):
        brought_back(tmp_path / "a.zip", passphrase="une autre phrase que personne")

    assert left(town) == (False, False)


def left(town: Commune) -> tuple[bool, bool]:
    """Whether a registry row and a schema stand."""
    with context.public(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = %s", [town.schema_name])
        return Commune.objects.filter(pk=town.pk).exists(), bool(cursor.fetchone()[0])


def changed(path: Path, name: str, change: Callable[[bytes], bytes], *, sums: bool = False) -> Path:
    """The archive with one member changed, and its sums too for a forger who knows them."""
    other = path.with_name("autre.zip")
    with zipfile.ZipFile(path) as source:
        members = {one: source.read(one) for one in source.namelist()}
    members[name] = change(members[name])
    if sums:
        told = json.loads(members["manifeste.json"])
        digest = hashlib.sha256(members[name]).hexdigest()
        lines_of_sums = [line for line in members["SHA256SUMS"].decode().splitlines() if not line.endswith(f"  {name}")]
        members["SHA256SUMS"] = "\n".join([*lines_of_sums, f"{digest}  {name}", ""]).encode()
        told["sums"] = hashlib.sha256(members["SHA256SUMS"]).hexdigest()
        for table in told["tables"]:
            if name == f"sql/{table['name']}.sql":
                table["sql"] = digest
        members["manifeste.json"] = json.dumps(told).encode()
    with zipfile.ZipFile(other, "w") as target:
        for one, content in members.items():
            target.writestr(one, content)
    return other


@pytest.mark.parametrize(
    ("name", "sums", "code"),
    [("sql/families_child.sql", False, "changed"), ("sql/families_child.sql", True, "forged"),
     ("fichiers/essai/note.txt", False, "changed"), ("SHA256SUMS", False, "changed"),
     ("manifeste.json", False, "no_archive")],
)  # fmt: skip
def test_a_changed_archive_brings_back_nothing(town: Commune, tmp_path: Path, name: str, sums: bool, code: str) -> None:
    exported(town, tmp_path / "a.zip")
    other = changed(tmp_path / "a.zip", name, lambda raw: raw.replace(b"e", b"a"), sums=sums)
    erased(town)

    with pytest.raises(BadArchive) as refused:
        brought_back(other)

    assert (refused.value.code, left(town)) == (code, (False, False))


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, db: None) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 et le reste")

    with pytest.raises(CommandError, match="n'est pas un export de commune"):
        call_command("commune", "import", str(tmp_path / "a.zip"), passphrase_file=str(phrase(tmp_path)))


def test_is_not_brought_back_beside_itself(town: Commune, tmp_path: Path) -> None:
    exported(town, tmp_path / "a.zip")

    with pytest.raises(CannotOpen, match="encore là"):
        brought_back(tmp_path / "a.zip", slug="jumelle")


def test_an_older_archive_comes_back_by_its_own_structure(
    town: Commune, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = exported(town, tmp_path / "a.zip")
    erased(town)
    with context.public():
        SchemaTemplate.objects.update(statements="SELECT 'the code of now'")
    now = versions.on_disk() | {("voice", "9999_later")}
    monkeypatch.setattr(versions, "on_disk", lambda: now)

    restored = brought_back(tmp_path / "a.zip", slug="ancienne", trusts_structure=True).commune

    assert restored.schema_name == "c_ancienne"
    assert exported(restored, tmp_path / "b.zip").content == first.content


def test_the_sql_of_an_older_archive_runs_only_on_the_operators_word(
    town: Commune, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported(town, tmp_path / "a.zip")
    erased(town)
    now = versions.on_disk() | {("voice", "9999_later")}
    monkeypatch.setattr(versions, "on_disk", lambda: now)

    with pytest.raises(CommandError, match="--structure-connue"):
        call_command("commune", "import", str(tmp_path / "a.zip"), passphrase_file=str(phrase(tmp_path)))
    assert left(town) == (False, False)


def test_sheets_are_for_people(cast: Town, tmp_path: Path) -> None:
    with cast.inside():
        Household.objects.filter(pk=cast.household.pk).update(name="=1+1")
    exported(cast.commune, tmp_path / "a.zip")

    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        families = archive.read("csv/families_household.csv").decode("utf-8-sig").splitlines()
        accounts = archive.read("csv/accounts_account.csv").decode("utf-8-sig")
        messages = archive.read("csv/journal_auditentry.csv").decode("utf-8-sig")
        assert "LISEZ-MOI.txt" in archive.namelist()
    assert "code postal" in families[0] and "empreinte" not in families[0]
    assert any("'=1+1" in line for line in families)
    assert "argon2" not in accounts and "pbkdf2" not in accounts and "adresse e-mail" in accounts
    assert "mairie" in messages


def phrase(folder: Path) -> Path:
    (folder / "phrase").write_text(f"{PHRASE}\n")
    return folder / "phrase"


def test_two_commands_do_it(town: Commune, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, secret = str(tmp_path / "demo.zip"), str(phrase(tmp_path))

    call_command("commune", "export", "demo", file, passphrase_file=secret)
    erased(town)
    call_command("commune", "import", file, passphrase_file=secret)

    said = capsys.readouterr().out
    digests = [line.rpartition(" ")[2] for line in said.splitlines() if line.startswith("Empreinte du contenu")]
    assert len(digests) == 2 and digests[0] == digests[1]
    assert "suspendue" in said


def test_a_command_says_what_is_wrong(town: Commune, tmp_path: Path) -> None:
    file, secret = str(tmp_path / "demo.zip"), str(phrase(tmp_path))
    (tmp_path / "courte").write_text("courte")

    for arguments, sentence in (
        (("export", "nulle-part", file), "Aucune commune"),
        (("export", "demo", str(tmp_path / "rien" / "x.zip")), "ne peut pas être écrit"),
        (("import", file), "ne peut pas être lu"),
    ):
        with pytest.raises(CommandError, match=sentence):
            call_command("commune", *arguments, passphrase_file=secret)
    with pytest.raises(CommandError, match="16 à 200"):
        call_command("commune", "export", "demo", file, passphrase_file=str(tmp_path / "courte"))


def test_without_a_terminal_the_command_says_how_to_give_the_passphrase(
    town: Commune, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody_types(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("lps.console.management.commands.commune.getpass", nobody_types)

    with pytest.raises(CommandError, match="--passphrase-file"):
        call_command("commune", "export", "demo", str(tmp_path / "demo.zip"))
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_the_commune(town: Commune, tmp_path: Path) -> None:
    with context.use(town), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_auditentry (at, actor_kind, actor_key, actor_label, channel, action, subject,"
            " request_id, after) SELECT now(), 'system', '', '', 'web', 'essai', 'essai', '',"
            " to_jsonb(repeat(md5(n::text), 12)) FROM generate_series(1, 40000) n"
        )
        default_storage.save("essai/lourd.bin", ContentFile(os.urandom(1 << 20) * 24))
    erase_and_restore = peaks(town, tmp_path)

    assert max(erase_and_restore) < 8 << 20  # the rows are 20 MB as text, the file 24


def peaks(town: Commune, folder: Path) -> list[int]:
    """The most that Python held at once: exporting, then bringing back."""
    found = []
    tracemalloc.start()
    try:
        exported(town, folder / "a.zip")
        found.append(tracemalloc.get_traced_memory()[1])
        erased(town)
        tracemalloc.reset_peak()
        brought_back(folder / "a.zip")
        found.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()
    return found
