"""One table on one sheet of a workbook: title, note, frozen header, rows, total, and a chart of it below.

Numbers are written as numbers with a format, words as words whatever they look like: a cell that begins with ``=`` is
neither run nor followed. What an accountant would compute in Excel is a formula, with its value at hand for programs that
compute nothing.
"""

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.workbook import Workbook

from appealcls.reporting.wording import NBSP

__all__ = [
    "DASH",
    "TOTAL",
    "Cell",
    "Column",
    "Formula",
    "Placed",
    "Role",
    "TableWriter",
    "column_name",
    "column_sum",
    "sheet_name",
]

Role: TypeAlias = Literal["text", "count", "share", "difference", "growth", "decimal", "p"]

DASH: Final = "—"
"""What stands for a number that there is none."""

TOTAL: Final = "Итого"

_FORMATS: Final[dict[Role, str]] = {
    # The comma is whatever the reader's Excel puts between thousands: a space in a Russian one.
    "count": "#,##0",
    "share": "0.0%",
    "difference": "+#,##0;\u2212#,##0;0",
    "growth": "+0.0%;\u22120.0%;0.0%",
    "decimal": "#,##0.0",
    "p": "0.0E+00",
}
_STYLES: Final[dict[str, dict[str, Any]]] = {
    "title": {"bold": True, "font_size": 14},
    "note": {"font_color": "#595959"},
    "header": {"bold": True, "bg_color": "#DDEBF7", "align": "center", "valign": "vcenter"},
    "total": {"bold": True, "top": 2, "top_color": "#1F4E79"},
}
_LONGEST: Final = 32_767  # characters that Excel allows in a cell
_NAME: Final = 31  # characters that it allows in the name of a sheet
_NOT_IN_NAMES: Final = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
_WIDTHS: Final = (16, 46)  # characters, of columns of words
_NUMBER_WIDTH: Final = 11
_LONGEST_WORD: Final = 20  # of a header that a column is made as wide as
_LINE: Final = 14.0  # points, of a line of text; programs other than Excel do not find the height of a row themselves
_TALLEST: Final = 409.0  # points, of a row
_COLOURS: Final = ("#1F4E79", "#A6A6A6")  # now and a year before: told apart in black and white, too
_ROWS_OF_A_PAGE: Final = 16  # with a chart
_FONT: Final = "Arial"


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula and its value; ``{row}``, ``{first}``, ``{last}``, ``{total}`` stand for the numbers of rows."""

    text: str
    value: float | str


Cell: TypeAlias = str | int | float | Formula | None


@dataclass(frozen=True, slots=True)
class Column:
    """Name of a column and what its cells are."""

    name: str
    role: Role = "text"
    width: float | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a table stands: rows from 0, ``first`` > ``last`` if it has none; and how wide it is on a screen."""

    sheet: Any
    header: int
    first: int
    last: int
    pixels: int

    @property
    def below(self) -> int:
        """The row under the table and its total, with one left blank."""
        return max(self.last, self.header) + 3


def sheet_name(name: str, taken: Iterable[str]) -> str:
    """A name that Excel allows and that no other sheet has.

    Examples
    --------
    >>> sheet_name("Темы: снег/лёд", ())
    'Темы снег лёд'
    >>> sheet_name("Темы", {"темы"})
    'Темы 2'
    """
    used = {other.casefold() for other in taken}
    base = " ".join(name.translate(_NOT_IN_NAMES).split()) or "Лист"
    new, number = base[:_NAME].rstrip(), 1
    while new.casefold() in used:
        number += 1
        new = f"{base[: _NAME - len(str(number)) - 1].rstrip()} {number}"
    return new


