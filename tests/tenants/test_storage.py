"""One contract, two storages: the local disk and S3."""

import errno
import socketserver
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.utils.module_loading import import_string
from moto.server import ThreadedMotoServer

from tenants import context
from tenants.models import Commune
from tenants.storage import BadStorageSettings, is_away, storages_setting
from tenants.storage.names import NoPublicAddress, StorageAway
from tenants.storage.s3 import _CLIENT, CommuneS3Storage

BUCKET = "communes"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    client.create_bucket(Bucket=BUCKET)
    client.close()
    yield endpoint
    server.stop()


@pytest.fixture(params=["disk", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """A storage built as the settings build it."""
    if request.param == "disk":
        env = {"LPS_DATA_DIR": str(tmp_path)}
    else:
        endpoint = request.getfixturevalue("s3_endpoint")
        env = {"S3_ENDPOINT_URL": endpoint, "S3_BUCKET": BUCKET, "S3_REGION": "us-east-1", **KEYS}
    entry = storages_setting(env)["default"]
    return import_string(entry["BACKEND"])(**entry["OPTIONS"])  # type: ignore[index]


@pytest.fixture
def town(demo: Commune) -> Iterator[Commune]:
    with context.use(demo):
        yield demo


def read(storage: Storage, name: str) -> bytes:
    with storage.open(name) as file:
        return bytes(file.read())


def test_reads_back_what_was_saved(storage: Storage, town: Commune) -> None:
    name = storage.save("contrat/logo.svg", ContentFile(b"<svg/>"))

    assert name == "contrat/logo.svg"
    assert storage.exists(name)
    assert read(storage, name) == b"<svg/>"
    assert storage.size(name) == 6
    assert storage.get_modified_time(name).tzinfo


def test_a_second_save_replaces_the_first(storage: Storage, town: Commune) -> None:
    storage.save("remplacer/a.txt", ContentFile(b"un plus long"))

    again = storage.save("remplacer/a.txt", ContentFile(b"deux"))

    assert again == "remplacer/a.txt"
    assert read(storage, again) == b"deux"


def test_lists_folders_and_files_in_order(storage: Storage, town: Commune) -> None:
    for name in ("liste/b.txt", "liste/a.txt", "liste/sous/c.txt"):
        storage.save(name, ContentFile(b"x"))

    assert storage.listdir("liste") == (["sous"], ["a.txt", "b.txt"])
    assert storage.listdir("jamais") == ([], [])
    assert "liste" in storage.listdir("")[0]


def test_a_deleted_file_is_gone(storage: Storage, town: Commune) -> None:
    storage.save("effacer/a.txt", ContentFile(b"x"))

    storage.delete("effacer/a.txt")
    storage.delete("effacer/a.txt")

    assert not storage.exists("effacer/a.txt")
    with pytest.raises(FileNotFoundError):
        read(storage, "effacer/a.txt")


def test_all_files_of_a_commune_go_at_once_and_nobody_elses(storage: Storage, demo: Commune, buchelay: Commune) -> None:
    for commune in (demo, buchelay):
        with context.use(commune):
            for name in ("tout/a.txt", "tout/sous/b.txt", "racine.txt"):
                storage.save(name, ContentFile(b"x"))

    with context.use(demo):
        storage.remove_all()  # type: ignore[attr-defined]
        storage.remove_all()  # type: ignore[attr-defined]
        assert storage.listdir("") == ([], [])

    with context.use(buchelay):
        assert (storage.exists("racine.txt"), storage.listdir("tout")) == (True, (["sous"], ["a.txt"]))


def test_a_file_larger_than_what_memory_holds_comes_back_whole(storage: Storage, town: Commune) -> None:
    large = bytes(range(256)) * 20_000  # five megabytes
    storage.save("gros/archive.zip", ContentFile(large))

    with storage.open("gros/archive.zip") as kept:
        parts = list(kept.chunks(chunk_size=1_000_000))
        kept.seek(4_500_000)
        end = kept.read()

    assert len(parts) > 1 and b"".join(parts) == large
    assert end == large[4_500_000:]


class Torn(ContentFile):  # type: ignore[type-arg]
    """What a full disk cuts short."""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        yield b"la moiti"
        raise OSError(errno.ENOSPC, "No space left on device")


def test_on_a_full_disk_what_was_there_stays_whole_and_the_cause_is_told(tmp_path: Path, town: Commune) -> None:
    entry = storages_setting({"LPS_DATA_DIR": str(tmp_path)})["default"]
    disk = import_string(entry["BACKEND"])(**entry["OPTIONS"])  # type: ignore[index]
    disk.save("logo.svg", ContentFile(b"<svg/>"))

    with pytest.raises(StorageAway, match="No space left on device") as refused:
        disk.save("logo.svg", Torn(b"<svg>autre</svg>"))

    assert is_away(refused.value)  # families read that a part of the portal does not answer, and to come back
    assert read(disk, "logo.svg") == b"<svg/>"
    assert disk.listdir("") == ([], ["logo.svg"])


def test_a_commune_never_sees_the_files_of_another(storage: Storage, demo: Commune, buchelay: Commune) -> None:
    with context.use(demo):
        storage.save("voisin/secret.txt", ContentFile(b"demo"))

    with context.use(buchelay):
        assert not storage.exists("voisin/secret.txt")
        assert storage.listdir("voisin") == ([], [])
        storage.save("voisin/secret.txt", ContentFile(b"buchelay"))
        storage.delete("voisin/secret.txt")

    with context.use(demo):
        assert read(storage, "voisin/secret.txt") == b"demo"


@pytest.mark.parametrize(
    "shape",
    [
        "../{other}/secret.txt",
        "a/../../{other}/secret.txt",
        "a/../secret.txt",
        "/{other}/secret.txt",
        "..\\{other}\\secret.txt",
        "./secret.txt",
        "a//secret.txt",
        "secret.txt\x00.svg",
        "..",
        "",
    ],
)
def test_refuses_a_name_that_could_leave_the_commune(
    storage: Storage, demo: Commune, buchelay: Commune, shape: str
) -> None:
    with context.use(buchelay):
        storage.save("secret.txt", ContentFile(b"buchelay"))
    name = shape.format(other=buchelay.schema_name)

    with context.use(demo):
        for attempt in (storage.open, storage.exists, storage.delete, storage.size, storage.get_modified_time):
            with pytest.raises(SuspiciousFileOperation):
                attempt(name)
        with pytest.raises(SuspiciousFileOperation):
            storage.save(name, ContentFile(b"demo", name=name))
        if name:
            with pytest.raises(SuspiciousFileOperation):
                storage.listdir(name)

    with context.use(buchelay):
        assert read(storage, "secret.txt") == b"buchelay"


def test_refuses_a_file_without_a_name(storage: Storage, town: Commune) -> None:
    with pytest.raises(SuspiciousFileOperation):
        storage.save(None, ContentFile(b"x"))


def test_refuses_outside_of_any_commune(storage: Storage, db: None) -> None:
    with context.public():
        for attempt in (storage.open, storage.exists, storage.delete, storage.listdir):
            with pytest.raises(context.NoCommune):
                attempt("a.txt")
        with pytest.raises(context.NoCommune):
            storage.save("a.txt", ContentFile(b"x"))


def test_gives_no_public_address(storage: Storage, town: Commune) -> None:
    storage.save("adresse.txt", ContentFile(b"x"))

    with pytest.raises(NoPublicAddress):
        storage.url("adresse.txt")


def test_files_on_disk_are_for_our_user_alone(tmp_path: Path, town: Commune) -> None:
    entry = storages_setting({"LPS_DATA_DIR": str(tmp_path)})["default"]
    disk = import_string(entry["BACKEND"])(**entry["OPTIONS"])  # type: ignore[index]

    disk.save("sous/a.txt", ContentFile(b"x"))

    saved = tmp_path / "files" / town.schema_name / "sous" / "a.txt"
    assert saved.stat().st_mode & 0o077 == 0
    assert saved.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("env", [{}, {"S3_ENDPOINT_URL": "https://s3.example"}])
def test_an_incomplete_environment_is_refused(env: dict[str, str]) -> None:
    with pytest.raises(BadStorageSettings):
        storages_setting(env)


def test_what_is_shared_is_the_same_for_every_commune(
    storage: Storage, demo: Commune, buchelay: Commune, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    env = {"LPS_DATA_DIR": str(tmp_path)}
    if "s3" in request.node.name:
        env = {"S3_ENDPOINT_URL": request.getfixturevalue("s3_endpoint"), "S3_BUCKET": BUCKET, **KEYS}
    entry = storages_setting(env)["shared"]
    shared = import_string(entry["BACKEND"])(**entry["OPTIONS"])  # type: ignore[index]

    shared.save("voice/one.wav", ContentFile(b"for all"))

    for commune in (demo, buchelay):
        with context.use(commune):
            assert shared.read("voice/one.wav") == b"for all" and shared.read("voice/two.wav") is None
            assert storage.read("voice/one.wav") is None  # type: ignore[attr-defined]
    shared.delete("voice/one.wav")


USES: dict[str, Callable[[Any], object]] = {
    "save": lambda files: files.save("essai/1.txt", ContentFile(b"1")),
    "open": lambda files: files.open("essai/1.txt"),
    "read": lambda files: files.read("essai/1.txt"),
    "delete": lambda files: files.delete("essai/1.txt"),
    "exists": lambda files: files.exists("essai/1.txt"),
    "listdir": lambda files: files.listdir("essai"),
    "size": lambda files: files.size("essai/1.txt"),
    "get_modified_time": lambda files: files.get_modified_time("essai/1.txt"),
    "remove_all": lambda files: files.remove_all(),
    "check_ready": lambda files: files.check_ready(),
}


class Refusing(BaseHTTPRequestHandler):
    """A bucket whose key has ended."""

    def _refuse(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(403)
        told = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>" * (self.command != "HEAD")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing to tell."""

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _refuse


@pytest.fixture(scope="module")
def refusing() -> Iterator[CommuneS3Storage]:
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        keys = {"access_key": "test", "secret_key": "test", "region_name": "us-east-1"}
        yield CommuneS3Storage(endpoint_url=f"http://127.0.0.1:{server.server_port}", bucket_name=BUCKET, **keys)
        server.shutdown()


@pytest.mark.parametrize("use", USES)
def test_a_bucket_that_refuses_us_is_away(refusing: CommuneS3Storage, town: Commune, use: str) -> None:
    with pytest.raises(StorageAway, match="403|AccessDenied"):
        USES[use](refusing)


@pytest.mark.parametrize("use", ["open", "size", "get_modified_time"])
def test_what_is_not_there_is_not_there(storage: Storage, town: Commune, use: str) -> None:
    with pytest.raises(FileNotFoundError):
        USES[use](storage)


class Hanging(socketserver.BaseRequestHandler):
    """A bucket that takes what is asked, and never answers."""

    asked = 0

    def handle(self) -> None:
        type(self).asked += 1
        while self.request.recv(65536):
            pass


def test_a_bucket_that_hangs_is_asked_twice_and_no_more(town: Commune, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_CLIENT, "read_timeout", 0.3)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Hanging) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        where = f"http://127.0.0.1:{server.server_address[1]}"
        storage = CommuneS3Storage(endpoint_url=where, bucket_name=BUCKET, access_key="test", secret_key="test")
        with pytest.raises(StorageAway, match="timed out|timeout"):
            storage.save("essai/1.txt", ContentFile(b"1"))
        server.shutdown()

    assert Hanging.asked == 2
