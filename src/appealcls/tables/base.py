"""What all tables have in common: columns, batches of rows, and problems that stay with their row."""

import datetime as dt
import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from appealcls.errors import DataError, UsageError

__all__ = [
    "BATCH",
    "EXCEL",
    "LABEL_COLUMNS",
    "TEXT_COLUMNS",
    "Batch",
    "Dialect",
    "Kind",
    "Row",
    "Table",
    "TableWriter",
    "cell_text",
    "common_kind",
    "find_column",
    "find_header",
    "kind_of",
]

Row = list[Any]
"""Cells in the order of the columns: strings from text files; numbers, dates and None from the other kinds."""

TEXT_COLUMNS: Final = (
    "text", "текст", "обращение", "текст обращения", "текст_обращения", "содержание", "содержание обращения",
    "суть обращения", "суть вопроса", "вопрос", "сообщение", "текст сообщения", "описание", "appeal", "message", "body",
)  # fmt: skip
"""Names by which the column of texts is found, in this order, whatever their case."""

LABEL_COLUMNS: Final = ("topic", "label", "тема", "тематика", "рубрика", "категория", "theme", "category", "class")
"""Names by which the column of labels is found."""

BATCH: Final = 2000
"""Rows that are read, labelled and written together: two blocks of the model, so memory does not grow with the file."""

Kind = type[bool] | type[int] | type[float] | type[dt.datetime] | type[dt.date] | type[str]
"""What the cells of a column are, where a format wants to know."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text table is written."""

    encoding: str = "utf-8"
    delimiter: str = ","

    @property
    def for_output(self) -> "Dialect":
        """The same for a new file: always UTF-8, with the mark that Excel needs where the input came from Excel."""
        delimiter = self.delimiter if self.delimiter in {",", "\t"} else ";"
        excel = delimiter == ";" or self.encoding == "utf-8-sig"
        return Dialect("utf-8-sig" if excel else "utf-8", delimiter)


EXCEL: Final = Dialect("utf-8-sig", ";")
"""What a Russian Excel opens by a double click."""


@dataclass(slots=True)
class Batch:
    """Some rows of a table, in its order.

    Attributes
    ----------
    numbers : list of int
        By which a person finds each row: the line of a file, the row of a sheet, the header being 1.
    rows : list of Row
    problems : dict of int to str
        Which of the rows (by place in the batch) could not be read as they should, and why, in Russian. Such a row
        holds what could be saved of it.
    raw : list of (str or None)
        The records of a delimited file as they were written, None for those that were not written well; empty for
        other formats.
    delimiter : str
        Of the records.
    """

    numbers: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    problems: dict[int, str] = field(default_factory=dict)
    raw: list[str | None] = field(default_factory=list)
    delimiter: str = ""


class Table(ABC):
    """An open table: columns, then rows. It can be read again from the start at any time."""

    path: Path
    columns: list[str]
    dialect: Dialect = Dialect()
    skipped: Sequence[str] = ()
    """Sheets that are not read, for a word to the user."""

    @abstractmethod
    def batches(self, size: int = BATCH) -> Iterator[Batch]:
        """All rows from the start, ``size`` at a time; a broken row is a problem in its batch, not an error."""

    @property
    def kinds(self) -> list[Kind]:
        """What the cells of each column are; text unless the format knows better."""
        return [str] * len(self.columns)

    @property
    def schema(self) -> Any:
        """Types of the columns where the format has its own (pyarrow.Schema of Parquet); else None."""
        return None

    @property
    def progress(self) -> tuple[int, int] | None:
        """Bytes read since the start of the last :meth:`batches`, of how many; None where that is not known."""
        return None

    def fingerprint(self) -> dict[str, Any]:
        """What tells this table from a changed one, JSON-able: the start of a run that may be continued keeps it."""
        return {"size": self.path.stat().st_size, "columns": self.columns}

    def __iter__(self) -> Iterator[tuple[int, Row]]:
        """Rows with their numbers; a broken one raises :class:`DataError`."""
        for batch in self.batches():
            for place, (number, row) in enumerate(zip(batch.numbers, batch.rows, strict=True)):
                if place in batch.problems:
                    raise DataError(f"{self.path}, line {number}: {batch.problems[place]}")
                yield number, row


