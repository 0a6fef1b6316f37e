"""Reads compiled once: the ORM takes longer to write a small SELECT than PostgreSQL to answer it.

    _TAKEN = Prepared(lambda: Booking.objects.filter(child=given("child"), day=any_of("days")))
    _TAKEN.instances(child=1, days=[monday, tuesday])

The queryset stays the one description of what is read. It is turned into SQL at its first use; later runs only put
their values in. Nothing that was read is kept, and no schema's name is in the text: it serves every commune.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import connection
from django.db.models import Field, Model, QuerySet, Value
from django.db.models.query import get_related_populators
from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=Model)


def given(name: str, output_field: "Field[Any, Any] | None" = None) -> Value:
    """The value called so at each run; look-ups of ranges want its field."""
    return _Given(name, "%s", output_field)


def any_of(name: str) -> Value:
    """One of the values in the list called so at each run: `filter(day=any_of("days"))`."""
    return _Given(name, "ANY(%s)")


class Prepared(Generic[M]):
    """A queryset, compiled once: of a `values_list` it gives `rows`, of models `instances`.

    Both raise KeyError for a value that is not given.
    """

    def __init__(self, build: Callable[[], "QuerySet[M, Any]"]) -> None:
        self._build = build

    def rows(self, **values: Any) -> list[Any]:
        """The tuples asked for."""
        compiled = self._compiled
        sent = [values[one.name] if isinstance(one, _Given) else one for one in compiled.parameters]
        with connection.cursor() as cursor:
            cursor.execute(compiled.sql, sent)
            found = cursor.fetchall()
        return [_converted(row, compiled.converters) for row in found] if compiled.converters else found

    def instances(self, **values: Any) -> list[M]:
        """The models, with those that they select along."""
        return [self._instance(row) for row in self.rows(**values)]

    def _instance(self, row: Sequence[Any]) -> M:
        shape = self._shape
        found: M = shape.model.from_db(connection.alias, shape.names, row[shape.columns])
        for populator in shape.populators:
            populator.populate(row, found)
        return found

    @cached_property
    def _compiled(self) -> "_Compiled":
        compiler = self._build().query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        converters = compiler.get_converters([column for column, _sql, _alias in compiler.select])
        return _Compiled(sql, tuple(parameters), converters, compiler)

    @cached_property
    def _shape(self) -> "_Shape":
        shape, select = self._compiled.compiler.klass_info, self._compiled.compiler.select
        columns = slice(shape["select_fields"][0], shape["select_fields"][-1] + 1)
        names = [column.target.attname for column, _sql, _alias in select[columns]]
        populators = get_related_populators(shape, select, connection.alias)  # type: ignore[call-arg]  # of Django 6
        return _Shape(shape["model"], columns, names, populators)


class _Given(Value):
    """Where a value goes; the compiler takes it along as if it were the parameter."""

    def __init__(self, name: str, template: str, output_field: "Field[Any, Any] | None" = None) -> None:
        super().__init__(None, output_field)
        self.name = name
        self.template = template

    def as_sql(self, _compiler: Any, _connection: Any) -> Any:
        return self.template, [self]


class _Compiled(NamedTuple):
    """The text, its parameters (a `_Given` where a value goes) and what columns pass through, by position."""

    sql: str
    parameters: tuple[Any, ...]
    converters: Mapping[int, Any]
    compiler: SQLCompiler


class _Shape(NamedTuple):
    """How a row becomes a model and those that it selects along, as Django's own querysets do it."""

    model: type[Any]
    columns: slice
    names: list[str]
    populators: list[Any]


def _converted(row: Sequence[Any], converters: Mapping[int, Any]) -> list[Any]:
    converted = list(row)
    for position, (steps, expression) in converters.items():
        for step in steps:
            converted[position] = step(converted[position], expression, connection)
    return converted
