"""The labelled rows that a report is counted from, as columns."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any, Final, Self

import polars as pl

from appealcls.errors import DataError
from appealcls.reporting.figures import DataNotes
from appealcls.reporting.reading import cells
from appealcls.reporting.reading.columns import FLAGS, BadDate, find_columns, last_possible
from appealcls.reporting.reading.sources import Source, open_source
from appealcls.text import mask

__all__ = ["Appeals"]

_VALUES: Final = ("channel", "kind", "district", "department", "result")
_KEPT: Final = ("id", "text", "address")  # left in the source: long and all different, and no figure is made of them
_WORTH_SAYING: Final = (
    "date", "channel", "district", "kind", "repeated", "collective", "department", "result", "answered", "address",
    "text", "topics", "review",
)  # fmt: skip
"""Properties whose absence a report must own up to."""

_EXAMPLES: Final = 5
_SHOWN: Final = 40  # characters of a cell that is no date


class Appeals:
    """Labelled appeals; make them with :meth:`load`.

    Attributes
    ----------
    data : polars.DataFrame
        One row an appeal, in the order of the source. ``row`` (UInt32) is the number a person finds it by: the row of
        the sheet or of the file as a sheet shows it, the header being 1; of Parquet and of rows handed over by a program,
        1 is the first. Of the
        other columns there are those that the source has: ``duplicate_of`` (String); ``date``, ``answered``
        (Date); ``channel``, ``kind``, ``district``, ``department``, ``result``, ``topic`` (Categorical); ``repeated``,
        ``collective``, ``review`` (Boolean); ``confidence`` (Float32, 0–1); ``topics`` (List of String, the main topic
        first). What is not said is null. ``answered_unreadable`` (Boolean) is there where some date of an answer is
        none, so that these appeals are not taken for open ones.
    notes : DataNotes
        What the rows did not say; ``outside`` is 0 until a period is counted.
    """

    def __init__(self, data: pl.DataFrame, notes: DataNotes, source: Source, kept: Mapping[str, int]) -> None:
        self.data = data
        self.notes = notes
        self._source = source
        self._kept = dict(kept)

    @classmethod
    def load(
        cls,
        source: str | PathLike[str] | Iterable[Mapping[str, Any]],
        columns: Mapping[str, str] | None = None,
        topic_column: str | None = None,
        *,
        today: dt.date | None = None,
    ) -> Self:
        """Read labelled rows.

        Parameters
        ----------
        source : path or iterable of mappings
            Any file that :func:`appealcls.tables.open_table` reads, or rows as column → cell.
        columns : mapping of property to column, optional
            For columns that are not recognised by name, see :func:`.columns.find_columns`.
        topic_column : str, optional
            The same as ``columns={"topic": …}``, and wins over it.
        today : date, optional
            A date after the end of the next year is impossible; by default by the clock.

        Raises
        ------
        DataError
            If there are no rows, or the file cannot be read.
        UsageError
            If a column is not there, none holds the topics, or a property is unknown.

        Examples
        --------
        >>> appeals = Appeals.load([{"Дата": "05.03.2025", "Район": "кировский", "topic": "roads"}])
        >>> appeals.data.row(0)
        (1, datetime.date(2025, 3, 5), 'кировский', 'roads')
        """
        opened = open_source(source)
        if not opened.columns:
            raise DataError("there are no rows to report on")
        given = dict(columns or {}) | ({} if topic_column is None else {"topic": topic_column})
        places = find_columns(opened.columns, given)
        frame = opened.frame({name: place for name, place in places.items() if name not in _KEPT})
        if frame.is_empty():
            raise DataError("there are no rows to report on, only the names of columns")
        data, counts = _cleaned(frame, last_possible(today))
        notes = DataNotes(
            rows=len(data),
            **counts,
            missing=tuple(name for name in _WORTH_SAYING if name not in places),
            columns=tuple((name, opened.columns[place]) for name, place in places.items()),
        )
        return cls(data, notes, opened, {name: places[name] for name in _KEPT if name in places})

    @property
    def topics(self) -> list[str]:
        """Ids of the topics that occur, in the order of the alphabet."""
        return sorted(self.data.select(pl.col("topic").cast(pl.String)).unique().drop_nulls()["topic"].to_list())

    def texts(self, rows: Sequence[int]) -> dict[int, str]:
        """Texts of the appeals with these numbers (``row``), as they are in the source; nothing without such a column.

        They are not kept: each call reads the source again, so ask for many at once.
        """
        return self._read("text", rows)

    def addresses(self, rows: Sequence[int]) -> dict[int, str]:
        """Their addresses, in the same way."""
        return self._read("address", rows)

    def _read(self, name: str, rows: Sequence[int]) -> dict[int, str]:
        return self._source.cells(self._kept[name], rows) if name in self._kept and len(rows) else {}


def _cleaned(frame: pl.DataFrame, latest: dt.date) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Cells made what they mean, column by column, so that no two frames are held at once; and counts of bad dates."""
    counts: dict[str, Any] = {}
    for name in frame.columns:
        column = frame[name]
        if name in _VALUES:
            frame = frame.with_columns(cells.values(column))
        elif name in FLAGS:
            frame = frame.with_columns(cells.flags(column))
        elif name == "topic":
            frame = frame.with_columns(cells.topics(column))
        elif name == "answered":
            days, bad = cells.dates(column, latest)
            unreadable = (bad.is_not_null() & (bad != BadDate.EMPTY.value)).alias("answered_unreadable")
            frame = frame.with_columns(days, *([unreadable] if unreadable.any() else []))
        elif name == "date":
            days, bad = cells.dates(column, latest)
            counts = _bad_dates(frame.select("row", cell=column, bad=bad))
            frame = frame.with_columns(days)
    if "topics" in frame.columns:
        frame = frame.with_columns(cells.topic_lists(frame["topics"], frame["topic"]))
    return frame, counts


def _bad_dates(frame: pl.DataFrame) -> dict[str, Any]:
    of_kind = dict(frame["bad"].drop_nulls().cast(pl.String).value_counts().rows())
    wrong = (
        frame.filter(pl.col("bad").is_not_null() & (pl.col("bad") != BadDate.EMPTY.value)).sort("row").head(_EXAMPLES)
    )
    return {
        "without_date": of_kind.get(BadDate.EMPTY.value, 0),
        "unreadable_dates": of_kind.get(BadDate.UNREADABLE.value, 0),
        "impossible_dates": of_kind.get(BadDate.IMPOSSIBLE.value, 0),
        "date_examples": tuple((row, _shown(cell)) for row, cell in wrong.select("row", "cell").rows()),
    }


def _shown(cell: str) -> str:
    """A cell that is no date may be anything, a name and telephone included."""
    text = " ".join(mask(cell).split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