class TableWriter(ABC):
    """A new table. Problems that the format brings (a cell that it cannot hold) are noted, not raised."""

    def __init__(self) -> None:
        self.problems: list[tuple[int, str, str, str]] = []
        """Row of the output, column, what is wrong, the whole cell."""

    @abstractmethod
    def write(self, rows: Iterable[Row]) -> None:
        """Append rows."""

    def write_with(self, batch: Batch, added: Sequence[Row]) -> None:
        """Append the rows of a batch, each with some cells added; records as they were written stay so."""
        self.write([*row, *more] for row, more in zip(batch.rows, added, strict=True))

    @abstractmethod
    def close(self, complete: bool) -> None:
        """Finish; what is not complete will be thrown away, so it need not be sound."""


def find_column(columns: Sequence[str], wanted: str | None, known: Sequence[str], what: str, option: str) -> int:
    """The place of a column.

    Parameters
    ----------
    columns : sequence of str
        The columns of the table.
    wanted : str or None
        The name that the user gave, or None to go by ``known`` names.
    known : sequence of str
    what, option : str
        For the error: "texts", "--text-column".

    Raises
    ------
    UsageError
        If it is not there; the message lists the columns that are.
    """
    there = ", ".join(f"«{column}»" for column in columns)
    folded = [_folded(column) for column in columns]
    if wanted is not None:
        if wanted in columns:
            return columns.index(wanted)
        if _folded(wanted) in folded:
            return folded.index(_folded(wanted))
        raise UsageError(f"there is no column «{wanted}»; the columns are {there}")
    for name in known:
        if name in folded:
            return folded.index(name)
    raise UsageError(f"which column holds the {what}? None is called {', '.join(known[:3])} …; the columns are {there}: "
                     f"name one with {option}")  # fmt: skip


def _folded(name: str) -> str:
    """A heading without what does not matter: case, and the lines that it is broken into."""
    return " ".join(name.split()).casefold()


def find_header(rows: Iterable[Row]) -> int | None:
    """The place of the header among the first rows of a table, if it can be told by its names.

    A register may begin with its title («Журнал обращений за март»): rows with a single cell, or none. They are passed
    over if the row below them has a column of texts or of labels by a known name. A list of texts under one heading has
    no such row («Вопрос, почему …» is a sentence: headings have no space before them).
    """
    for place, row in enumerate(rows):
        names = {_folded(cell_text(cell)) for cell in row} - {""}
        known = not names.isdisjoint(_KNOWN) and not any(cell_text(cell)[:1].isspace() for cell in row)
        if known and (place == 0 or len(names) > 1):
            return place
        if known or len(names) > 1 or place == _TITLE:
            break
    return None


_KNOWN: Final = frozenset((*TEXT_COLUMNS, *LABEL_COLUMNS))
_TITLE: Final = 20  # rows that a title may take


def cell_text(cell: Any) -> str:
    """A cell as text tables hold it: dates as ISO 8601, true and false as a program reads them, None as nothing."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1 / sys.float_info.epsilon:
        return str(int(cell))  # workbooks know no whole numbers: an id 5 is stored as 5.0
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(sep=" ")
    if isinstance(cell, dict | list):
        return json.dumps(cell, ensure_ascii=False, default=cell_text)
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "backslashreplace")
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)


def kind_of(cell: Any) -> Kind | None:
    """The kind of one cell; None of an empty one."""
    if cell is None or (isinstance(cell, str) and not cell):
        return None
    for kind in (bool, int, float, dt.datetime, dt.date):  # true is an int too, and a moment a date: the narrow first
        if isinstance(cell, kind):
            return kind
    return str


def common_kind(first: Kind | None, second: Kind | None) -> Kind | None:
    """The kind of a column that holds both: numbers widen, days become moments, all else is text."""
    if first is second or second is None:
        return first
    if first is None:
        return second
    if {first, second} == {int, float}:
        return float
    if {first, second} == {dt.date, dt.datetime}:
        return dt.datetime
    return str
