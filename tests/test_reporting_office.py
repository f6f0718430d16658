"""The workbook and the letter say what the figures and the document say, whatever stands in the table."""

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import docx
import pytest
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from appealcls.reporting.figures import Figures
from appealcls.reporting.rendering import docx as letter
from appealcls.reporting.rendering import word, xlsx
from appealcls.reporting.rendering.blocks import Chart, Heading
from appealcls.reporting.rendering.document import build
from appealcls.reporting.rendering.worksheet import sheet_name

_NAMES = ("full", "partial", "no_dates", "no_last_year", "one_row", "empty", "hostile")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_PARTS = {"xlsx": xlsx.render, "docx": letter.render}


@pytest.fixture(scope="session")
def written(report_samples: dict[str, Figures]) -> Callable[[str, str], bytes]:
    """The file of a kind for a sample, written once."""
    return cache(lambda kind, name: _PARTS[kind](report_samples[name]))


Written = Callable[[str, str], bytes]


def _book(data: bytes) -> dict[str, list[list[Any]]]:
    """Rows of every sheet by its name."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def _row(rows: list[list[Any]], first: Any) -> list[Any]:
    return next(row for row in rows if row[0] == first)


def _sheets(data: bytes) -> list[ET.Element]:
    """The sheets as XML."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        names = [name for name in file.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)]
        return [ET.fromstring(file.read(name)) for name in names]


# Both


@pytest.mark.parametrize("kind", _PARTS)
@pytest.mark.parametrize("name", ["full", "empty", "hostile"])
def test_the_same_figures_give_the_same_bytes(
    kind: str, name: str, written: Written, report_samples: dict[str, Figures]
) -> None:
    """A file written twice is the same file."""
    assert _PARTS[kind](report_samples[name]) == written(kind, name)


