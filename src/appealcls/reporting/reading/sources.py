"""Where labelled rows come from: the columns asked for, as strings, in a frame; single cells in a second reading.

Text tables and Parquet are read by polars without holding the file; whatever it cannot read, and all other formats,
come through :func:`appealcls.tables.open_table`, which tells what is wrong and where.
"""

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any, Final

import polars as pl

from appealcls.errors import DataError
from appealcls.reporting.reading.cells import raw_cell
from appealcls.tables import cell_text, open_table

__all__ = ["Source", "open_source"]

_BATCH: Final = 50_000  # rows whose strings are held at once
_BLOCK: Final = 1 << 23  # bytes of a text table that are read at once
_HEADER: Final = 1 << 20  # bytes in which the line of the header must end
_TEXTS: Final = (".csv", ".tsv", ".txt")
_ENCODINGS: Final = ("utf-8", "utf-8-sig", "cp1251", "koi8_r", "cp866")


class Source(ABC):
    """Rows with columns."""

    columns: list[str]

    @abstractmethod
    def frame(self, wanted: Mapping[str, int]) -> pl.DataFrame:
        """The columns at the places asked for, under their properties' names, each as :func:`.cells.raw_cell` has it.

        Before them stands ``row`` (UInt32), the number that a person finds the row by. Rows without a single cell that
        says something are left out of files.
        """

    @abstractmethod
    def cells(self, place: int, rows: Sequence[int]) -> dict[int, str]:
        """The cells of one column in the rows of these numbers, empty ones as empty strings; rows not there are not."""


def open_source(source: str | PathLike[str] | Iterable[Mapping[str, Any]]) -> Source:
    """The source for a path or for rows.

    Raises
    ------
    DataError, UsageError, MissingExtraError
        As :func:`appealcls.tables.open_table`; DataError too if a row is no mapping.
    """
    if not isinstance(source, str | PathLike):
        return _Rows(source)
    table = _Table(source)
    path = Path(source)
    if not path.is_file():
        return table
    if path.suffix.lower() == ".parquet":
        return _Parquet(path, table)
    return _Text(path, table) if path.suffix.lower() in _TEXTS and _is_plain(path, table) else table


def _is_plain(path: Path, table: "_Table") -> bool:
    """Whether this is a text, not packed, in which quotes, delimiters and ends of lines are single bytes."""
    if table.dialect.encoding not in _ENCODINGS:
        return False
    with path.open("rb") as file:
        line = file.readline(_HEADER)
    try:
        text = line.decode(table.dialect.encoding).removeprefix("\ufeff")
        header = next(csv.reader(io.StringIO(text, newline=""), delimiter=table.dialect.delimiter), [])
    except (UnicodeDecodeError, csv.Error):
        return False
    return [name.strip() for name in header] == table.columns


class _Scanned(Source):
    """A file that polars reads, in parts; what it refuses is read as a table, which says more about what is wrong."""

    first: int
    """The number of the first row."""

    def __init__(self, path: Path, table: "_Table") -> None:
        self.columns = table.columns
        self._path = path
        self._table = table
        self._refused = False

    @abstractmethod
    def _parts(self) -> Iterator[pl.LazyFrame]:
        """All rows in their order, so many at a time as fit in memory; the columns are named by their places."""

    def _collected(self, cells: Callable[[pl.Schema], Sequence[pl.Expr]]) -> Iterator[pl.DataFrame]:
        first = self.first
        for part in self._parts():
            empty = pl.all_horizontal(pl.all().is_null()).alias("empty")
            frame = part.select(empty, *cells(part.collect_schema())).collect(engine="streaming")
            numbers = pl.int_range(first, first + len(frame), dtype=pl.UInt32).alias("row")
            first += len(frame)
            yield frame.select(numbers, pl.all()).filter(~pl.col("empty")).drop("empty")

    def frame(self, wanted: Mapping[str, int]) -> pl.DataFrame:
        def cells(schema: pl.Schema) -> list[pl.Expr]:
            return [raw_cell(name, pl.col(str(place)), schema[str(place)]) for name, place in wanted.items()]

        try:
            parts = list(self._collected(cells))
        except (pl.exceptions.PolarsError, UnicodeDecodeError, _UnpairedError):
            self._refused = True
        return self._table.frame(wanted) if self._refused or not parts else pl.concat(parts)

    def cells(self, place: int, rows: Sequence[int]) -> dict[int, str]:
        if self._refused:
            return self._table.cells(place, rows)
        asked = pl.Series(sorted(set(rows)), dtype=pl.UInt32)
        found: dict[int, str] = {}
        for part in self._collected(lambda _: [pl.col(str(place)).cast(pl.String).alias("cell")]):
            found |= {row: cell or "" for row, cell in part.filter(pl.col("row").is_in(asked.implode())).rows()}
        return found


