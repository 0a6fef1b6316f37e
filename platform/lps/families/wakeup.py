"""The families' tasks by name: services never import them."""

from collections.abc import Sequence

ANSWER = "families.answer_recoveries"
PURGE = "families.purge"
IMPORT = "families.import"
LETTERS = "families.letters"

_after_schools: list[str] = []


def register_after_schools(task: str) -> None:
    """Have a task of an app to the left run once an import made schools or classes; called in its AppConfig."""
    if task not in _after_schools:
        _after_schools.append(task)


def after_schools() -> Sequence[str]:
    """The tasks to run once schools or classes were made."""
    return _after_schools