class TableWriter:
    """Writes tables into a workbook, a sheet for each.

    Parameters
    ----------
    book : Workbook
    footer : str
        Left in the footer of every page.
    """

    def __init__(self, book: Workbook, footer: str) -> None:
        self._book = book
        self._footer = footer.replace("&", "&&")
        self._formats: dict[tuple[Role, str], Any] = {}

    def add(
        self,
        name: str,
        title: str,
        columns: Sequence[Column],
        rows: Sequence[Sequence[Cell]],
        *,
        notes: Sequence[str] = (),
        total: Sequence[Cell] | None = None,
        filtered: bool = False,
        heat: tuple[int, int] | None = None,
    ) -> Placed:
        """Add a sheet with a table.

        Parameters
        ----------
        name, title : str
            Of the sheet, and above the table.
        columns : sequence of Column
        rows : sequence of sequences of Cell, as wide as the columns
        notes : sequence of str
            Lines between title and header: what the shares are shares of.
        total : sequence of Cell, optional
            The last row.
        filtered : bool, default=False
            Whether Excel offers a filter.
        heat : tuple of int, optional
            First and last column, from 0, that are coloured by their numbers.
        """
        book = self._book
        sheet = book.add_worksheet(sheet_name(name, book.sheetnames))
        sheet.write_string(0, 0, title, self._format("text", "title"))
        for number, note in enumerate(notes, 1):
            sheet.write_string(number, 0, note, self._format("text", "note"))
        header = len(notes) + 1
        widths = [_width(column, [row[place] for row in rows]) for place, column in enumerate(columns)]
        for place, (column, width) in enumerate(zip(columns, widths, strict=True)):
            sheet.write_string(header, place, _clean(column.name), self._format(column.role, "header"))
            sheet.set_column(place, place, width)
        sheet.set_row(0, 1.5 * _LINE)
        sheet.set_row(header, _height([column.name for column in columns], widths) + 4)
        placed = Placed(sheet, header, header + 1, header + len(rows), round(7 * sum(widths)))
        for number, row in enumerate(rows, placed.first):
            sheet.set_row(number, _height(row, widths))
            self._row(placed, number, columns, row, "row")
        if total is not None:
            self._row(placed, placed.last + 1, columns, total, "total")
        if filtered and rows:
            sheet.autofilter(header, 0, placed.last, len(columns) - 1)
        if heat is not None and rows:
            sheet.conditional_format(
                placed.first, heat[0], placed.last, heat[1],
                {"type": "2_color_scale", "min_color": "#FFFFFF", "max_color": "#9DC3E6"},
            )  # fmt: skip
        sheet.freeze_panes(header + 1, 1)
        self._print(sheet, header)
        return placed

    def chart(
        self,
        placed: Placed,
        kind: Literal["bar", "column"],
        series: Sequence[tuple[str, int]],
        title: str,
        alt: str,
    ) -> None:
        """A native chart below a table.

        Parameters
        ----------
        placed : Placed
        kind : str
            ``bar``: horizontal, the first row on top; ``column``: the second series is a line.
        series : sequence of (name, column)
            Columns from 0; the categories are those of the first column.
        title, alt : str
            Above it, and for those who cannot see it.
        """
        if placed.last < placed.first:
            return
        chart = self._book.add_chart({"type": kind})
        where = [placed.sheet.get_name(), placed.first, None, placed.last, None]
        for number, (name, column) in enumerate(series):
            data = {
                "name": name,
                "categories": [part if part is not None else 0 for part in where],
                "values": [part if part is not None else column for part in where],
                "fill": {"color": _COLOURS[number]},
                "gap": 60,
            }
            if number == 0:
                data["data_labels"] = {"value": True, "num_format": _FORMATS["count"], "font": {"size": 9}}
            if number and kind == "column":
                line = self._book.add_chart({"type": "line"})
                line.add_series(
                    {**data, "line": {"color": "#7F7F7F", "width": 2}, "marker": {"type": "circle", "size": 6}}
                )
                chart.combine(line)
            else:
                chart.add_series(data)
        rows = placed.last - placed.first + 1
        chart.set_title({"name": title, "name_font": {"size": 13}, "overlay": False})
        chart.set_legend({"position": "bottom"} if len(series) > 1 else {"none": True})
        if kind == "bar":
            chart.set_y_axis({"reverse": True, "num_font": {"size": 9}, "line": {"color": "#7F7F7F"}})
            chart.set_x_axis({"min": 0, "visible": False, "major_gridlines": {"visible": False}})
        else:
            grid = {"visible": True, "line": {"color": "#D9D9D9"}}
            chart.set_y_axis({"min": 0, "num_format": _FORMATS["count"], "major_gridlines": grid})
        height = 360 if kind == "column" else min(120 + 36 * rows, 1400)
        chart.set_size({"width": min(max(placed.pixels, 800), 1000), "height": height})
        if rows <= _ROWS_OF_A_PAGE:
            placed.sheet.fit_to_pages(1, 1)  # the table and its chart are read together
        placed.sheet.insert_chart(placed.below, 0, chart, {"description": alt, "object_position": 2})

    def _row(self, placed: Placed, number: int, columns: Sequence[Column], row: Sequence[Cell], style: str) -> None:
        sheet, rows = placed.sheet, {"first": placed.first + 1, "last": max(placed.last, placed.first) + 1}
        for place, (column, cell) in enumerate(zip(columns, row, strict=True)):
            look = self._format(column.role, style)
            if isinstance(cell, Formula):
                text = cell.text.format(row=number + 1, total=placed.last + 2, **rows)
                sheet.write_formula(number, place, text, look, cell.value)
            elif cell is None:
                sheet.write_blank(number, place, None, look)
            elif isinstance(cell, str):
                sheet.write_string(number, place, _clean(cell), look)
            else:
                sheet.write_number(number, place, cell, look)

    def _print(self, sheet: Any, header: int) -> None:
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(header)
        sheet.set_margins(left=0.6, right=0.4, top=0.6, bottom=0.7)
        # «&8» would swallow a figure that follows it: the size is closed by the name of a font.
        sheet.set_footer(f'&L&8&"{_FONT},Regular"{self._footer}&R&8&"{_FONT},Regular"Страница &P из &N')

    def _format(self, role: Role, style: str) -> Any:
        key = (role, style)
        if key not in self._formats:
            look: dict[str, Any] = {"font_name": _FONT, "font_size": 10, "valign": "top"}
            if style in {"row", "total", "header"}:
                look |= {"border": 1, "border_color": "#BFBFBF", "align": "left" if role == "text" else "right"}
                look |= {"indent": 1} if role == "text" and style != "header" else {}
                look |= {"text_wrap": True} if role == "text" or style == "header" else {}
                look |= {"num_format": _FORMATS[role]} if role != "text" and style != "header" else {}
            look |= _STYLES.get(style, {})
            self._formats[key] = self._book.add_format(look)
        return self._formats[key]


