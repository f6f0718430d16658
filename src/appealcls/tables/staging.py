"""What every writer to a database does: keep the rows here, and bring them in at the end, all of them or none.

Rows wait in a temporary file of this machine until the last one is labelled; then one transaction brings them in. So
nobody ever sees half of a table, a process that is killed leaves nothing, and the database is locked for seconds and
not for the hours of labelling: it may be the same SQLite file, or the same PostgreSQL table, that is being read.
"""

import pickle
import tempfile
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import IO, Any, Final, Self

import sqlalchemy as sa

from appealcls.errors import DataError
from appealcls.tables.base import Kind, Row, TableWriter, cell_text
from appealcls.tables.connections import Database, execute
from appealcls.tables.typed import fitted

__all__ = ["NUL", "StagedWriter"]

NUL: Final = "знак с кодом 0 база не хранит, он убран: целиком значение в файле ошибок"

_TRANSACTIONAL: Final = {"sqlite", "postgresql"}  # where CREATE and ALTER TABLE can be taken back
_PROBE, _WAIT = 5, 60  # seconds that a lock of PostgreSQL is waited for, at the start and at the end


class StagedWriter(TableWriter):
    """Rows in a temporary file, and a transaction at the end. A context manager, like ``write_table``.

    Parameters
    ----------
    database : Database
    work : str
        For messages.
    """

    def __init__(self, database: Database, work: str) -> None:
        super().__init__()
        self._database = database
        self._work = work
        self._written = 0
        self._waiting: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(complete=kind is None)

    @property
    def noted(self) -> list[tuple[int, str, str, str]]:
        """Cells that a column could not hold: row of the table from 0, column, what is wrong, the whole cell."""
        return self.problems

    def _keep(self, rows: list[Row]) -> None:
        self._written += len(rows)
        try:
            if self._waiting is None:
                # It has no name: the system removes it with the process, however that ends.
                self._waiting = tempfile.TemporaryFile(prefix="appealcls-")  # noqa: SIM115 - see close
            pickle.dump(rows, self._waiting, pickle.HIGHEST_PROTOCOL)
        except OSError as error:
            raise self._full(error) from error

    def _kept(self) -> Iterator[list[dict[str, Any]]]:
        """Batches of rows as parameters ``c0``, ``c1``, and so on."""
        if self._waiting is None:
            return
        self._waiting.seek(0)
        while True:
            try:
                rows = pickle.load(self._waiting)  # noqa: S301 - a nameless file that only this process has
            except EOFError:
                return
            names = [f"c{place}" for place in range(len(rows[0]))]
            yield [dict(zip(names, row, strict=True)) for row in rows]

    def _full(self, error: OSError) -> DataError:
        return DataError(
            f"{tempfile.gettempdir()}: rows cannot be kept here until the end: {error.strerror or error}; name a folder "
            "with enough room in the variable TMPDIR"
        )

    def _fitted(self, cell: Any, column: str, kind: Kind, zoned: bool, row: int) -> Any:
        """A cell as its column can hold it; what is lost is noted."""
        try:
            value = fitted(cell, kind, zoned)
        except ValueError as error:
            self.problems.append((row, column, str(error), cell_text(cell)))
            return None
        if isinstance(value, str):
            if self._database.dialect == "postgresql" and "\x00" in value:
                self.problems.append((row, column, NUL, value))
                value = value.replace("\x00", "")
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise DataError(
                    f"{self._database.name}: half of a character (U+{ord(value[error.start]):04X}) cannot be written "
                    "as UTF-8: mend the input"
                ) from error
        return value

    def close(self, complete: bool) -> None:
        """Bring the rows in, or forget them."""
        try:
            if complete:
                with self._transaction(_WAIT) as connection:
                    self._commit(connection)
        except OSError as error:
            raise self._full(error) from error
        finally:
            if self._waiting is not None:
                self._waiting.close()

    @contextmanager
    def _transaction(self, patience: int) -> Iterator[sa.Connection]:
        with (
            self._database.connection(self._work, sqlite_begin="BEGIN IMMEDIATE") as connection,
            connection.begin(),
        ):
            if self._database.dialect == "postgresql":
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{patience}s'")
            yield connection

    def _probe(self, statements: Sequence[Any]) -> None:
        """Find out now, not after the work, whether the database allows what will be asked of it at the end."""
        if self._database.dialect not in _TRANSACTIONAL:
            return
        with self._transaction(_PROBE) as connection:
            for statement in statements:
                execute(connection, statement)
            connection.rollback()

    @abstractmethod
    def _commit(self, connection: sa.Connection) -> None:
        """Bring the rows in."""
