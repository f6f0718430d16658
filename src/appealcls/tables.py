"""Tables as offices have them, row by row: CSV and TSV in the encodings of Russian Excel, XLSX, JSON Lines.

A reader knows the columns before the first row and holds one row at a time (XLSX: the sheet). A writer's file appears
under its name only when it is complete.
"""

import codecs
import csv
import datetime as dt
import io
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Protocol

from appealcls.errors import DataError, MissingExtraError, UsageError

__all__ = [
    "LABEL_COLUMNS",
    "TEXT_COLUMNS",
    "Row",
    "Table",
    "TableWriter",
    "cell_text",
    "find_column",
    "open_table",
    "write_table",
]

Row = list[Any]
"""Cells in the order of the columns: strings from text files; numbers, dates and None from XLSX and JSON Lines."""

TEXT_COLUMNS: Final = (
    "text", "текст", "обращение", "текст обращения", "текст_обращения", "содержание", "содержание обращения",
    "суть обращения", "суть вопроса", "вопрос", "сообщение", "текст сообщения", "описание", "appeal", "message", "body",
)  # fmt: skip
"""Names by which the column of texts is found, in this order, whatever their case."""

LABEL_COLUMNS: Final = ("topic", "label", "тема", "тематика", "рубрика", "категория", "theme", "category", "class")
"""Names by which the column of labels is found."""

