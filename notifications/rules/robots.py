"""A question that a person answers by ear, in words, and that no picture asks."""

from dataclasses import dataclass

_NUMBERS = (
    "zéro",
    "un",
    "deux",
    "trois",
    "quatre",
    "cinq",
    "six",
    "sept",
    "huit",
    "neuf",
    "dix",
    "onze",
    "douze",
    "treize",
    "quatorze",
    "quinze",
    "seize",
    "dix-sept",
    "dix-huit",
)
_HIGHEST = 9


@dataclass(frozen=True, slots=True)
class Sum:
    """Two numbers under ten, told in letters."""

    first: int
    second: int

    @property
    def words(self) -> str:
        """ "trois plus cinq"."""
        return f"{_NUMBERS[self.first]} plus {_NUMBERS[self.second]}"

    def is_answered_by(self, answer: str) -> bool:
        """Whether that is the sum, in digits or in letters."""
        said = answer.strip().casefold().replace(" ", "-")
        total = self.first + self.second
        return said in {str(total), _NUMBERS[total]}


def sum_of(number: int) -> Sum:
    """One of the questions, from any whole number."""
    return Sum(1 + number % _HIGHEST, 1 + number // _HIGHEST % _HIGHEST)
