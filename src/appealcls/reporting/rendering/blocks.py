"""What a document without a format is made of: headings, paragraphs, lists, tables, charts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = [
    "Block",
    "Bullets",
    "Cell",
    "Chart",
    "Column",
    "Document",
    "Heading",
    "KeyFigure",
    "KeyFigures",
    "Paragraph",
    "Series",
    "Table",
]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; ``level`` 2 opens a part, 3 a part of a part (1 is the title of the document).

    ``key`` is an id that occurs once in a document: Latin letters, digits and hyphens.
    """

    level: Literal[2, 3]
    text: str
    key: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences. ``role``: ``text``; ``note`` (small, about what stands above); ``warning`` (to be read before the rest)."""

    text: str
    role: Literal["text", "note", "warning"] = "text"


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list; ``role`` ``quotes`` holds words of citizens (without quotation marks)."""

    items: tuple[str, ...]
    role: Literal["text", "quotes"] = "text"


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A figure of the summary: what, how much, and how it changed (may be empty)."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """The summary on top of a report."""

    items: tuple[KeyFigure, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; words stand left, numbers right.

    ``role``: ``text``, ``number``, ``percent`` (a fraction), ``difference``, ``growth`` (a fraction), ``decimal``.
    """

    name: str
    role: Literal["text", "number", "percent", "difference", "growth", "decimal"] = "text"

    @property
    def align(self) -> Literal["left", "right"]:
        """Where the cells stand."""
        return "left" if self.role == "text" else "right"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: as it is shown, and the number behind it (None for words and for what is not known: «—»)."""

    text: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes
    ----------
    key : str
        Occurs once in a document: Latin letters, digits and hyphens.
    title : str
    columns : tuple of Column
        The first one names the rows.
    rows : tuple of tuple of Cell
        As wide as ``columns``.
    total : tuple of Cell or None
        The last row, set off from the others.
    note : str
        What the shares are shares of, and the like; may be empty.
    shaded : bool
        Whether cells may be tinted by :meth:`tint`; the last column and ``total`` then are sums.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None = None
    note: str = ""
    shaded: bool = False

    def tint(self, row: tuple[Cell, ...], place: int) -> float:
        """How strongly a cell of ``rows`` is tinted: 0 to 1.

        By how much it is above what the totals of its row and column make likely: 0, nothing; 1, twice as much or more.
        """
        if not self.shaded or self.total is None or not 0 < place < len(row) - 1:
            return 0.0
        whole = self.total[-1].value or 0.0
        expected = (row[-1].value or 0.0) * (self.total[place].value or 0.0) / whole if whole else 0.0
        return min(1.0, max(0.0, (row[place].value or 0.0) / expected - 1)) if expected else 0.0


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers of a chart under one name; as many as the chart has categories (None: not known)."""

    name: str
    values: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of a table.

    Attributes
    ----------
    kind : str
        ``bars`` (horizontal, a bar for each category and series), ``months`` (columns, and a line for the year before).
    key, title : str
        As of a table.
    alt : str
        What the picture shows, for those who cannot see it.
    categories : tuple of str
    series : tuple of Series
        The period first, the year before second (if any).
    partial : tuple of int
        Numbers (from 0) of categories that the data do not fill.
    """

    kind: Literal["bars", "months"]
    key: str
    title: str
    alt: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    partial: tuple[int, ...] = ()


Block: TypeAlias = Heading | Paragraph | Bullets | KeyFigures | Table | Chart


@dataclass(frozen=True, slots=True)
class Document:
    """A report to be written down: a title with its time, the list of topics it goes by (may be empty), and blocks."""

    title: str
    subtitle: str
    blocks: tuple[Block, ...]

    def tables(self) -> Iterator[Table]:
        """All tables in their order."""
        return (block for block in self.blocks if isinstance(block, Table))
