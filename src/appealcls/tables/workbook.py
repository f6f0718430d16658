"""Workbooks: .xlsx, .xlsm, .xls and .ods in, .xlsx out; dates stay dates, long digits stay text."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from appealcls.errors import DataError, MissingExtraError, UsageError
from appealcls.tables.base import (
    BATCH,
    EXCEL,
    TEXT_COLUMNS,
    Batch,
    Kind,
    Row,
    Table,
    TableWriter,
    cell_text,
    common_kind,
    find_header,
    kind_of,
)

__all__ = ["SHEET_COLUMN", "WorkbookTable", "WorkbookWriter"]

SHEET_COLUMN: Final = "Лист"
"""The column that tells where a row stood, when several sheets are read as one table."""

CUT: Final = "текст длиннее ячейки Excel ({} знаков) и обрезан: целиком он в файле ошибок"


class WorkbookTable(Table):
    """A workbook; its sheets with the same columns are one table. It is held in memory, as its format wants."""

    dialect = EXCEL

    def __init__(self, path: Path, sheet: str | None) -> None:
        try:
            from python_calamine import CalamineError, CalamineWorkbook
        except ImportError as error:
            raise MissingExtraError(f"reading {path.suffix} files", "python-calamine", "excel") from error
        self.path = path
        try:
            with path.open("rb") as file:  # by its name, an .xlsx that is called .xls would be taken for a damaged .xls
                workbook = CalamineWorkbook.from_filelike(file)
            names = workbook.sheet_names
            if sheet is not None and sheet not in names:
                raise UsageError(f"{path}: no sheet «{sheet}»; the sheets are {', '.join(f'«{n}»' for n in names)}")
            read = {
                name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
                for name in ([sheet] if sheet is not None else names)
            }
        except CalamineError as error:
            raise DataError(f"{path}: not a readable workbook: {error}") from error
        sheets = {name: rows for name, rows in read.items() if any(any(map(cell_text, row)) for row in rows)}
        above = {name: find_header(rows) or 0 for name, rows in sheets.items()}
        headers = {name: [cell_text(cell).strip() for cell in rows[above[name]]] for name, rows in sheets.items()}
        self.columns = next(iter(headers.values()), [])
        if not any(self.columns):
            raise DataError(f"{path}: the first row of the sheet must name the columns")
        alike = [name for name, header in headers.items() if header == self.columns]
        self.skipped = [name for name in sheets if name not in alike]
        several = len(alike) > 1
        if several:
            self.columns = [*self.columns, SHEET_COLUMN]
        self._rows: list[tuple[int, Row]] = [
            (number, [*row, name] if several else row)
            for name in alike
            for number, row in enumerate(sheets[name][above[name] + 1 :], above[name] + 2)
            if any(cell != "" for cell in row)
        ]
        self._read = 0

    @property
    def kinds(self) -> list[Kind]:
        """What the cells of each column are."""
        found: list[Kind | None] = [None] * len(self.columns)
        for _, row in self._rows:
            for place, cell in enumerate(row):
                if found[place] is not str:
                    found[place] = common_kind(found[place], kind_of(cell))
        return [kind or str for kind in found]

    @property
    def progress(self) -> tuple[int, int] | None:
        """Rows: how far, of how many."""
        return self._read, len(self._rows)

    def batches(self, size: int = BATCH) -> Iterator[Batch]:
        """See :class:`Table`."""
        for begin in range(0, len(self._rows), size):
            part = self._rows[begin : begin + size]
            self._read = begin + len(part)
            yield Batch([number for number, _ in part], [row for _, row in part])


class WorkbookWriter(TableWriter):
    """An .xlsx with a frozen header, a filter and widths to read in; what a sheet cannot hold goes on in the next."""

    _WIDTHS: Final = (8, 60)  # characters; as narrow as an id, as wide as one reads a text in
    _LONGEST: Final = 32_767  # characters that Excel allows in a cell
    _LARGEST: Final = 1e15  # beyond it Excel would lose digits; not a number, it is less than nothing
    _MOST_ROWS: Final = 1_048_576  # that a sheet has
    _OLDEST: Final = dt.date(1900, 3, 1)  # Excel takes 1900 for a leap year: earlier days would be shown as others

    def __init__(self, draft: Path, columns: Sequence[str]) -> None:
        try:
            import xlsxwriter
        except ImportError as error:
            raise MissingExtraError("writing .xlsx files", "XlsxWriter", "excel") from error
        super().__init__()
        draft.open("wb").close()  # a folder that cannot be written to is found out now, not after the work
        self._book = xlsxwriter.Workbook(
            draft, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        # A fixed date inside, so that the same rows give the same bytes.
        self._book.set_properties({"created": dt.datetime(2000, 1, 1)})
        self._bold = self._book.add_format({"bold": True, "bottom": 1})
        self._date = self._book.add_format({"num_format": "dd.mm.yyyy"})
        self._time = self._book.add_format({"num_format": "dd.mm.yyyy hh:mm"})
        self._columns = list(columns)
        self._written = 0
        self._sheet: Any = None
        self._add_sheet()

    def _add_sheet(self) -> None:
        number = len(self._book.worksheets()) + 1
        self._sheet = self._book.add_worksheet("Обращения" if number == 1 else f"Обращения {number}")
        self._sheet.freeze_panes(1, 0)
        for place, name in enumerate(self._columns):
            wide = name.strip().casefold() in TEXT_COLUMNS
            self._sheet.set_column(place, place, self._WIDTHS[1] if wide else max(self._WIDTHS[0], len(name) + 4))
        self._sheet.write_row(0, 0, self._columns, self._bold)
        self._next = 1

    def _end_sheet(self) -> None:
        self._sheet.autofilter(0, 0, max(self._next - 1, 1), len(self._columns) - 1)

    def write(self, rows: Iterable[Row]) -> None:
        """Append rows."""
        for row in rows:
            if self._next >= self._MOST_ROWS:
                self._end_sheet()
                self._add_sheet()
            self._write_row(row)
            self._next += 1
            self._written += 1

    def _write_row(self, row: Row) -> None:
        sheet, line = self._sheet, self._next
        for place, cell in enumerate(row):
            if cell is None or cell == "":
                continue
            if isinstance(cell, str):
                sheet.write_string(line, place, cell if len(cell) <= self._LONGEST // 2 else self._cut(place, cell))
            elif isinstance(cell, bool):
                sheet.write_boolean(line, place, cell)
            elif isinstance(cell, int | float) and abs(cell) < self._LARGEST:
                sheet.write_number(line, place, cell)
            elif isinstance(cell, dt.datetime) and cell.date() >= self._OLDEST:
                whole = cell.time() == dt.time() and cell.tzinfo is None
                sheet.write_datetime(line, place, cell.replace(tzinfo=None), self._date if whole else self._time)
            elif isinstance(cell, dt.date) and not isinstance(cell, dt.datetime) and cell >= self._OLDEST:
                sheet.write_datetime(line, place, cell, self._date)
            else:
                text = cell_text(cell)
                sheet.write_string(line, place, self._cut(place, text))

    def _cut(self, place: int, text: str) -> str:
        """The text as far as a cell holds it. Excel counts an emoji as two characters, as UTF-16 has it."""
        units = text.encode("utf-16-le")
        if len(units) <= 2 * self._LONGEST:
            return text
        self.problems.append((self._written, self._columns[place], CUT.format(self._LONGEST), text))
        return units[: 2 * (self._LONGEST - 1)].decode("utf-16-le", "ignore") + "…"

    def close(self, complete: bool) -> None:
        """Put the workbook together."""
        from xlsxwriter.exceptions import XlsxWriterException

        self._end_sheet()
        if not complete:
            self._book.worksheets_objs = self._book.worksheets_objs[:1]
        try:
            self._book.close()
        except XlsxWriterException as error:
            raise OSError(str(error)) from error
