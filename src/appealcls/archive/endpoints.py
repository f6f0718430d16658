"""Where an archive comes from and goes to: a file or a database, and where an unfinished run is kept."""

import hashlib
import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Protocol

from appealcls.errors import UsageError
from appealcls.tables import EXCEL, Batch, Row, Table, open_table, write_table
from appealcls.tables.base import Kind
from appealcls.tables.urls import is_url, open_database, update_database, write_database

__all__ = ["Sink", "Target", "open_source"]


class Sink(Protocol):
    """What takes labelled rows."""

    @property
    def noted(self) -> list[tuple[int, str, str, str]]:
        """Cells that it could not hold: row from 0, column, what is wrong, the whole cell."""
        ...

    def write_with(self, batch: Batch, added: Sequence[Row]) -> None:
        """Append the rows of a batch, each with some cells added."""
        ...


def open_source(
    source: str | PathLike[str] | Table,
    *,
    sheet: str | None = None,
    table: str | None = None,
    query: str | None = None,
    key: str | None = None,
) -> Table:
    """The table that is to be labelled.

    Raises
    ------
    UsageError
        If an option belongs to another kind of source.
    DataError, MissingExtraError
        As :func:`appealcls.tables.open_table` and :func:`appealcls.tables.urls.open_database`.
    """
    if isinstance(source, Table):
        return source
    name = fspath(source)
    if is_url(name):
        return open_database(name, table=table, query=query, key=key)
    if table is not None or query is not None or key is not None:
        raise UsageError(f"{name}: is a file: --table, --query and --key are for databases")
    return open_table(source, sheet)


@dataclass(frozen=True, slots=True)
class Target:
    """What will hold the result.

    Attributes
    ----------
    name : str
        Path, or address of a database.
    table : str or None
        The new table of a database.
    add_columns : bool
        Whether columns are added to the table that is read, instead.
    excel_csv : bool
        Whether a text table is to be one that a Russian Excel opens.
    """

    name: str
    table: str | None = None
    add_columns: bool = False
    excel_csv: bool = False

    def __post_init__(self) -> None:
        if not is_url(self.name) and (self.table is not None or self.add_columns):
            raise UsageError(f"{self.name}: is a file: --output-table and --add-columns are for databases")
        if is_url(self.name) and (self.table is None) != self.add_columns:
            raise UsageError("name a new table for the result with --output-table, or ask for --add-columns")

    @property
    def path(self) -> Path | None:
        """The file; None for a database."""
        return None if is_url(self.name) else Path(self.name)

    @property
    def labels(self) -> Path:
        """Where the labels of an unfinished run are kept: beside a file; for a database, among the temporary files."""
        if self.path is not None:
            return self.path.with_name(f".{self.path.name}.labels")
        which = hashlib.blake2b(repr(self).encode(), digest_size=8).hexdigest()
        return Path(tempfile.gettempdir()) / f"appealcls-{which}.labels"

    def writer(
        self, source: Table, columns: Sequence[str], added: Sequence[str], kinds: Sequence[Kind]
    ) -> AbstractContextManager[Sink]:
        """What writes ``columns`` of the source and ``added`` ones, all of these ``kinds``; a context manager."""
        if self.add_columns:
            return update_database(source, added, kinds[-len(added) :])
        every = [*columns, *added]
        if self.table is not None:
            return write_database(self.name, self.table, every, kinds, schema=source.schema)
        dialect = EXCEL if self.excel_csv else source.dialect.for_output
        return write_table(self.name, every, dialect, kinds, schema=source.schema)
