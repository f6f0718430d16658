"""Databases as tables: a table, a view or a query, read in batches through a cursor of the server.

Tried with SQLite and PostgreSQL; others work as far as SQLAlchemy knows them.
"""

import datetime as dt
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from appealcls.errors import DataError, UsageError
from appealcls.tables.base import BATCH, Batch, Kind, Row, Table, find_column
from appealcls.tables.connections import Database, SpoiltText, Types, execute
from appealcls.tables.typed import BAD_BYTES

__all__ = ["DatabaseTable", "find_table"]

# What the columns of a query are: pg_type.dat of PostgreSQL, whose numbers never change.
_POSTGRESQL_TYPES: Final[dict[int, Any]] = {
    16: sa.Boolean(), 17: postgresql.BYTEA(), 20: sa.BigInteger(), 21: sa.SmallInteger(), 23: sa.Integer(),
    25: sa.Text(), 114: postgresql.JSON(none_as_null=True), 700: sa.REAL(), 701: sa.Double(), 1042: sa.Text(),
    1043: sa.Text(), 1082: sa.Date(), 1083: sa.Time(), 1114: sa.DateTime(), 1184: sa.DateTime(timezone=True),
    1186: postgresql.INTERVAL(), 1700: sa.Numeric(), 2950: sa.Uuid(), 3802: postgresql.JSONB(none_as_null=True),
}  # fmt: skip

_QUOTED: Final = re.compile(r"--[^\n]*|/\*.*?\*/|'[^']*'|\"[^\"]*\"|\$(\w*)\$.*?\$\1\$", re.DOTALL)  # and comments