def column_sum(column: int, counts: Iterable[int | None]) -> Formula:
    """The sum of a column of a table, from 0, for its total; unknown counts are nothing."""
    name = column_name(column)
    return Formula(f"=SUM({name}{{first}}:{name}{{last}})", sum(filter(None, counts)))


def _clean(text: str) -> str:
    """Without control characters and halves of characters, which a workbook cannot hold, and no longer than it takes."""
    kept = "".join(
        " " if unicodedata.category(character) in {"Cc", "Cs"} and character != "\n" else character
        for character in text
    )
    return kept if len(kept) <= _LONGEST else kept[: _LONGEST - 1] + "…"


def column_name(place: int) -> str:
    """The letters of a column, from 0: 0 is ``A``."""
    return str(xl_col_to_name(place))


def _width(column: Column, cells: Sequence[Cell]) -> float:
    """In characters: what the words need within limits; numbers are as wide as the longest word of their header."""
    longest = min(max(map(len, column.name.replace(NBSP, " ").split(" "))), _LONGEST_WORD) * 1.2 + 1
    if column.width is not None:
        return max(column.width, longest)
    if column.role != "text":
        return max(_NUMBER_WIDTH, longest)
    low, high = _WIDTHS
    return min(max([low, longest, *(len(cell) + 3.0 for cell in cells if isinstance(cell, str))]), high)


def _height(cells: Sequence[Cell], widths: Sequence[float]) -> float:
    """In points, of a row whose words are wrapped."""
    lines = [
        sum(_wrapped(line, 1.1 * width - 2) for line in cell.split("\n"))
        for cell, width in zip(cells, widths, strict=True)
        if isinstance(cell, str)
    ]
    return min(max([1, *lines]) * _LINE, _TALLEST)


def _wrapped(text: str, width: float) -> int:
    # Lines break between words, so that a tenth of each is left empty.
    return 1 if len(text) <= width else math.ceil(1.1 * len(text) / width)
