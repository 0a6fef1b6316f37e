"""A container recipe, read as its builder reads it: stages, instructions, what is copied from where."""

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IMAGE = ROOT / "deploy/image/Dockerfile"
ASTERISK = ROOT / "deploy/image/asterisk.Dockerfile"


@dataclass(slots=True)
class Stage:
    """One stage: its instructions in order."""

    base: str
    name: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def all(self, word: str) -> list[str]:
        return [rest for known, rest in self.instructions if known == word]

    def copied(self) -> list[tuple[str, list[str], str]]:
        """From which stage ("" for the checkout), what, and where to."""
        found = []
        for rest in self.all("COPY"):
            words = shlex.split(rest)
            options = dict(word[2:].split("=", 1) for word in words if word.startswith("--"))
            *sources, target = [word for word in words if not word.startswith("--")]
            found.append((options.get("from", ""), sources, target))
        return found

    def variables(self) -> dict[str, str]:
        return dict(word.split("=", 1) for rest in self.all("ENV") for word in shlex.split(rest))


def built(recipe: Path, name: str = "") -> Stage:
    """What is built: the last stage, or the one of that name, after all that stands before it in the same image."""
    found = {stage.name: stage for stage in stages(recipe)}
    last = found[name] if name else stages(recipe)[-1]
    if last.base not in found:
        return last
    before = built(recipe, last.base)
    return Stage(before.base, last.name, [*before.instructions, *last.instructions])


def stages(recipe: Path) -> list[Stage]:
    """The stages of a recipe, its first arguments put in."""
    found: list[Stage] = []
    arguments: dict[str, str] = {}
    for word, rest in _instructions(recipe.read_text()):
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            found.append(Stage(re.sub(r"\$\{(\w+)\}", lambda one: arguments[one[1]], base), name))
        elif found:
            found[-1].instructions.append((word, rest))
        else:
            assert word == "ARG", rest
            name, _, value = rest.partition("=")
            arguments[name] = value
    return found


def _instructions(text: str) -> list[tuple[str, str]]:
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\s*\\\n\s*", " ", "\n".join(lines))
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in joined.splitlines())]


def ignored(recipe: Path) -> list[str]:
    """What the builder is not given: the lines of the file beside the recipe."""
    text = recipe.with_name(f"{recipe.name}.dockerignore").read_text()
    return [line for line in text.splitlines() if line and not line.startswith("#")]