class DatabaseTable(Table):
    r"""A table, a view or a query of a database.

    Rows are read through a cursor of the server, so memory does not grow with them, and as they were at the moment when
    the reading began. They come in the order of a key: a run that is continued, or read twice, must meet the same rows
    at the same places, and a database promises no order that was not asked for. While a SQLite file is read, others can
    write to it only if it is in WAL mode.

    Parameters
    ----------
    url : str
        See :class:`appealcls.tables.connections.Database`.
    table : str, optional
        A table or view, with its schema where it is not the usual one: ``archive.appeals``.
    query : str, optional
        Instead of a table: one SELECT.
    key : str, optional
        A column whose values are all different and not NULL. By default the primary key, in SQLite also the number of
        the row; a query that has an ORDER BY of its own needs none, and is trusted that it leaves no ties.

    Attributes
    ----------
    path : Path
        What messages call it: the name of the table, or ``query``.
    database : Database
    table : str or None
    keys : list of str
        The columns that the rows are ordered by; empty if they are not columns.

    Raises
    ------
    UsageError
        If the address, the table, the key or the query will not do; the message lists the tables that are there.
    DataError
        If the database cannot be reached, or refuses.

    Examples
    --------
    >>> import sqlite3, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> with sqlite3.connect(f"{folder.name}/a.db") as connection:
    ...     _ = connection.execute("CREATE TABLE appeals (id INTEGER PRIMARY KEY, text TEXT)")
    ...     _ = connection.execute("INSERT INTO appeals VALUES (7, 'Яма')")
    >>> connection.close()
    >>> table = DatabaseTable(f"sqlite:///{folder.name}/a.db", table="appeals")
    >>> table.columns, table.keys, list(table)
    (['id', 'text'], ['id'], [(1, [7, 'Яма'])])
    >>> folder.cleanup()
    """

    def __init__(self, url: str, *, table: str | None = None, query: str | None = None, key: str | None = None) -> None:
        if (table is None) == (query is None):
            raise UsageError("say which rows of the database: either --table or --query")
        self.database = Database(url)
        if self.database.file is not None and not self.database.file.is_file():
            raise DataError(f"{self.database.file}: no such file")
        self.table, self.path = table, Path(table or "query")
        self.keys: list[str] = []
        self._query = ""
        self._kinds: list[Kind] | None = None
        self._read = 0
        with self.database.connection(f"cannot read {self.path}", **self._reading) as connection:
            if table is not None:
                self._select_table(connection, table, key)
            else:
                self._select_query(connection, query or "", key)
            self._check_key(connection, key)

    @property
    def _reading(self) -> dict[str, Any]:
        return {"postgresql_readonly": True} if self.database.dialect == "postgresql" else {}

    def _select_table(self, connection: sa.Connection, name: str, key: str | None) -> None:
        inspector = sa.inspect(connection)
        self.schema_name, self.table_name = find_table(inspector, name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", sa.exc.SAWarning)  # of types that SQLAlchemy does not know: they are text
            found = inspector.get_columns(self.table_name, self.schema_name)
        self.columns = [column["name"] for column in found]
        self._types = tuple(_without_json_null(column["type"]) for column in found)
        # SQLite keeps what it is given, whatever the column was declared as: cells are taken as they are.
        types = [sa.types.NullType()] * len(found) if self.database.dialect == "sqlite" else self._types
        columns = [sa.column(name, type_) for name, type_ in zip(self.columns, types, strict=True)]
        source = sa.table(self.table_name, *columns, schema=self.schema_name)
        primary = inspector.get_pk_constraint(self.table_name, self.schema_name)["constrained_columns"]
        self.keys = list(primary)
        order: list[Any] = [source.c[column] for column in self.keys]
        if key is not None:
            self.keys = [self.columns[find_column(self.columns, key, (), "key", "--key")]]
            order = [source.c[self.keys[0]]]
        elif not order and self._has_rowid(inspector):
            order = [sa.literal_column("rowid")]
        if not order:
            raise UsageError(
                f"{self.path} has no primary key, so its rows have no order: name a column with different values in "
                "all rows with --key"
            )
        self._known_unique = key is None or self.keys == primary
        self._selected: Any = sa.select(*columns).select_from(source).order_by(*order)
        self._source = self.database.quoted(self.table_name, self.schema_name)

    def _has_rowid(self, inspector: sa.Inspector) -> bool:
        return (
            self.database.dialect == "sqlite"
            and self.table_name in inspector.get_table_names()
            and "rowid" not in map(str.casefold, self.columns)
        )

    def _select_query(self, connection: sa.Connection, query: str, key: str | None) -> None:
        self._query = query.strip().rstrip(";")
        bare = _QUOTED.sub(" ", self._query)
        if not re.match(r"[\s(]*(select|with|values|table)\b", bare, re.IGNORECASE) or ";" in bare:
            raise UsageError("a query must be one SELECT")
        if key is None and not re.search(r"\border\s+by\b", _without_brackets(bare), re.IGNORECASE):
            raise UsageError(
                "the rows of this query have no order: end it with ORDER BY columns that are different in all rows, or "
                "name such a column with --key"
            )
        self._source = f"(\n{self._query}\n) appeals"
        result = execute(connection, self._select("*", " WHERE 1 = 0"))
        self.columns = list(result.keys())
        twice = [name for name, times in Counter(self.columns).items() if times > 1]
        if twice:
            raise UsageError(f"the query has two columns «{twice[0]}»: give one of them another name with AS")
        codes = [described[1] for described in result.cursor.description] if result.cursor is not None else []
        known = _POSTGRESQL_TYPES if self.database.dialect == "postgresql" else {}
        self._types = tuple(known.get(code, sa.types.NullType()) for code in codes)
        self._selected = self._query
        if key is not None:
            self.keys = [self.columns[find_column(self.columns, key, (), "key", "--key")]]
            self._selected = self._select("*", f" ORDER BY {self.database.quoted(self.keys[0])}")
        self._known_unique = key is None

    def _select(self, what: str, which: str = "") -> str:
        return f"SELECT {what} FROM {self._source}{which}"  # noqa: S608 - names are quoted, the query is the user's own

    def _check_key(self, connection: sa.Connection, key: str | None) -> None:
        """Count the rows, and the values of the key that the user gave."""
        if self._known_unique:
            self._rows = int(execute(connection, self._select("count(*)")).scalar_one())
            return
        column = self.database.quoted(self.keys[0])
        counts = execute(connection, self._select(f"count(*), count(DISTINCT {column})"))
        self._rows, values = map(int, counts.one())
        if self._rows != values:
            raise UsageError(
                f"«{key}» is no key of {self.path}: {self._rows} rows have {values} values; name a column with "
                "different values in all rows"
            )

    @property
    def schema(self) -> Types:
        """The types of the columns; without a type (NullType) where the database tells none."""
        return Types(self.database.dialect, self._types)

    @property
    def kinds(self) -> list[Kind]:
        """What the cells of each column are; SQLite, where a column holds anything, is asked once for all its cells."""
        if self._kinds is None:
            self._kinds = self._stored_kinds() if self.database.dialect == "sqlite" else list(map(_kind, self._types))
        return self._kinds

    def _stored_kinds(self) -> list[Kind]:
        asked = ", ".join(
            f"max(typeof({column}) IN ('text', 'blob')), max(typeof({column}) = 'real'), "
            f"max(typeof({column}) = 'integer')"
            for column in map(self.database.quoted, self.columns)
        )
        with self.database.connection(f"cannot read {self.path}") as connection:
            found = list(execute(connection, self._select(asked)).one())
        return [
            float if real and not text else int if integer and not text else str
            for text, real, integer in zip(found[::3], found[1::3], found[2::3], strict=True)
        ]

    @property
    def progress(self) -> tuple[int, int] | None:
        """Rows: how far, of how many there were when the table was opened."""
        return self._read, max(self._read, self._rows)

    def fingerprint(self) -> dict[str, Any]:
        """See :class:`Table`: the address without password, which rows, how many, in which order."""
        what = {"query": self._query} if self._query else {"table": self.table}
        return {"database": self.database.name, **what, "keys": self.keys, "rows": self._rows, "columns": self.columns}

    def batches(self, size: int = BATCH) -> Iterator[Batch]:
        """See :class:`Table`. Rows are numbered from 1, in the order of the key."""
        self._read = 0
        options = {"stream_results": True, "yield_per": size, **self._reading}
        with (
            self.database.connection(f"cannot read {self.path}", **options) as connection,
            closing(execute(connection, self._selected)) as result,
        ):
            for part in result.partitions(size):
                rows = [list(row) for row in part]
                numbers = list(range(self._read + 1, self._read + len(rows) + 1))
                self._read += len(rows)
                yield Batch(numbers, rows, _repaired(rows))


def _repaired(rows: list[Row]) -> dict[int, str]:
    """Problems of rows with texts that are no UTF-8; those become plain texts."""
    problems = {}
    for place, row in enumerate(rows):
        if SpoiltText in map(type, row):
            row[:] = [str(cell) if type(cell) is SpoiltText else cell for cell in row]
            problems[place] = BAD_BYTES
    return problems


def find_table(inspector: sa.Inspector, name: str) -> tuple[str | None, str]:
    """Schema and name of a table or view.

    Raises
    ------
    UsageError
        If it is not there; the message lists what is.
    """
    there = sorted([*inspector.get_table_names(), *inspector.get_view_names()])
    if name in there:
        return None, name
    schema, dot, rest = name.partition(".")
    if dot and schema in inspector.get_schema_names():
        there = sorted([*inspector.get_table_names(schema), *inspector.get_view_names(schema)])
        if rest in there:
            return schema, rest
    listed = ", ".join(f"«{table}»" for table in there) or "none"
    raise UsageError(f"there is no table «{name}»; the tables are: {listed}")


def _without_brackets(query: str) -> str:
    while (less := re.sub(r"\([^()]*\)", " ", query)) != query:
        query = less
    return query


def _without_json_null(found: Any) -> Any:
    """The type of a column; in one of JSON, no value is NULL and not the JSON text ``null``."""
    if isinstance(found, sa.JSON):
        found.none_as_null = True
    return found


def _kind(found: Any) -> Kind:
    try:
        python = found.python_type
    except NotImplementedError:
        return str
    return python if python in {bool, int, float, dt.datetime, dt.date} else str
