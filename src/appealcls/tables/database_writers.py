"""Labels into a database: a new table, or new columns of the table that was read; all of it or nothing."""

import datetime as dt
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable, DropTable

from appealcls.errors import DataError, UsageError
from appealcls.tables.base import BATCH, Kind, Row
from appealcls.tables.connections import Database, Types, execute
from appealcls.tables.database import DatabaseTable, find_table
from appealcls.tables.staging import StagedWriter
from appealcls.tables.typed import has_zone, unique_names

__all__ = ["DatabaseColumns", "DatabaseWriter"]

_TYPES: Final[dict[Kind, Any]] = {
    bool: sa.Boolean, int: sa.BigInteger, float: sa.Double, dt.date: sa.Date, str: sa.Text,
}  # fmt: skip
_KEPT: Final = (
    sa.Boolean, sa.Date, sa.DateTime, sa.Float, sa.Integer, sa.Interval, sa.JSON, sa.LargeBinary, sa.Numeric, sa.String,
    sa.Time, sa.Uuid, postgresql.INTERVAL,
)  # fmt: skip


class _Untyped(sa.types.UserDefinedType[Any]):
    """A column of SQLite that keeps what it is given."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return ""


class DatabaseWriter(StagedWriter):
    """A new table. A SQLite file that is not there is made.

    MySQL and Oracle cannot take back a CREATE TABLE: there a run that is killed at its very end leaves an empty table.

    Parameters
    ----------
    url : str
        See :class:`appealcls.tables.connections.Database`.
    table : str
        With its schema where it is not the usual one: ``archive.labelled``.
    columns : sequence of str
        Names that are empty, repeated, or too long for the database are changed: PostgreSQL takes 31 Cyrillic letters.
    kinds : sequence of type
        Of each column.
    schema : Types, optional
        Of the table that the first columns come from: they keep their types, if the database is of the same sort.

    Raises
    ------
    UsageError
        If there is such a table.
    DataError
        If the database cannot be reached, or does not allow it: at the start, and at the end.
    """

    def __init__(self, url: str, table: str, columns: Sequence[str], kinds: Sequence[Kind], schema: Any = None) -> None:
        database = Database(url)
        super().__init__(database, f"the table {table} cannot be written")
        self._columns = list(columns)
        self._zoned = [has_zone(schema, place) for place in range(len(columns))]
        kept = schema.types if isinstance(schema, Types) and schema.dialect == database.dialect else ()
        self._kinds: list[Kind | None] = [
            None if place < len(kept) and _can_be_kept(kept[place]) else kind for place, kind in enumerate(kinds)
        ]
        types = []
        for place, (kind, zoned) in enumerate(zip(self._kinds, self._zoned, strict=True)):
            if kind is dt.datetime and zoned and database.dialect == "sqlite":
                self._kinds[place] = kind = str  # its moments have no zones
            types.append(kept[place] if kind is None else sa.DateTime(zoned) if kind is dt.datetime else _TYPES[kind])
        schema_name, name = self._place(table)
        names = unique_names(columns, database.longest_name)
        self._table = sa.Table(
            name, sa.MetaData(), *(sa.Column(*column) for column in zip(names, types, strict=True)), schema=schema_name
        )
        # A kept column of SQLite takes its cells as they were found, whatever it was declared as.
        bound = [
            sa.types.NullType() if kind is None and database.dialect == "sqlite" else type_
            for kind, type_ in zip(self._kinds, types, strict=True)
        ]
        target = sa.table(name, *map(sa.column, names, bound), schema=schema_name)
        self._insert = sa.insert(target).values({column: sa.bindparam(f"c{n}") for n, column in enumerate(target.c)})
        if database.file is None or database.file.is_file():
            self._probe([CreateTable(self._table)])
        elif not database.file.parent.is_dir():
            raise DataError(f"{database.file}: there is no folder {database.file.parent}")

    def _place(self, table: str) -> tuple[str | None, str]:
        """Schema and name of the new table."""
        if self._database.file is not None and not self._database.file.is_file():
            return None, table
        with self._database.connection(self._work) as connection:
            inspector = sa.inspect(connection)
            try:
                find_table(inspector, table)
            except UsageError:
                schema, dot, name = table.partition(".")
                return (schema, name) if dot and schema in inspector.get_schema_names() else (None, table)
        raise UsageError(
            f"{self._database.name}: there is a table «{table}» already: name another, or remove it "
            f"(DROP TABLE {self._database.quoted(table)})"
        )

    def write(self, rows: Iterable[Row]) -> None:
        """Append rows."""
        rows = iter(rows)
        while part := list(islice(rows, BATCH)):
            self._keep([
                [
                    cell if kind is None else self._fitted(cell, column, kind, zoned, number)
                    for cell, column, kind, zoned in zip(row, self._columns, self._kinds, self._zoned, strict=True)
                ]
                for number, row in enumerate(part, self._written)
            ])  # fmt: skip

    def _commit(self, connection: sa.Connection) -> None:
        connection.execute(CreateTable(self._table))
        for rows in self._kept():
            connection.execute(self._insert, rows)


class DatabaseColumns(StagedWriter):
    """New columns of the table that is read, filled by its key.

    Columns of these names that an earlier run has made are filled anew; they are known by being all there, but perhaps
    the last (``duplicate_of`` is not always wanted). If only some are there, they are somebody else's, and refused.
    Rows that come into the table while others are labelled stay as they are.

    Parameters
    ----------
    source : DatabaseTable
        A table with a key; not a view or a query.
    columns : sequence of str
        The added ones alone.
    kinds : sequence of type
        Of the added ones.

    Raises
    ------
    UsageError
        If the source has no key or is no table, or columns of these names are somebody else's.
    DataError
        If the database cannot be reached, or does not allow it: at the start, and at the end.
    """

    def __init__(self, source: DatabaseTable, columns: Sequence[str], kinds: Sequence[Kind]) -> None:
        database = source.database
        super().__init__(database, f"columns cannot be added to the table {source.table}")
        if source.table is None:
            raise UsageError("columns can be added to a table, not to a query: read it with --table")
        if not source.keys:
            raise UsageError(f"{source.table} has no primary key: name a column with different values with --key")
        with database.connection(self._work) as connection:
            if source.table_name not in sa.inspect(connection).get_table_names(source.schema_name):
                raise UsageError(f"{source.table} is a view: columns can only be added to a table")
        there = {name.casefold() for name in source.columns}
        missing = [column for column in columns if column.casefold() not in there]
        if len(missing) < len(columns) and missing not in ([], [columns[-1]]):
            taken = ", ".join(f"«{column}»" for column in columns if column not in missing)
            raise UsageError(
                f"the table {source.table} has columns {taken} that are not of an earlier run: rename them, or write "
                "a new table with --output-table"
            )
        self._columns, self._kinds, self._added = list(source.columns), list(kinds), list(columns)
        self._key_places = [source.columns.index(key) for key in source.keys]
        types = dict(zip(columns, (_TYPES[kind] for kind in kinds), strict=True))
        table = database.quoted(source.table_name, source.schema_name)
        self._alter = [
            f"ALTER TABLE {table} ADD COLUMN {database.quoted(column)} {self._sql(types[column])}" for column in missing
        ]
        key_types = [
            _Untyped() if database.dialect == "sqlite" else source.schema.types[place] for place in self._key_places
        ]
        keys = [sa.Column(f"c{n}", type_, primary_key=True, autoincrement=False) for n, type_ in enumerate(key_types)]
        added = [sa.Column(f"c{n}", types[column]) for n, column in enumerate(columns, len(keys))]
        self._stage = sa.Table("appealcls_labels", sa.MetaData(), *keys, *added, prefixes=["TEMPORARY"])
        target = sa.table(source.table_name, *map(sa.column, [*source.keys, *columns]), schema=source.schema_name)
        self._update = (
            sa.update(target)
            .where(*(target.c[name] == key for name, key in zip(source.keys, keys, strict=True)))
            .values(dict(zip(columns, added, strict=True)))
        )
        self._probe([*self._alter, CreateTable(self._stage)])

    def _sql(self, wanted: Any) -> str:
        return str(wanted().compile(self._database.engine.dialect))

    def write(self, rows: Iterable[Row]) -> None:
        """Append rows of the table with the added cells behind."""
        width = len(self._columns)
        rows = iter(rows)
        while part := list(islice(rows, BATCH)):
            self._keep([
                [
                    *(row[place] for place in self._key_places),
                    *(
                        self._fitted(cell, column, kind, False, number)
                        for cell, column, kind in zip(row[width:], self._added, self._kinds, strict=True)
                    ),
                ]
                for number, row in enumerate(part, self._written)
            ])  # fmt: skip

    def _commit(self, connection: sa.Connection) -> None:
        # By way of a table of our own: one UPDATE is quick whether or not the key has an index, and until it begins
        # nobody has to wait for the table.
        connection.execute(CreateTable(self._stage))
        insert = sa.insert(self._stage)
        for rows in self._kept():
            connection.execute(insert, rows)
        for statement in self._alter:
            execute(connection, statement)
        connection.execute(self._update)
        connection.execute(DropTable(self._stage))


def _can_be_kept(found: Any) -> bool:
    """Whether a type of one database is known in another of its sort; those that are made by hand are not."""
    if isinstance(found, sa.ARRAY):
        return _can_be_kept(found.item_type)
    return isinstance(found, _KEPT) and not isinstance(found, sa.Enum)
