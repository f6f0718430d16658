"""A report as the official letter: a Word file that an office signs and sends.

It says what :mod:`.document` says, in its order; tables and pictures are numbered, and a place for the signature is left.
"""

import io
import re
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Final

from docx.document import Document as WordDocument
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.shared import Mm, Pt
from docx.table import Table as WordTable
from docx.table import _Cell
from docx.text.paragraph import Paragraph as WordParagraph

from appealcls.reporting.figures import Figures
from appealcls.reporting.rendering import charts, word
from appealcls.reporting.rendering.blocks import (
    Block,
    Bullets,
    Cell,
    Chart,
    Document,
    Heading,
    KeyFigures,
    Paragraph,
    Table,
)
from appealcls.reporting.rendering.document import build
from appealcls.reporting.wording import NBSP

__all__ = ["render"]

_SIZES: Final = (11, 10, 9)  # pt, of tables: smaller only where a wide one would not fit
_KEY_SIZE: Final = 12  # pt, of the summary on top
_KEPT: Final = 14  # rows of a table that is not broken over two pages
_HEADER, _TINT = "E7EEF6", (0xBD, 0xD7, 0xEE)
_PICTURE: Final = 540.0  # points that a chart is drawn in: its letters are a little smaller than those of a table
_LOOSE: Final = re.compile(rf"(?<=\d){NBSP}(?=[а-яё]{{3}})")
_INDENT: Final = 12.5  # mm, of the first line of a paragraph
_SIGNATURE: Final = (
    "Начальник отдела ________________",
    "____________ / И. О. Фамилия",
    "«____» ______________ 20____ г.",
)


def render(figures: Figures) -> bytes:
    """The letter (DOCX); the same bytes for the same figures."""
    return _Letter(build(figures)).write()