_SAMPLE: Final = 1 << 20  # bytes looked at to tell the encoding and the delimiter
_DELIMITERS: Final = {";": 0, "\t": 1, ",": 2}  # by which wins when two split the header alike
_CELL_LIMIT: Final = 1 << 27  # characters: csv refuses cells of more than 128 kB unless told otherwise
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text table is written."""

    encoding: str = "utf-8"
    delimiter: str = ","

    @property
    def for_output(self) -> "Dialect":
        """The same for a new file: always UTF-8, with the mark that Excel needs where the input came from Excel."""
        excel = self.delimiter == ";" or self.encoding == "utf-8-sig"
        return Dialect("utf-8-sig" if excel else "utf-8", self.delimiter)


class Table(Protocol):
    """An open table: columns, then rows."""

    path: Path
    columns: list[str]
    dialect: Dialect

    def __iter__(self) -> Iterator[tuple[int, Row]]:
        """Rows with the number that a person finds them by: the line, or the row of the sheet, the header being 1."""
        ...


class TableWriter(Protocol):
    """Where rows go."""

    def write(self, rows: Iterable[Row]) -> None:
        """Append rows."""
        ...


def open_table(path: str | PathLike[str], sheet: str | None = None) -> Table:
    """Open a table for reading.

    Parameters
    ----------
    path : path
        ``.csv``, ``.tsv``, ``.txt``, ``.xlsx``, ``.xlsm``, ``.xls``, ``.ods``, ``.jsonl`` or ``.ndjson``.
    sheet : str, optional
        The sheet of a workbook; by default the first.

    Raises
    ------
    DataError
        If the file is missing, empty, or cannot be read as what its name says.
    UsageError
        If the suffix is none of these, or there is no such sheet.
    MissingExtraError
        If a workbook is to be read and ``python-calamine`` is not installed.
    """
    file = Path(path)
    kind = _kind(file)
    if not file.is_file():
        raise DataError(f"{file}: {'is a folder, not a file' if file.is_dir() else 'no such file'}")
    try:
        if kind == "xlsx":
            return _Workbook(file, sheet)
        return _Csv(file) if kind == "csv" else _JsonLines(file)
    except OSError as error:
        raise DataError(f"{file}: cannot be read: {error.strerror or error}") from error


def _kind(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix in {".csv", ".tsv", ".txt"}:
        return "csv"
    if suffix in {".xlsx", ".xlsm", ".xls", ".ods"}:
        return "xlsx"
    if suffix in {".jsonl", ".ndjson"}:
        return "jsonl"
    raise UsageError(f"{path}: unknown kind of file {suffix!r}: use .csv, .tsv, .xlsx or .jsonl")


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
    if wanted is not None:
        if wanted in columns:
            return columns.index(wanted)
        folded = [column.strip().casefold() for column in columns]
        if wanted.strip().casefold() in folded:
            return folded.index(wanted.strip().casefold())
        raise UsageError(f"there is no column «{wanted}»; the columns are {there}")
    folded = [column.strip().casefold() for column in columns]
    for name in known:
        if name in folded:
            return folded.index(name)
    raise UsageError(f"which column holds the {what}? None is called {', '.join(known[:3])} …; the columns are {there}: "
                     f"name one with {option}")  # fmt: skip


# Reading


def _detect(path: Path) -> Dialect:
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    encoding = next((name for mark, name in _BOMS if sample.startswith(mark)), None)
    if encoding is None:
        try:
            # An incremental decoder does not mind a letter that the end of the sample cuts in two.
            codecs.getincrementaldecoder("utf-8")().decode(sample)
            encoding = "utf-8"
        except UnicodeDecodeError:
            encoding = "cp1251"
    text = sample.decode(encoding, errors="replace")
    delimiter = "\t" if path.suffix.lower() == ".tsv" else _delimiter(text)
    return Dialect(encoding, delimiter)


def _delimiter(text: str) -> str:
    def columns(delimiter: str) -> tuple[int, int]:
        with suppress(csv.Error):
            return len(next(csv.reader(io.StringIO(text), delimiter=delimiter), [])), -_DELIMITERS[delimiter]
        return 0, 0

    best = max(_DELIMITERS, key=columns)
    return best if columns(best)[0] > 1 else ","


class _Csv:
    def __init__(self, path: Path) -> None:
        csv.field_size_limit(_CELL_LIMIT)
        self.path = path
        self.dialect = _detect(path)
        header = next(self._rows(), None)
        if header is None:
            raise DataError(f"{path}: is empty: the first line must name the columns")
        self.columns = [name.strip() for name in header[1]]

    def _rows(self) -> Iterator[tuple[int, Row]]:
        with self.path.open(encoding=self.dialect.encoding, newline="") as file:
            reader = csv.reader(file, delimiter=self.dialect.delimiter)
            line = 1
            try:
                for row in reader:
                    if row:
                        yield line, row
                    line = reader.line_num + 1
            except csv.Error as error:
                raise DataError(f"{self.path}, line {line}: broken table: {error}") from error
            except UnicodeDecodeError as error:
                raise DataError(
                    f"{self.path}, after line {line}: not {self.dialect.encoding} (byte {error.object[error.start]:#04x}): "
                    "save the file as UTF-8"
                ) from error

    def __iter__(self) -> Iterator[tuple[int, Row]]:
        rows = self._rows()
        next(rows)
        width = len(self.columns)
        for line, row in rows:
            if len(row) < width:
                row += [""] * (width - len(row))
            elif len(row) > width:
                raise DataError(
                    f"{self.path}, line {line}: {len(row)} cells for {width} columns: is a text with "
                    f"«{self.dialect.delimiter}» not in quotes?"
                )
            yield line, row


class _JsonLines:
    dialect = Dialect()

    def __init__(self, path: Path) -> None:
        self.path = path
        self.columns: list[str] = []
        first = next(self._objects(), None)
        if first is None:
            raise DataError(f"{path}: is empty")
        self.columns = list(first[1])

    def _objects(self) -> Iterator[tuple[int, dict[str, Any]]]:
        with self.path.open(encoding="utf-8-sig") as file:
            try:
                for number, line in enumerate(file, 1):
                    if not line.strip():
                        continue
                    try:
                        data = json.loads(line)
                    except (ValueError, RecursionError) as error:
                        raise DataError(f"{self.path}, line {number}: not valid JSON: {error}") from error
                    if not isinstance(data, dict):
                        raise DataError(f"{self.path}, line {number}: expected an object {{…}}")
                    yield number, data
            except UnicodeDecodeError as error:
                raise DataError(f"{self.path}: not UTF-8: {error}") from error

    def __iter__(self) -> Iterator[tuple[int, Row]]:
        columns = self.columns
        for number, data in self._objects():
            new = data.keys() - set(columns)
            if new:
                raise DataError(f"{self.path}, line {number}: key {min(new)!r} is not in the first line")
            yield number, [data.get(column) for column in columns]


class _Workbook:
    dialect = Dialect("utf-8-sig", ";")

    def __init__(self, path: Path, sheet: str | None) -> None:
        try:
            from python_calamine import CalamineError, CalamineWorkbook
        except ImportError as error:
            raise MissingExtraError(f"reading {path.suffix} files", "python-calamine", "excel") from error
        self.path = path
        try:
            workbook = CalamineWorkbook.from_path(path)
            names = workbook.sheet_names
            if sheet is not None and sheet not in names:
                raise UsageError(f"{path}: no sheet «{sheet}»; the sheets are {', '.join(f'«{n}»' for n in names)}")
            rows = workbook.get_sheet_by_name(sheet or names[0]).to_python(skip_empty_area=False)
        except CalamineError as error:
            raise DataError(f"{path}: not a readable workbook: {error}") from error
        if not rows or not any(map(cell_text, rows[0])):
            raise DataError(f"{path}: the first row of the sheet must name the columns")
        self.columns = [cell_text(cell).strip() for cell in rows[0]]
        self._rows = rows[1:]

    def __iter__(self) -> Iterator[tuple[int, Row]]:
        for number, row in enumerate(self._rows, 2):
            if any(cell != "" for cell in row):
                yield number, row


# Writing


class write_table:  # noqa: N801 - used like the function open
    """Create a table; a context manager that gives a :class:`TableWriter`.

    The rows go to a file beside ``path`` that takes its name when the block ends well, and is removed when it does not.

    Parameters
    ----------
    path : path
        ``.csv``, ``.tsv``, ``.xlsx`` or ``.jsonl``.
    columns : sequence of str
    dialect : Dialect, optional
        Of a text table; by default UTF-8 and a comma, or a tab for ``.tsv``.

    Raises
    ------
    UsageError
        If the suffix is none of these.
    DataError
        If the file cannot be written.
    """

    def __init__(self, path: str | PathLike[str], columns: Sequence[str], dialect: Dialect | None = None) -> None:
        self._path = Path(path)
        kind = _kind(self._path)
        if self._path.suffix.lower() in {".xls", ".ods", ".xlsm"}:
            raise UsageError(f"{path}: workbooks are written as .xlsx")
        if not self._path.parent.is_dir():
            raise DataError(f"{path}: there is no folder {self._path.parent}")
        self._draft = self._path.with_name(f".{self._path.name}.part")
        if self._path.suffix.lower() == ".tsv":
            dialect = Dialect("utf-8", "\t")
        try:
            self._writer: Any
            if kind == "csv":
                self._writer = _CsvWriter(self._draft, list(columns), dialect or Dialect())
            else:
                self._writer = (_WorkbookWriter if kind == "xlsx" else _JsonLinesWriter)(self._draft, list(columns))
        except OSError as error:
            raise DataError(f"{path}: cannot be written: {error.strerror or error}") from error

    def __enter__(self) -> TableWriter:
        return self

    def write(self, rows: Iterable[Row]) -> None:
        """Append rows."""
        try:
            self._writer.write(rows)
        except UnicodeEncodeError as error:
            raise DataError(
                f"{self._path}: half of a character (U+{ord(error.object[error.start]):04X}) cannot be written as UTF-8: "
                "mend the input"
            ) from error
        except OSError as error:
            raise DataError(f"{self._path}: cannot be written: {error.strerror or error}") from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._writer.close()
            if kind is None:
                self._draft.replace(self._path)
        except OSError as failure:
            raise DataError(f"{self._path}: cannot be written: {failure.strerror or failure}") from failure
        finally:
            self._draft.unlink(missing_ok=True)


class _CsvWriter:
    def __init__(self, path: Path, columns: list[str], dialect: Dialect) -> None:
        self._file: IO[str] = path.open("w", encoding=dialect.encoding, newline="")
        # With "\r\n" as the end of a line, cells that hold either of the two are quoted.
        self._csv = csv.writer(self._file, delimiter=dialect.delimiter, lineterminator="\r\n")
        self._csv.writerow(columns)

    def write(self, rows: Iterable[Row]) -> None:
        self._csv.writerows([cell_text(cell) for cell in row] for row in rows)

    def close(self) -> None:
        self._file.close()


class _JsonLinesWriter:
    def __init__(self, path: Path, columns: list[str]) -> None:
        self._file: IO[str] = path.open("w", encoding="utf-8", newline="\n")
        self._columns = columns

    def write(self, rows: Iterable[Row]) -> None:
        for row in rows:
            data = dict(zip(self._columns, row, strict=True))
            self._file.write(json.dumps(data, ensure_ascii=False, default=cell_text) + "\n")

    def close(self) -> None:
        self._file.close()


class _WorkbookWriter:
    _WIDTHS: Final = (8, 60)  # characters; as narrow as an id, as wide as one reads a text in
    _LONGEST: Final = 32_767  # characters that Excel allows in a cell
    _LARGEST: Final = 1e15  # beyond it Excel would lose digits; not a number, it is less than nothing
    _MOST_ROWS: Final = 1_048_576  # that a sheet has

    def __init__(self, path: Path, columns: list[str]) -> None:
        try:
            import xlsxwriter
        except ImportError as error:
            raise MissingExtraError("writing .xlsx files", "XlsxWriter", "excel") from error
        self._book = xlsxwriter.Workbook(
            path, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        # A fixed date inside, so that the same rows give the same bytes.
        self._book.set_properties({"created": dt.datetime(2000, 1, 1)})
        self._sheet = self._book.add_worksheet("Обращения")
        bold = self._book.add_format({"bold": True, "bottom": 1})
        self._date = self._book.add_format({"num_format": "dd.mm.yyyy"})
        self._time = self._book.add_format({"num_format": "dd.mm.yyyy hh:mm"})
        self._columns = columns
        self._next = 1
        self._sheet.freeze_panes(1, 0)
        for place, name in enumerate(columns):
            wide = name.strip().casefold() in TEXT_COLUMNS
            self._sheet.set_column(place, place, self._WIDTHS[1] if wide else max(self._WIDTHS[0], len(name) + 4))
        self._sheet.write_row(0, 0, columns, bold)

    def write(self, rows: Iterable[Row]) -> None:
        for row in rows:
            if self._next >= self._MOST_ROWS:
                raise DataError(f"a sheet holds {self._MOST_ROWS} rows, the table has more: write .csv instead")
            for place, cell in enumerate(row):
                if cell is None or cell == "":
                    continue
                if isinstance(cell, bool):
                    self._sheet.write_boolean(self._next, place, cell)
                elif isinstance(cell, int | float) and abs(cell) < self._LARGEST:
                    self._sheet.write_number(self._next, place, cell)
                elif isinstance(cell, dt.datetime):
                    whole = cell.time() == dt.time() and cell.tzinfo is None
                    self._sheet.write_datetime(
                        self._next, place, cell.replace(tzinfo=None), self._date if whole else self._time
                    )
                elif isinstance(cell, dt.date):
                    self._sheet.write_datetime(self._next, place, cell, self._date)
                else:
                    text = cell_text(cell)
                    if len(text) > self._LONGEST:
                        raise DataError(
                            f"row {self._next + 1}, column «{self._columns[place]}»: {len(text)} characters, a cell of a "
                            f"workbook holds {self._LONGEST}: write .csv instead"
                        )
                    self._sheet.write_string(self._next, place, text)
            self._next += 1

    def close(self) -> None:
        from xlsxwriter.exceptions import XlsxWriterException

        self._sheet.autofilter(0, 0, max(self._next - 1, 1), len(self._columns) - 1)
        try:
            self._book.close()
        except XlsxWriterException as error:
            raise OSError(str(error)) from error


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
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)