class _Text(_Scanned):
    """A text table, read in blocks that end where a record does.

    Given the whole file, polars would map it into memory; and it reads no other encoding than UTF-8.
    """

    first = 2  # the header is 1

    def _parts(self) -> Iterator[pl.LazyFrame]:
        schema = {str(place): pl.String for place in range(len(self.columns))}
        dialect = self._table.dialect
        for number, block in enumerate(_blocks(self._path)):
            yield pl.scan_csv(
                block if dialect.encoding.startswith("utf-8") else block.decode(dialect.encoding).encode(),
 separator=dialect.delimiter, has_header=False, skip_rows=int(number == 0), schema=schema,
                missing_columns="insert", raise_if_empty=False,
            )  # fmt: skip


class _UnpairedError(Exception):
    """No record ends in a whole block: some quotes are not in pairs."""


def _blocks(path: Path) -> Iterator[bytes]:
    """A file in parts that end at the end of a line outside quotes."""
    rest = b""
    with path.open("rb") as file:
        while data := file.read(_BLOCK):
            data = rest + data
            end = len(data)
            inside = data.count(b'"') % 2 == 1
            while (line := data.rfind(b"\n", 0, end) + 1) > 0:
                # Quotes are paired before the end of a record, doubled ones too.
                inside ^= data.count(b'"', line, end) % 2 == 1
                end = line if not inside else line - 1
                if not inside:
                    break
            else:
                raise _UnpairedError
            yield data[:end]
            rest = data[end:]
    if rest:
        yield rest


class _Parquet(_Scanned):
    """A Parquet file, which has no header."""

    first = 1

    def _parts(self) -> Iterator[pl.LazyFrame]:
        scan = pl.scan_parquet(self._path, glob=False)
        names = scan.collect_schema().names()
        named = scan.select(pl.col(name).alias(str(place)) for place, name in enumerate(names))
        rows = scan.select(pl.len()).collect().item()
        for start in range(0, rows, _BATCH):
            yield named.slice(start, _BATCH)


class _Table(Source):
    """Any file that :func:`open_table` reads."""

    def __init__(self, path: str | PathLike[str]) -> None:
        self._table = open_table(path)
        self.columns = self._table.columns
        self.dialect = self._table.dialect

    def frame(self, wanted: Mapping[str, int]) -> pl.DataFrame:
        rows = (
            (number, row) for number, row in self._table if any(cell not in {None, ""} for cell in map(_plain, row))
        )
        return _framed(rows, wanted)

    def cells(self, place: int, rows: Sequence[int]) -> dict[int, str]:
        asked = set(rows)
        return {number: cell_text(row[place]) for number, row in self._table if number in asked}


class _Rows(Source):
    """Rows that a program hands over; numbered from 1, none left out."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self._rows = list(rows)
        names: dict[str, None] = {}
        for number, row in enumerate(self._rows, 1):
            if not isinstance(row, Mapping):
                raise DataError(f"row {number}: expected a mapping of columns to cells, got {type(row).__name__}")
            names.update(dict.fromkeys(row))
        self._names = list(names)
        self.columns = [str(name) for name in names]

    def frame(self, wanted: Mapping[str, int]) -> pl.DataFrame:
        def cells() -> Iterator[tuple[int, list[Any]]]:
            for number, row in enumerate(self._rows, 1):
                yield number, [row.get(name) for name in self._names]

        return _framed(cells(), wanted)

    def cells(self, place: int, rows: Sequence[int]) -> dict[int, str]:
        name = self._names[place]
        return {
            row: cell_text(self._rows[row - 1].get(name)) for row in sorted(set(rows)) if 0 < row <= len(self._rows)
        }


def _plain(cell: Any) -> str:
    """A cell as a string, as it goes into a frame; lists joined as labelling joins topics."""
    if isinstance(cell, list | tuple):
        return "|".join(map(cell_text, cell))
    return cell_text(cell)


def _framed(rows: Iterator[tuple[int, list[Any]]], wanted: Mapping[str, int]) -> pl.DataFrame:
    schema = {"row": pl.UInt32} | dict.fromkeys(wanted, pl.String)
    cells = [raw_cell(name, pl.col(name), pl.String()) for name in wanted]
    parts: list[pl.DataFrame] = []
    while True:
        batch = [[number, *(_plain(row[place]) for place in wanted.values())] for number, row in islice(rows, _BATCH)]
        if parts and not batch:
            return pl.concat(parts)
        parts.append(pl.DataFrame(batch, schema=schema, orient="row").select("row", *cells))