@pytest.mark.parametrize("kind", _PARTS)
def test_a_file_tells_nothing_of_the_machine(kind: str, written: Written) -> None:
    """Neither the user nor the time of writing stands in the properties or the archive."""
    with zipfile.ZipFile(io.BytesIO(written(kind, "full"))) as file:
        assert {part.date_time for part in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = file.read("docProps/core.xml").decode()
    assert re.findall(r"<dcterms:\w+ [^>]*>([^<]*)", core) == ["2000-01-01T00:00:00Z"] * 2
    assert re.findall(r"<(?:dc:creator|cp:lastModifiedBy)>([^<]+)", core) == []


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed")
@pytest.mark.parametrize("name", ["full", "one_row", "hostile"])
def test_an_office_opens_the_files(name: str, written: Written, tmp_path: Path) -> None:
    """LibreOffice converts the workbook and the letter to PDF."""
    for kind in _PARTS:
        path = tmp_path / f"{name}.{kind}"
        path.write_bytes(written(kind, name))
        home = f"-env:UserInstallation={(tmp_path / 'office').as_uri()}"
        command = ["soffice", home, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(path)]
        subprocess.run(command, check=True, capture_output=True, timeout=180)
        assert path.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
        path.with_suffix(".pdf").unlink()


# The workbook


@pytest.mark.parametrize("name", _NAMES)
def test_topics_are_numbers_that_sum_to_the_total(
    name: str, written: Written, report_samples: dict[str, Figures]
) -> None:
    """Counts, shares and the year before stand in the sheet as numbers, equal to the figures."""
    figures = report_samples[name]
    rows = _book(written("xlsx", name))["Темы"]
    header = next(number for number, row in enumerate(rows) if row[0] == "Тема")
    body = rows[header + 1 : header + 1 + len(figures.topics.lines)]
    for row, line in zip(body, figures.topics.lines, strict=True):
        assert row[:2] == [re.sub(r"[\x00-\x09\x0b-\x1f]", " ", line.name), line.count]
        assert isinstance(row[1], float | int)
        assert row[2] == pytest.approx(line.share(figures.topics.base))
        if line.on_last_year is not None:
            assert row[3:5] == [line.last_year, line.on_last_year.difference]
            ratio = line.on_last_year.ratio
            assert row[5] == ("—" if ratio is None else pytest.approx(ratio))
    total = _row(rows[header:], "Итого")
    assert total[1] == sum(row[1] for row in body) == figures.topics.base
    assert total[2] == (1.0 if figures.topics.base else 0.0)


def test_cross_tables_and_months_stand_whole(written: Written, report_samples: dict[str, Figures]) -> None:
    """Every count of the cross tables and months is on its sheet, with the totals of the figures."""
    figures, book = report_samples["full"], _book(written("xlsx", "full"))
    for cross, sheet in zip(figures.crosses, ("Темы по месяцам", "Темы по районам"), strict=True):
        for (_, name), counts, total in zip(cross.rows, cross.counts, cross.row_totals, strict=True):
            assert _row(book[sheet], name) == [name, *counts, total]
        assert _row(book[sheet], "Итого") == ["Итого", *cross.column_totals, cross.total]
    months = book["Месяцы"]
    assert [row[1] for row in months if row[0].endswith("2025")] == [month.count for month in figures.months]


def test_there_is_a_sheet_for_every_table(written: Written) -> None:
    """Each part of the figures has its sheet, under a name that Excel takes."""
    names = list(_book(written("xlsx", "full")))
    assert names == [
        "Итоги", "Темы", "Темы по месяцам", "Темы по районам", "Месяцы", "Вопросы", "Каналы", "Виды", "Формы", "Районы",
        "Подразделения", "Результаты", "Оценка", "Сроки", "Просрочка", "Всплески", "Слова", "Места", "Рекомендации",
        "О данных",
    ]  # fmt: skip
    assert set(_book(written("xlsx", "no_dates"))) == {"Итоги", "Темы", "О данных"}


@pytest.mark.parametrize("name", _NAMES)
def test_formulas_hold_the_values_that_excel_computes(name: str, written: Written) -> None:
    """A program that computes nothing shows what Excel would: sums, shares and changes are worked out again."""
    for sheet in _sheets(written("xlsx", name)):
        cells: dict[str, Any] = {}
        formulas = {}
        for cell in sheet.iter(f"{_MAIN}c"):
            value, formula = cell.find(f"{_MAIN}v"), cell.find(f"{_MAIN}f")
            if value is not None and value.text is not None and cell.get("t") in {None, "n"}:
                cells[str(cell.get("r"))] = float(value.text)
            if formula is not None:
                assert value is not None
                formulas[str(cell.get("r"))] = (str(formula.text), value.text)
        for text, held in formulas.values():
            computed = _computed(text, cells)
            assert held == computed if isinstance(computed, str) else float(str(held)) == pytest.approx(computed)


def _computed(formula: str, cells: dict[str, Any]) -> Any:
    """The few formulas of the workbook: a sum, a difference, a quotient that may have nothing below it."""
    total = re.fullmatch(r"SUM\(([A-Z]+)(\d+):([A-Z]+)(\d+)\)", formula)
    if total:
        start, stop = _number(total[1]), _number(total[3])
        return sum(
            value
            for name, value in cells.items()
            for place in [re.fullmatch(r"([A-Z]+)(\d+)", name)]
            if place and start <= _number(place[1]) <= stop and int(total[2]) <= int(place[2]) <= int(total[4])
        )
    choice = re.fullmatch(r"IF\(([^=]+)=0,(\"—\"|0),(.+)\)", formula)
    if choice and not _computed(choice[1], cells):
        return choice[2].strip('"') if choice[2] != "0" else 0.0
    plain = (choice[3] if choice else formula).replace("$", "")
    assert re.fullmatch(r"[A-Z]+\d+(?:[-+/][A-Z]*\d+)*", plain), formula
    return eval(re.sub(r"[A-Z]+\d+", lambda name: repr(cells[name[0]]), plain))


def _number(column: str) -> int:
    value = 0
    for character in column:
        value = 26 * value + ord(character) - 64
    return value


def test_words_are_never_formulas_or_links(written: Written, report_samples: dict[str, Figures]) -> None:
    """A topic called ``=HYPERLINK(…)`` is a word: no formula but our own, and no link."""
    data = written("xlsx", "hostile")
    formulas = [str(part.text) for sheet in _sheets(data) for part in sheet.iter(f"{_MAIN}f")]
    assert all(re.match(r"SUM\(|IF\(|[A-Z]+\d+[-+/]", formula) for formula in formulas)
    assert not any(sheet.find(f"{_MAIN}hyperlinks") is not None for sheet in _sheets(data))
    name = report_samples["hostile"].topics.lines[1].name
    assert name.startswith("=HYPERLINK")
    assert _row(_book(data)["Темы"], name)[1] == report_samples["hostile"].topics.lines[1].count


@given(st.lists(st.text(max_size=40), min_size=7, max_size=7))
@settings(max_examples=15)
def test_any_name_is_written(report_samples: dict[str, Figures], names: list[str]) -> None:
    """No character of a topic's name breaks the workbook or moves a number."""
    figures = report_samples["no_dates"]
    lines = tuple(replace(line, name=name) for line, name in zip(figures.topics.lines, names, strict=True))
    rows = _book(xlsx.render(replace(figures, topics=replace(figures.topics, lines=lines))))["Темы"]
    assert [row[1] for row in rows[-8:]] == [*(line.count for line in lines), 42]


def test_a_sheet_is_ready_to_be_read_and_printed(written: Written) -> None:
    """Header frozen and repeated on every page, landscape, one page wide, numbered; topics and months have charts."""
    data = written("xlsx", "full")
    for sheet in _sheets(data):
        assert sheet.find(f".//{_MAIN}pane[@state='frozen']") is not None
        setup = sheet.find(f"{_MAIN}pageSetup")
        assert setup is not None
        assert setup.get("orientation") == "landscape"
        assert sheet.find(f".//{_MAIN}pageSetUpPr[@fitToPage='1']") is not None
        footer = sheet.find(f".//{_MAIN}oddFooter")
        assert footer is not None
        assert "&P" in str(footer.text)
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        book = file.read("xl/workbook.xml").decode()
        charts = [name for name in file.namelist() if name.startswith("xl/charts/chart")]
    assert book.count("_xlnm.Print_Titles") == len(_sheets(data))
    assert len(charts) >= 3


@given(st.lists(st.text(max_size=50), max_size=8))
@settings(max_examples=60)
def test_names_of_sheets_are_such_as_excel_takes(names: list[str]) -> None:
    """Whatever they are made of: at most 31 characters, none forbidden, none empty, none twice."""
    made: list[str] = []
    for name in names:
        made.append(sheet_name(name, made))
    assert len({name.casefold() for name in made}) == len(made)
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\'") for name in made)


# The letter


@pytest.mark.parametrize("name", _NAMES)
def test_every_table_of_the_document_is_in_the_letter(
    name: str, written: Written, report_samples: dict[str, Figures]
) -> None:
    """All cells stand as the document has them, under a numbered title, with a header that returns on every page."""
    document = build(report_samples[name])
    found = docx.Document(io.BytesIO(written("docx", name)))
    tables = [table for table in found.tables if table._tbl.find(f".//{qn('w:tblHeader')}") is not None]
    captions = [part.text for part in found.paragraphs if re.match(r"Таблица \d+ — ", part.text)]
    expected = list(document.tables())
    assert captions == [f"Таблица {number} — {table.title}" for number, table in enumerate(expected, 1)]
    for table, source in zip(tables, expected, strict=True):
        rows = [[cell.text for cell in row.cells] for row in table.rows]
        cells = [[part.text for part in row] for row in (*source.rows, *([source.total] if source.total else []))]
        assert rows == [[column.name for column in source.columns], *cells]
        assert all(row._tr.find(f".//{qn('w:cantSplit')}") is not None for row in table.rows)


@pytest.mark.parametrize("name", _NAMES)
def test_every_heading_and_chart_is_in_the_letter(
    name: str, written: Written, report_samples: dict[str, Figures]
) -> None:
    """Headings are real ones, pictures are numbered and say what they show."""
    document = build(report_samples[name])
    found = docx.Document(io.BytesIO(written("docx", name)))
    headings = [part.text for part in found.paragraphs if part.style and str(part.style.name).startswith("Heading")]
    assert headings == [block.text for block in document.blocks if isinstance(block, Heading)]
    charts = [block for block in document.blocks if isinstance(block, Chart)]
    assert [shape._inline.docPr.get("descr") for shape in found.inline_shapes] == [chart.alt for chart in charts]
    captions = [part.text for part in found.paragraphs if re.match(r"Рисунок \d+ — ", part.text)]
    assert captions == [f"Рисунок {number} — {chart.title}" for number, chart in enumerate(charts, 1)]


def test_the_letter_is_set_as_an_office_sets_it(written: Written) -> None:
    """A4, margins 30, 10, 20 and 20 mm, Times New Roman 14, Russian for proofing, page numbers, place for a signature."""
    found = docx.Document(io.BytesIO(written("docx", "no_dates")))
    for section in found.sections:
        sides = [section.left_margin, section.right_margin, section.top_margin, section.bottom_margin]
        assert [round(side.mm) for side in sides if side is not None] == [30, 10, 20, 20]
        assert section.page_width is not None
        assert round(section.page_width.mm) == 210
    normal = found.styles["Normal"].font
    assert (normal.name, normal.size.pt) == ("Times New Roman", 14)
    assert found.styles.element.find(f".//{qn('w:lang')}").get(qn("w:val")) == "ru-RU"
    footer = found.sections[0].footer._element
    assert [part.text for part in footer.iter(qn("w:instrText"))] == ["PAGE"]
    assert any("____" in part.text and "И. О. Фамилия" in part.text for part in found.paragraphs[-3:])


def test_numbers_stand_right_and_sizes_are_those_of_tables(written: Written) -> None:
    """Cells of numbers are right-aligned; tables are set in 9 to 12 points."""
    found = docx.Document(io.BytesIO(written("docx", "full")))
    table = next(table for table in found.tables if table.rows[0].cells[0].text == "Тема")
    for row in table.rows[1:]:
        assert row.cells[0].paragraphs[0].alignment is None
        assert all(cell.paragraphs[0].alignment == 2 for cell in row.cells[1:])
    sizes = {
        run.font.size.pt
        for table in found.tables
        for cell in table._cells
        for run in cell.paragraphs[0].runs
        if run.font.size is not None
    }
    assert sizes <= {9, 10, 11, 12}


def test_wide_tables_turn_the_page(written: Written) -> None:
    """A table of five long district names stands on a landscape page, and the letter ends upright."""
    found = docx.Document(io.BytesIO(written("docx", "full")))
    widths = [round(section.page_width.mm) for section in found.sections if section.page_width is not None]
    assert widths == [210, 297, 210]


@given(
    st.lists(
        st.tuples(st.lists(st.text("абвгд ", max_size=30), min_size=1, max_size=5), st.booleans()),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from(sorted(word.PAGE_WIDTHS.values())),
)
@settings(max_examples=80)
def test_columns_fill_the_page_exactly(columns: list[tuple[list[str], bool]], page: float) -> None:
    """Whatever the cells, widths are positive and sum to the page; where all fits, no number is narrower than it is."""
    texts, words = [cells for cells, _ in columns], [wraps for _, wraps in columns]
    widths, fits = word.column_widths(texts, words, page, 11)
    assert sum(widths) == pytest.approx(page)
    assert min(widths) > 0
    if fits:
        for cells, wraps, width in zip(texts, words, widths, strict=True):
            assert wraps or all(word.text_width(cell, 11) <= width for cell in cells[1:])
