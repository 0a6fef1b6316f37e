"""A line of the file understood: a child, its class, its household and guardians; or what is wrong with it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from lps.families import codes, phones
from lps.families.importing import dates
from lps.families.importing.columns import BY_KEY, Mapped
from lps.families.importing.reading import Table
from lps.families.rules import food, postal
from lps.kernel import spreadsheet
from notifications.addresses import BadAddress, clean_email

Value = TypeVar("Value")

_LENGTHS = {
    "school": 100, "school_class": 40, "level": 10, "teacher": 90, "child_last_name": 80, "child_first_name": 60,
    "household": 80, "street": 200, "postal_code": 10, "city": 80,
    "last_name_1": 80, "first_name_1": 60, "last_name_2": 80, "first_name_2": 60, "title_1": 10, "title_2": 10,
}  # fmt: skip
_FORMULA = ("=", "+", "-", "@")  # a spreadsheet that opens an export would run it


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a line: the column's name and a code, with the value's own facts left out of logs."""

    line: int
    column: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardianLine:
    title: str
    last_name: str
    first_name: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One child in one household; a child of two households has two lines."""

    number: int
    school: str
    school_class: str
    level: str
    teacher_title: str
    teacher_name: str
    last_name: str
    first_name: str
    birth_date: date | None
    child_code: str
    diets: tuple[str, ...]
    household: str
    family_code: str
    street: str
    postal_code: str
    city: str
    guardians: tuple[GuardianLine, ...]

    @property
    def is_seated(self) -> bool:
        """Whether it tells a class; one that does not leaves a child where it sits."""
        return bool(self.school_class)


@dataclass(slots=True)
class Understood:
    """The lines that can be written, those whose postal code was given its nought back, and what is wrong elsewhere."""

    lines: list[Line] = field(default_factory=list)
    completed: list[Line] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)


def understand(table: Table, mapped: Mapped, *, today: date, region: str = "FR") -> Understood:
    """Read every line; `today` bounds the births, `region` is where telephone numbers are short."""
    done = Understood()
    for number, row in table.rows:
        reader = _Reader(
            number, {key: row[place] if place < len(row) else "" for key, place in mapped.items()}, today, region
        )
        line = reader.line()
        if reader.wrong:
            done.wrong += reader.wrong
        else:
            done.lines.append(line)
            if reader.completes_postal_code:
                done.completed.append(line)
    return done


class _Reader:
    """Reads the cells of one line, and remembers what is wrong."""

    def __init__(self, number: int, cells: Mapping[str, str], today: date, region: str) -> None:
        self.number, self.cells, self.today, self.region = number, cells, today, region
        self.wrong: list[Wrong] = []
        self.completes_postal_code = False

    def line(self) -> Line:
        title, _, name = self.text("teacher").partition(" ")
        school, school_class = self.seat()
        return Line(
            number=self.number,
            school=school,
            school_class=school_class,
            level=self.text("level") or school_class[:10],
            teacher_title=title[:10] if name else "",
            teacher_name=name or title,
            last_name=self.needed("child_last_name"),
            first_name=self.needed("child_first_name"),
            birth_date=self.read("birth_date", self._birth),
            child_code=self.read("child_code", self._code) or "",
            diets=self.read("diets", self._diets) or (),
            household=self.needed("household"),
            family_code=self.read("family_code", self._code) or "",
            street=self.text("street"),
            postal_code=self.read("postal_code", self._postal_code) or "",
            city=self.text("city"),
            guardians=tuple(guardian for rank in (1, 2) if (guardian := self.guardian(rank))),
        )

    def seat(self) -> tuple[str, str]:
        """A school and a class, or neither: a child may sit nowhere, as an export tells it."""
        school, school_class = self.text("school"), self.text("school_class")
        for key, value, other in (("school", school, school_class), ("school_class", school_class, school)):
            if other and not value:
                self.refuse(key, "needed")
        return school, school_class

    def guardian(self, rank: int) -> GuardianLine | None:
        needed = self.needed if rank == 1 else self.text
        last_name, first_name = needed(f"last_name_{rank}"), needed(f"first_name_{rank}")
        email = self.read(f"email_{rank}", self._email) or ""
        phone = self.read(f"phone_{rank}", self._phone) or ""
        if not last_name and not first_name:
            if rank == 2 and (email or phone):
                self.refuse(f"last_name_{rank}", "needed")
            return None
        return GuardianLine(
            title=self.text(f"title_{rank}"), last_name=last_name, first_name=first_name, email=email, phone=phone
        )

    def text(self, key: str) -> str:
        """A cell; what an export made harmless is as it was before, a formula that nobody did is refused."""
        cell = self.cells.get(key, "")
        if cell.startswith(_FORMULA) and not key.startswith("phone"):
            self.refuse(key, "formula")
        value = spreadsheet.harmed(cell)
        if len(value) > _LENGTHS.get(key, 2000):
            self.refuse(key, "too_long")
        return value

    def needed(self, key: str) -> str:
        value = self.text(key)
        if not value:
            self.refuse(key, "needed")
        return value

    def read(self, key: str, reader: Callable[[str], Value]) -> Value | None:
        """A cell that must have a form, when it holds something."""
        value = self.text(key)
        if not value:
            return None
        try:
            return reader(value)
        except _Bad as bad:
            self.refuse(key, bad.code)
            return None

    def refuse(self, key: str, code: str) -> None:
        self.wrong.append(Wrong(self.number, BY_KEY[key].name, code))

    def _birth(self, value: str) -> date:
        born = dates.read(value, today=self.today)
        if born is None:
            raise _Bad("not_a_date")
        if not born.year >= 1900 or born > self.today or self.today.year - born.year > 25:
            raise _Bad("not_a_child")
        return born

    def _code(self, value: str) -> str:
        code = codes.clean(value)
        if not codes.looks_right(code):
            raise _Bad("not_a_code")
        return code

    def _postal_code(self, value: str) -> str:
        try:
            code = postal.of_spreadsheet(value)
        except postal.BadPostalCode:
            raise _Bad("not_a_postal_code") from None
        self.completes_postal_code = len(code) > len("".join(value.split()))
        return code

    def _email(self, value: str) -> str:
        try:
            return clean_email(value)
        except BadAddress:
            raise _Bad("not_an_email") from None

    def _phone(self, value: str) -> str:
        """In the international form (E.164)."""
        try:
            return phones.clean(value, region=self.region)
        except phones.BadPhone:
            raise _Bad("not_a_phone") from None

    def _diets(self, value: str) -> tuple[str, ...]:
        """Facts about food; the words of a religion are refused (CNIL)."""
        if food.names_religion(value):
            raise _Bad("religion")
        return tuple(dict.fromkeys(food.fact(part) for part in re.split(r"[,;/]", value) if part.strip()))


class _Bad(ValueError):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