class _Letter:
    def __init__(self, source: Document) -> None:
        self._source = source
        self._word: WordDocument = word.new_document(source.title)
        self._tables, self._pictures = count(1), count(1)
        self._landscape = False

    def write(self) -> bytes:
        self._word.add_paragraph(self._source.title, "Title")
        if self._source.subtitle:
            self._word.add_paragraph(self._source.subtitle, "Subtitle")
        for part in _parts(self._source.blocks):
            self._turn(any(isinstance(block, Table) and _is_wide(block) for block in part))
            for block in part:
                self._block(block)
        self._turn(False)
        self._signature()
        return word.saved(self._word)

    def _turn(self, landscape: bool) -> None:
        if landscape != self._landscape:
            word.add_section(self._word, landscape=landscape)
            self._landscape = landscape

    def _block(self, block: Block) -> None:
        match block:
            case Heading(level, text):
                self._word.add_paragraph(text, f"Heading {level}")
            case Paragraph():
                self._paragraph(block)
            case Bullets(items, role):
                for item in items:
                    self._word.add_paragraph(f"«{item}»" if role == "quotes" else item, "List Bullet")
            case KeyFigures():
                self._key_figures(block)
            case Table():
                self._table(block)
            case Chart():
                self._chart(block)

    def _paragraph(self, block: Paragraph) -> None:
        if block.role == "note":
            self._word.add_paragraph(block.text, "Note")
            return
        # Justified lines need spaces that give: a number may be parted from its noun, but not from «%» or its thousands.
        paragraph = self._word.add_paragraph(_LOOSE.sub(" ", block.text))
        paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        paragraph.paragraph_format.first_line_indent = Mm(_INDENT)
        if block.role == "warning":
            paragraph.runs[0].bold = True
        # «… in words:» stays with what it announces.
        paragraph.paragraph_format.keep_with_next = block.text.endswith(":")

    def _key_figures(self, block: KeyFigures) -> None:
        rows = [(item.label, item.value, item.note) for item in block.items]
        if not rows:
            return
        columns = [["", *column] for column in zip(*rows, strict=True)]
        widths, _ = word.column_widths(columns, [True, False, True], self._width, _KEY_SIZE)
        table = self._grid(len(rows), widths)
        for number, row in enumerate(rows):
            cells = table.rows[number].cells
            for cell, text, right in zip(cells, row, (False, True, False), strict=True):
                _fill(cell, text, _KEY_SIZE, right=right, bold=right, keep=number < len(rows) - 1)
        self._word.add_paragraph("", "After table")

    @property
    def _width(self) -> float:
        return word.PAGE_WIDTHS[self._landscape]

    def _table(self, block: Table) -> None:
        self._word.add_paragraph(f"Таблица {next(self._tables)} — {block.title}", "Caption")
        size, widths = _fitted(block, self._width)
        rows: list[tuple[Cell, ...]] = [*block.rows, *([block.total] if block.total else [])]
        table = self._grid(1 + len(rows), widths)
        word.repeat_header(table.rows[0])
        for cell, column in zip(table.rows[0].cells, block.columns, strict=True):
            _fill(cell, column.name, size, bold=True, keep=True, centred=True)
            word.shade(cell, _HEADER)
        kept = len(rows) <= _KEPT
        for number, row in enumerate(rows, 1):
            last = number == len(rows)
            total = last and block.total is not None
            inner = [part.value or 0 for part in row[1:-1]]  # the last column of a shaded table is its total
            largest = max(inner, default=0)
            for place, (cell, part, column) in enumerate(
                zip(table.rows[number].cells, row, block.columns, strict=True)
            ):
                # The first and the last two rows are never alone on a page, and short tables are whole.
                keep = not last and (kept or number in {1, len(rows) - 1})
                _fill(
                    cell,
                    part.text,
                    size,
                    right=column.align == "right",
                    bold=total,
                    keep=keep or last,
                )
                if (
                    block.shaded
                    and not total
                    and 0 < place < len(row) - 1
                    and column.role == "number"
                    and part.value
                    and largest
                ):
                    word.shade(cell, _tint(part.value / largest))
        self._word.add_paragraph(block.note, "Note" if block.note else "After table")

    def _grid(self, rows: int, widths: Sequence[float]) -> WordTable:
        table: WordTable = self._word.add_table(rows, len(widths))
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        word.set_borders(table)
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Mm(width)
        for row in table.rows:
            word.no_split(row)
            for cell, width in zip(row.cells, widths, strict=True):
                cell.width = Mm(width)
        return table

    def _chart(self, block: Chart) -> None:
        paragraph = self._word.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.keep_with_next = True
        picture = paragraph.add_run().add_picture(
            io.BytesIO(charts.png(block, _PICTURE)), width=Mm(word.PAGE_WIDTHS[False])
        )
        word.describe(picture, block.alt)
        caption = self._word.add_paragraph(f"Рисунок {next(self._pictures)} — {block.title}", "Caption")
        caption.alignment = WD_ALIGN_PARAGRAPH.CENTER
        caption.paragraph_format.keep_with_next = False

    def _signature(self) -> None:
        office, name, date = _SIGNATURE
        self._word.paragraphs[-1].paragraph_format.keep_with_next = True  # never alone on a page
        line = self._word.add_paragraph()
        line.paragraph_format.space_before = Pt(36)
        line.paragraph_format.keep_with_next = True
        line.paragraph_format.tab_stops.add_tab_stop(Mm(self._width), WD_TAB_ALIGNMENT.RIGHT)
        line.add_run(f"{office}\t{name}")
        self._word.add_paragraph(date).paragraph_format.space_before = Pt(12)


def _parts(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Runs of blocks that begin with a heading of the second level."""
    part: list[Block] = []
    for block in blocks:
        if isinstance(block, Heading) and block.level == 2 and part:
            yield part
            part = []
        part.append(block)
    if part:
        yield part


def _columns(table: Table) -> list[list[str]]:
    rows = [*table.rows, *([table.total] if table.total else [])]
    return [[column.name, *(row[place].text for row in rows)] for place, column in enumerate(table.columns)]


def _words(table: Table) -> list[bool]:
    return [column.role == "text" for column in table.columns]


def _is_wide(table: Table) -> bool:
    return not word.column_widths(_columns(table), _words(table), word.PAGE_WIDTHS[False], _SIZES[1])[1]


def _fitted(table: Table, page: float) -> tuple[int, list[float]]:
    """The largest font in which no word is cut, and the widths of the columns, mm."""
    for size in _SIZES:
        widths, fits = word.column_widths(_columns(table), _words(table), page, size)
        if fits:
            break
    return size, widths


def _fill(
    cell: _Cell,
    text: str,
    size: int,
    *,
    right: bool = False,
    bold: bool = False,
    keep: bool = False,
    centred: bool = False,
) -> None:
    paragraph: WordParagraph = cell.paragraphs[0]
    paragraph.style = "Table text"
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    elif right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    paragraph.paragraph_format.keep_with_next = keep
    run = paragraph.add_run(text)
    run.font.size, run.bold = Pt(size), bold


def _tint(part: float) -> str:
    """White for nothing, the full tint for the largest."""
    return "".join(f"{round(255 - (255 - colour) * min(max(part, 0.0), 1.0)):02X}" for colour in _TINT)
