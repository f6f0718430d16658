"""Connections to databases, and what is told of them: no password, no parameter of a statement.

A password in an address that is given on a command line can be read by every user of the machine, in its list of
processes. PostgreSQL's own client library takes it from the variable PGPASSWORD or the file ``~/.pgpass`` when the
address has none (``postgresql://clerk@host/appeals``): use that.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, SQLAlchemyError

from appealcls.errors import DataError, MissingExtraError, UsageError

__all__ = ["Database", "SpoiltText", "Types", "execute"]

_LOCKED, _SILENT = 60, 15  # seconds that a locked SQLite file, and a server that does not answer, is waited for
_TELLING: Final = {"host", "port", "service"}  # options of an address that may be shown; the others may be secrets
_LIBPQ: Final = {"postgresql+psycopg", "postgresql+psycopg2"}
_LONGEST_NAME: Final = 63  # bytes that PostgreSQL takes; SQLAlchemy counts letters


@dataclass(frozen=True, slots=True)
class Types:
    """The schema of a database's table or query: which database, and the SQLAlchemy types of the columns."""

    dialect: str
    types: tuple[Any, ...]


class Database:
    """An address that can be connected to.

    Parameters
    ----------
    url : str
        As SQLAlchemy writes them: ``sqlite:///appeals.db``, ``postgresql://clerk@host/appeals``. For PostgreSQL the
        driver is psycopg 3 where none is named.

    Attributes
    ----------
    name : str
        The address without password, for messages.

    Raises
    ------
    UsageError
        If it is no address of a database, or its driver is not installed.
    MissingExtraError
        If that driver is psycopg.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = sa.make_url(url)
        except (ArgumentError, ValueError):
            parsed = None
        if parsed is None or "@" in (parsed.host or ""):
            # The address itself is not repeated: what could not be split may hold the password anywhere.
            raise UsageError(
                "this is no address of a database: it looks like postgresql://user@host/name or sqlite:///file.db, "
                "and in a user or password the signs @ : / are written %40 %3A %2F"
            ) from None
        if parsed.drivername in {"postgresql", "postgres"}:
            parsed = parsed.set(drivername="postgresql+psycopg")
        shown = {key: value for key, value in parsed.query.items() if key in _TELLING}
        named = (parsed.drivername, parsed.username, None, parsed.host, parsed.port, parsed.database)
        self.name = sa.URL.create(*named, query=shown).render_as_string()
        self._password = parsed.password
        self.dialect = parsed.get_backend_name()
        self.file: Path | None = None
        arguments: dict[str, Any] = {}
        if self.dialect == "sqlite":
            # Rows are read by whatever thread asks for the next ones.
            arguments = {"timeout": _LOCKED, "check_same_thread": False}
            if parsed.database and not parsed.database.startswith(("file:", ":memory:")):
                self.file = Path(parsed.database)
        elif parsed.drivername in _LIBPQ and "connect_timeout" not in parsed.query:
            arguments = {"connect_timeout": _SILENT}
        try:
            # Parameters are texts of appeals: they do not belong in messages.
            self.engine = sa.create_engine(parsed, poolclass=sa.NullPool, hide_parameters=True, connect_args=arguments)
        except NoSuchModuleError:
            raise UsageError(f"{self.name}: the kind of database {parsed.drivername!r} is not known") from None
        except ImportError as error:
            if parsed.drivername != "postgresql+psycopg":
                driver = error.name or parsed.get_driver_name()
                raise UsageError(f"{self.name}: the driver of this database, {driver}, is not installed") from None
            raise MissingExtraError("reading and writing PostgreSQL", "psycopg", "database") from error
        self.longest_name = _LONGEST_NAME if self.dialect == "postgresql" else self.engine.dialect.max_identifier_length
        if self.dialect == "sqlite":
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
            sa.event.listen(self.engine, "begin", _begin_sqlite)

    def __repr__(self) -> str:
        return f"Database({self.name!r})"

    def quoted(self, name: str, schema: str | None = None) -> str:
        """A name as SQL has it."""
        quote = self.engine.dialect.identifier_preparer.quote
        quoted = quote(name) if schema is None else f"{quote(schema)}.{quote(name)}"
        # Some drivers want percent signs twice, but not where a statement goes to the database as it is.
        return quoted.replace("%%", "%") if "%%" in quote("%") else quoted

    @contextmanager
    def connection(self, work: str, **options: Any) -> Iterator[sa.Connection]:
        """A connection; errors of the database while it is open tell what ``work`` it was.

        Raises
        ------
        DataError
            If the database cannot be reached, or refuses.
        """
        try:
            with self.engine.connect().execution_options(**options) as connection:
                yield connection
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise self.failure(work, error) from None

    def failure(self, work: str, error: Exception) -> DataError:
        """What to tell of an error: the first line of what the database says, and what may help."""
        cause = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        if self._password:
            cause = cause.replace(str(self._password), "***")
        hint = "check the address, the name and the password, and that the database is running"
        if "locked" in cause or "lock timeout" in cause:
            hint = "another program works with this table: try again when it has finished"
        elif not isinstance(error, OperationalError):
            hint = "the database refused this; nothing was changed"
        return DataError(f"{self.name}: {work}: {cause} ({hint})")


def _prepare_sqlite(connection: Any, record: Any) -> None:  # noqa: ARG001 - the signature of the event
    # Python's driver begins transactions when it likes, and never before CREATE TABLE: here SQLAlchemy tells it when.
    connection.isolation_level = None
    connection.text_factory = _text


def _begin_sqlite(connection: sa.Connection) -> None:
    # A writer waits for its turn at the start; in the middle of a transaction SQLite would give up at once.
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))


class SpoiltText(str):
    """A text that is no UTF-8, its foreign bytes written out."""

    __slots__ = ()


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return SpoiltText(data.decode("utf-8", "backslashreplace"))


def execute(connection: sa.Connection, statement: Any) -> Any:
    """Execute; a text goes to the database as it is, colons and percent signs included."""
    if isinstance(statement, str):
        return connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    return connection.execute(statement)
