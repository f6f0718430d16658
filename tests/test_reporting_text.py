"""The report as Markdown and as text of a terminal: what the document says, in lines and columns."""

import re
import unicodedata
from itertools import pairwise

import pytest
from markdown_it import MarkdownIt

from appealcls.reporting.figures import Figures
from appealcls.reporting.rendering import markdown, terminal
from appealcls.reporting.rendering.document import build
from appealcls.reporting.wording import NBSP


def _cells(figures: Figures) -> list[str]:
    return [
        cell.text
        for table in build(figures).tables()
        for row in (*table.rows, *([table.total] if table.total else []))
        for cell in row
    ]


def _markdown_cells(text: str) -> tuple[list[str], str]:
    """The body cells of all tables as a reader of Markdown sees them, and the whole page that it makes."""
    reader = MarkdownIt("commonmark").enable("table")
    tokens = reader.parse(text)
    inside = False
    cells = []
    for token, following in pairwise(tokens):
        inside = token.type == "tbody_open" or (inside and token.type != "tbody_close")
        if inside and token.type == "td_open":
            cells.append("".join(part.content for part in following.children or []))
    return cells, reader.render(text)


def test_a_reader_of_markdown_sees_the_words_as_they_are(report_sample: Figures) -> None:
    """Every cell comes out of Markdown as it went in, whatever marks it holds, and no HTML comes out of it."""
    cells, page = _markdown_cells(markdown.render(report_sample))
    # Markdown takes spaces at the ends and runs of them for nothing.
    assert [re.sub(r" +", " ", cell) for cell in cells] == [
        re.sub(r" +", " ", cell).strip() for cell in _cells(report_sample)
    ]
    assert "<script" not in page
    assert "<a " not in page


def test_markdown_has_a_title_and_tables_with_aligned_numbers(report_samples: dict[str, Figures]) -> None:
    """The title is the first line, tables have heads, numbers stand right, the total is bold."""
    text = markdown.render(report_samples["full"]).replace(NBSP, " ")
    assert text.startswith("# Обзор обращений граждан за 2025 год\n")
    assert "| Тема | Обращений | Доля от 18 412 | АППГ | Изменение | Изменение, % |\n| --- | ---: |" in text
    assert "| **Итого** | **18 412** | **100,0 %** |" in text
    assert text.endswith("\n")
    assert "\n\n\n" not in text


def _width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)


@pytest.mark.parametrize("width", [72, 100, 140])
def test_lines_of_a_terminal_are_no_wider_than_asked(width: int, report_sample: Figures) -> None:
    """No line is wider than the terminal, except rows of tables whose numbers alone are."""
    limit = width
    for table in build(report_sample).tables():
        rows = (*table.rows, *([table.total] if table.total else []))
        needed = sum(
            12
            if column.align == "left"
            else max([*(len(row[place].text) for row in rows), *map(len, column.name.split(" "))])
            for place, column in enumerate(table.columns)
        )
        limit = max(limit, needed + 2 * len(table.columns))
    for line in terminal.render(report_sample, width).splitlines():
        assert _width(line) <= limit
        assert line == line.rstrip()


def test_columns_of_a_terminal_are_in_line(report_samples: dict[str, Figures]) -> None:
    """The numbers of a column end at one place."""
    lines = terminal.render(report_samples["full"]).splitlines()
    start = lines.index("Основные показатели")
    ends = {len(line) for line in lines[start + 3 : start + 10]}
    assert len(ends) == 1
    assert lines[start + 1].split()[0] == "Показатель"


def test_a_terminal_gets_no_escape_sequences_but_those_asked_for(report_sample: Figures) -> None:
    """Without color there is no control character; with it, taking out the sequences leaves the same text."""
    plain = terminal.render(report_sample)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", plain)
    colored = terminal.render(report_sample, color=True)
    assert "\x1b[1m" in colored
    assert re.sub(r"\x1b\[[012]m", "", colored) == plain


def test_all_words_and_numbers_are_in_the_terminal_text(report_samples: dict[str, Figures]) -> None:
    """Every word of every table is there, and text is the same for the same figures."""
    figures = report_samples["full"]
    text = terminal.render(figures, 200)
    words = set(text.replace("\n", " ").split(" "))
    assert not [word for cell in _cells(figures) for word in cell.split(" ") if word not in words]
    assert text == terminal.render(figures, 200)
