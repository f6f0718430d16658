"""A report as plain text for a terminal: lines of one width, columns in line."""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final, assert_never

from appealcls.reporting.figures import Figures
from appealcls.reporting.rendering.blocks import Block, Bullets, Cell, Chart, Heading, KeyFigures, Paragraph, Table
from appealcls.reporting.rendering.document import build

__all__ = ["render"]

# ECMA-48, 8.3.117: select graphic rendition.
_BOLD: Final = "\x1b[1m"
_DIM: Final = "\x1b[2m"
_PLAIN: Final = "\x1b[0m"
_GAP: Final = "  "
_MOST_WIDE: Final = 8  # columns that are two spaces apart; more of them are one
_NARROWEST: Final = 12  # of the column of names; below, a table is wider than the terminal


def render(figures: Figures, width: int = 100, *, color: bool = False) -> str:
    """The report in Russian.

    Parameters
    ----------
    figures : Figures
    width : int, default=100
        Characters of a line. A table whose numbers alone are wider is not cut.
    color : bool, default=False
        Whether headings are bold and notes dim, by escape sequences.
    """
    document = build(figures)
    page = _Page(width, color=color)
    lines = [page.bold(line) for line in page.wrapped(document.title.upper())]
    lines += [page.dim(line) for line in page.wrapped(document.subtitle)]
    for block in document.blocks:
        written = list(page.lines(block))
        lines += ["", *written] if written else []
    return "\n".join(line.rstrip() for line in lines) + "\n"


class _Page:
    def __init__(self, width: int, *, color: bool) -> None:
        self._width = width
        self._color = color

    def bold(self, text: str) -> str:
        return f"{_BOLD}{text}{_PLAIN}" if self._color and text else text

    def dim(self, text: str) -> str:
        return f"{_DIM}{text}{_PLAIN}" if self._color and text else text

    def wrapped(self, text: str, first: str = "", rest: str = "") -> list[str]:
        """Lines no wider than the page; ``first`` begins the first of them, ``rest`` the others."""
        parts = _wrap(text, max(self._width - _columns(first), _NARROWEST))
        return [(rest if position else first) + part for position, part in enumerate(parts)]

    def lines(self, block: Block) -> Iterator[str]:
        match block:
            case Heading():
                for line in self.wrapped(block.text):
                    yield self.bold(line)
                if block.level == 2:
                    yield self.dim("─" * min(self._width, _columns(block.text)))
            case Paragraph():
                mark = "! " if block.role == "warning" else ""
                yield from self.wrapped(block.text, mark, " " * len(mark))
            case KeyFigures():
                widest = max((_columns(item.label) for item in block.items), default=0)
                for figure in block.items:
                    start = f"{_left(figure.label, widest)}{_GAP}"
                    text = figure.value + (f" — {figure.note}" if figure.note else "")
                    yield from self.wrapped(text, start, " " * len(start))
            case Bullets():
                for item in block.items:
                    yield from self.wrapped(f"«{item}»" if block.role == "quotes" else item, "• ", "  ")
            case Table():
                yield from self._table(block)
            case Chart():
                return
            case _:
                assert_never(block)

    def _table(self, table: Table) -> Iterator[str]:
        rows = [*table.rows, *([table.total] if table.total else [])]
        words = [position for position, column in enumerate(table.columns) if column.align == "left"]
        widths = [
            max([_columns(row[position].text) for row in rows] + [_longest_word(column.name)])
            for position, column in enumerate(table.columns)
        ]
        gap = _GAP if len(widths) <= _MOST_WIDE else _GAP[:1]
        spare = self._width - len(gap) * (len(widths) - 1) - sum(widths)
        while spare < 0 and any(widths[position] > _NARROWEST for position in words):
            widest = max(words, key=lambda position: widths[position])
            widths[widest] -= 1
            spare += 1
        for line in self.wrapped(table.title):
            yield self.bold(line)
        head = tuple(Cell(column.name) for column in table.columns)
        yield from map(self.dim, _row(table, head, widths, gap, bottom=True))
        rule = self.dim("─" * (sum(widths) + len(gap) * (len(widths) - 1)))
        yield rule
        for row in table.rows:
            yield from _row(table, row, widths, gap)
        if table.total:
            yield rule
            yield from map(self.bold, _row(table, table.total, widths, gap))
        if table.note:
            for line in self.wrapped(table.note):
                yield self.dim(line)


def _row(table: Table, row: Sequence[Cell], widths: Sequence[int], gap: str, *, bottom: bool = False) -> Iterator[str]:
    """The lines of a row; cells begin on its first line, or with ``bottom`` end on its last."""
    cells = [_wrap(cell.text, width) or [""] for cell, width in zip(row, widths, strict=True)]
    height = max(map(len, cells))
    for cell in cells:
        padding = [""] * (height - len(cell))
        cell[:] = padding + cell if bottom else cell + padding
    for line in range(height):
        yield gap.join(
            _left(cell[line], width) if column.align == "left" else _right(cell[line], width)
            for cell, width, column in zip(cells, widths, table.columns, strict=True)
        ).rstrip()


def _columns(text: str) -> int:
    """Columns of a terminal that a text takes: wide characters two, marks above letters none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def _left(text: str, width: int) -> str:
    return text + " " * (width - _columns(text))


def _right(text: str, width: int) -> str:
    return " " * (width - _columns(text)) + text


def _longest_word(text: str) -> int:
    return max(map(_columns, text.split(" ")), default=0)


def _wrap(text: str, width: int) -> list[str]:
    """Lines no wider than ``width``; broken at spaces that may break, inside a word only where it is wider itself."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if _columns(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        line = word
        while _columns(line) > width:
            end = next(end for end in range(len(line), 0, -1) if _columns(line[:end]) <= width or end == 1)
            lines.append(line[:end])
            line = line[end:]
    return [*lines, *([line] if line else [])]
