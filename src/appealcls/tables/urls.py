"""Tables in databases by their address; what reads and writes them is loaded when it is asked for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from appealcls.errors import MissingExtraError, UsageError
from appealcls.tables.base import Kind, Table

if TYPE_CHECKING:
    from appealcls.tables.database import DatabaseTable
    from appealcls.tables.database_writers import DatabaseColumns, DatabaseWriter

__all__ = ["is_url", "open_database", "update_database", "write_database"]


def is_url(text: str) -> bool:
    """Whether this is the address of a database and not a path.

    Examples
    --------
    >>> is_url("postgresql://clerk@host/appeals"), is_url("C:/appeals.csv")
    (True, False)
    """
    return "://" in text


def open_database(
    url: str, *, table: str | None = None, query: str | None = None, key: str | None = None
) -> "DatabaseTable":
    """Open a table, a view or a query of a database: see :class:`appealcls.tables.database.DatabaseTable`.

    Raises
    ------
    UsageError
        If the address, the table, the key or the query will not do.
    DataError
        If the database cannot be reached, or refuses.
    MissingExtraError
        If SQLAlchemy or the driver is not installed.
    """
    _need_sqlalchemy()
    from appealcls.tables.database import DatabaseTable

    return DatabaseTable(url, table=table, query=query, key=key)


def write_database(
    url: str, table: str, columns: Sequence[str], kinds: Sequence[Kind] | None = None, schema: Any = None
) -> "DatabaseWriter":
    """Create a table of a database; used like :class:`appealcls.tables.write_table`.

    The table is there when the block has ended well, and not before: see
    :class:`appealcls.tables.database_writers.DatabaseWriter`.

    Raises
    ------
    UsageError
        If there is such a table.
    DataError
        If the database cannot be reached, or does not allow it.
    MissingExtraError
        If SQLAlchemy or the driver is not installed.
    """
    _need_sqlalchemy()
    from appealcls.tables.database_writers import DatabaseWriter

    return DatabaseWriter(url, table, columns, kinds or [str] * len(columns), schema)


def update_database(source: Table, columns: Sequence[str], kinds: Sequence[Kind] | None = None) -> "DatabaseColumns":
    """Add columns to the table that is read; used like :class:`appealcls.tables.write_table`, with the added columns.

    See :class:`appealcls.tables.database_writers.DatabaseColumns`.

    Raises
    ------
    UsageError
        If the source is no table of a database with a key, or has columns of these names that are not ours.
    DataError
        If the database cannot be reached, or does not allow it.
    """
    _need_sqlalchemy()
    from appealcls.tables.database import DatabaseTable
    from appealcls.tables.database_writers import DatabaseColumns

    if not isinstance(source, DatabaseTable):
        raise UsageError(f"{source.path}: columns can only be added to a table of a database")
    return DatabaseColumns(source, columns, kinds or [str] * len(columns))


def _need_sqlalchemy() -> None:
    try:
        import sqlalchemy  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("reading and writing databases", "SQLAlchemy", "database") from error
