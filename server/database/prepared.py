"""Statements of the hot path: built by Core, compiled once, then given to the driver's own cursor.

Core spends more on each execution than SQLite does on most of them: it makes the key of its cache,
a context and a result, and looks at every parameter of every row. What every sync runs is written
as a ``Prepared`` at module level instead; columns still get and give what their types say, and an
error is SQLAlchemy's (docs/adr/0014). Everything else stays with Core, which reads better.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, TypeVar, cast
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, InvalidRequestError, MultipleResultsFound
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler

SHAPES_MAX: Final = 200
"""How many forms of a statement are kept; each length of a list makes one."""

T = TypeVar("T")
Values = Mapping[str, Any]
_Convert = Callable[[Sequence[Any]], Sequence[Any]]
"""Converts a column: the values of one name in all rows."""
_Shape = tuple[str, tuple[str, ...], tuple[int, ...]]
"""What a compiled statement depends on: dialect, names of the values, lengths of the lists."""


class _Compiled(msgspec.Struct, frozen=True):
    sql: str
    fixed: Values
    """What the statement itself holds, such as a literal."""
    spread: Mapping[str, tuple[Sequence[str], _Convert | None]]
    """The names that stand for each list, and how its members are converted, all at once."""
    binds: tuple[tuple[str, _Convert | None], ...]
    is_positional: bool
    columns: tuple[tuple[str, sa.types.TypeEngine[Any]], ...]
    gives: list[tuple[_Convert | None, ...]]
    """How the columns of a row become values; known once the driver has said what it gives."""


class Prepared:
    """One statement, or one for each dialect where they differ.

    Values go by name: those of its ``bindparam``, or for an INSERT those of its columns. A list
    belongs to a ``bindparam(expanding=True)``. Runs inside a transaction that somebody else began.
    """

    def __init__(self, statement: sa.Executable | Mapping[str, sa.Executable]) -> None:
        self._statements = statement if isinstance(statement, Mapping) else {"": statement}
        self._lists = frozenset[str]().union(*map(_lists_in, self._statements.values()))
        self._compiled: dict[_Shape, _Compiled] = {}

    def run(self, db: sa.Connection, values: Values) -> None:
        """Run it once.

        Raises:
            DBAPIError: as from Core.
        """
        compiled = self._compile(db, values)
        _execute(db, compiled.sql, _bound_once(compiled, values))

    def run_many(self, db: sa.Connection, rows: Sequence[Values]) -> None:
        """Run it for each of these rows, all of the same names; none is no execution.

        Raises:
            DBAPIError: as from Core.
        """
        if rows:
            compiled = self._compile(db, rows[0])
            _execute(db, compiled.sql, _bound(compiled, rows), many=True)

    def rows(self, db: sa.Connection, values: Values) -> list[dict[str, Any]]:
        """Run it and give what it found, by the names of the columns.

        Raises:
            DBAPIError: as from Core.
        """
        compiled = self._compile(db, values)
        cursor = _execute(db, compiled.sql, _bound_once(compiled, values))
        found = cursor.fetchall()
        if not found:
            return []
        if not compiled.gives:
            compiled.gives.append(_results(db.dialect, compiled.columns, cursor.description))
        names = tuple(name for name, _type in compiled.columns)
        columns = [
            column if convert is None else convert(column)
            for convert, column in zip(compiled.gives[0], zip(*found, strict=True), strict=True)
        ]
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]

    def row(self, db: sa.Connection, values: Values) -> dict[str, Any] | None:
        """Run it and give the one row that it found, or None.

        Raises:
            DBAPIError: as from Core.
        """
        found = self.rows(db, values)
        if len(found) > 1:
            raise MultipleResultsFound(f"{len(found)} rows where one was asked for")
        return found[0] if found else None

    def records(self, db: sa.Connection, values: Values, record_type: type[T]) -> tuple[T, ...]:
        """Run it and give records, every field of which is checked.

        Raises:
            DBAPIError: as from Core.
        """
        return msgspec.convert(self.rows(db, values), tuple[record_type, ...])

    def record(self, db: sa.Connection, values: Values, record_type: type[T]) -> T | None:
        """Run it and give the one record that it found, or None.

        Raises:
            DBAPIError: as from Core.
        """
        row = self.row(db, values)
        return None if row is None else msgspec.convert(row, record_type)

    def _compile(self, db: sa.Connection, values: Values) -> _Compiled:
        lengths = tuple(len(values[name]) for name in self._lists)
        shape = (db.dialect.name, tuple(values), lengths)
        compiled = self._compiled.get(shape)
        if compiled is None:
            statements = self._statements
            if len(self._compiled) == SHAPES_MAX:
                self._compiled.clear()
            chosen = statements["" if "" in statements else db.dialect.name]
            compiled = self._compiled[shape] = _compile(chosen, db.dialect, values)
        return compiled


def _lists_in(statement: sa.Executable) -> frozenset[str]:
    """Name the values that are lists, which the SQL has as many placeholders for as members."""
    parts = visitors.iterate(cast("sa.ClauseElement", statement))
    return frozenset(
        part.key for part in parts if isinstance(part, sa.BindParameter) and part.expanding
    )


def run_text(db: sa.Connection, sql: str) -> None:
    """Run a statement that has no values, such as one that sets a savepoint.

    Raises:
        DBAPIError: as from Core.
    """
    _execute(db, sql, ())


def _compile(statement: sa.Executable, dialect: sa.Dialect, values: Values) -> _Compiled:
    clause = cast("sa.ClauseElement", statement)
    made = cast("SQLCompiler", clause.compile(dialect=dialect, column_keys=list(values)))
    state = made.construct_expanded_state(dict(values))
    names = state.positiontup if state.positiontup is not None else tuple(state.parameters)
    kinds = {name: bind.type for bind, name in made.bind_names.items()}
    converts = {name: _binding(kind, dialect) for name, kind in kinds.items()}
    for list_name, members in state.parameter_expansion.items():
        if isinstance(kinds[list_name], sa.types.TupleType):  # each place in a row has its own type
            converts |= {name: _processed(state.processors.get(name)) for name in members}
    returned = getattr(statement, "exported_columns", ())
    return _Compiled(
        sql=state.statement,
        fixed={
            name: made.params[name] for bind, name in made.bind_names.items() if not bind.required
        },
        spread={
            name: (members, converts[name]) for name, members in state.parameter_expansion.items()
        },
        binds=tuple((name, converts.get(name)) for name in names),
        is_positional=state.positiontup is not None,
        columns=tuple((str(column.key), column.type) for column in returned),
        gives=[],
    )


def _binding(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> _Convert | None:
    process = kind.dialect_impl(dialect).bind_processor(dialect)
    if process is None or isinstance(kind, sa.LargeBinary):  # the drivers take bytes as they are
        return None
    return _to_hex if isinstance(kind, sa.Uuid) else _processed(process)


def _results(
    dialect: sa.Dialect,
    columns: Iterable[tuple[str, sa.types.TypeEngine[Any]]],
    description: Sequence[Sequence[Any]],
) -> tuple[_Convert | None, ...]:
    return tuple(
        _giving(kind, dialect, described[1])
        for (_name, kind), described in zip(columns, description, strict=True)
    )


def _giving(
    kind: sa.types.TypeEngine[Any], dialect: sa.Dialect, described: object
) -> _Convert | None:
    process = kind.dialect_impl(dialect).result_processor(dialect, described)
    if process is None or isinstance(kind, sa.LargeBinary):
        return None
    return _from_hex if isinstance(kind, sa.Uuid) else _processed(process)


def _processed(process: Callable[[Any], Any] | None) -> _Convert | None:
    return None if process is None else lambda values: [process(value) for value in values]


def _to_hex(values: Sequence[UUID | None]) -> Sequence[str | None]:
    return [None if value is None else f"{value.int:032x}" for value in values]


def _from_hex(values: Sequence[str | None]) -> Sequence[UUID | None]:
    return msgspec.convert(values, list[UUID | None])  # five times as fast as one by one


def _bound_once(compiled: _Compiled, values: Values) -> Any:  # noqa: ANN401  as the driver takes it
    """Give the values of one execution."""
    given = {**compiled.fixed, **_spread(compiled, values)}
    bound = [
        given[name] if convert is None else convert((given[name],))[0]
        for name, convert in compiled.binds
    ]
    if compiled.is_positional:
        return tuple(bound)
    return {name: value for (name, _convert), value in zip(compiled.binds, bound, strict=True)}


def _bound(compiled: _Compiled, rows: Sequence[Values]) -> Sequence[Any]:
    """Give the values of many executions, converted column by column."""
    if compiled.spread or compiled.fixed:
        rows = [{**compiled.fixed, **_spread(compiled, row)} for row in rows]
    columns = [
        _converted(convert, list(map(itemgetter(name), rows))) for name, convert in compiled.binds
    ]
    bound = list(zip(*columns, strict=True))
    if compiled.is_positional:
        return bound
    names = [name for name, _convert in compiled.binds]
    return [dict(zip(names, row, strict=True)) for row in bound]


def _converted(convert: _Convert | None, values: Sequence[Any]) -> Sequence[Any]:
    """Convert a column; where all rows share one object, as those of a push often do, once."""
    if convert is None:
        return values
    first = values[0]
    if all(value is first for value in values):
        return list(convert((first,))) * len(values)
    return convert(values)


def _spread(compiled: _Compiled, values: Values) -> Values:
    """Put each member of a list under the name that stands for it."""
    if not compiled.spread:
        return values
    given = dict(values)
    for name, (names, convert) in compiled.spread.items():
        members = given.pop(name)
        if members and isinstance(members[0], tuple):
            members = [part for member in members for part in member]
        given.update(zip(names, convert(members) if convert else members, strict=True))
    return given


def _execute(db: sa.Connection, sql: str, values: Any, *, many: bool = False) -> Any:  # noqa: ANN401  a driver cursor
    """Give a statement to the driver; whoever listens to SQLAlchemy's cursors hears of it too."""
    if not db.in_transaction():
        raise InvalidRequestError("a prepared statement runs in a transaction; begin one")
    cursor: Any = db.connection.cursor()
    for listener in db.dispatch.before_cursor_execute:
        listener(db, cursor, sql, values, None, many)
    try:
        (cursor.executemany if many else cursor.execute)(sql, values)
    except Exception as error:
        raise _as_core_raises(db, sql, error) from error
    return cursor


def _as_core_raises(db: sa.Connection, sql: str, error: Exception) -> BaseException:
    """Wrap a driver's error as Core does; without the values, which may be somebody's data."""
    dialect = db.dialect
    base = dialect.loaded_dbapi.Error
    if not isinstance(error, base):
        return error
    is_gone = dialect.is_disconnect(error, db.connection.dbapi_connection, None)
    if is_gone:
        db.invalidate(error)
    return DBAPIError.instance(
        sql, None, error, base, connection_invalidated=is_gone, dialect=dialect
    )
