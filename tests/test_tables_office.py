"""Tables as offices really have them: what Excel, exports of registers and old programs write is read as it was meant."""

import csv
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import xlsxwriter

import appealcls
from appealcls.archive import ADDED_COLUMNS, label_archive
from appealcls.errors import DataError
from appealcls.tables import TEXT_COLUMNS, Row, Table, find_column, open_table, write_table

_HEADER = "Номер;Дата;Текст обращения\r\n"
_BODY = "1;01.03.2025;Яма на дороге у дома 5\r\n2;02.03.2025;Снег не убран\r\n"
_COLUMNS = ["Номер", "Дата", "Текст обращения"]
_ROWS = [["1", "01.03.2025", "Яма на дороге у дома 5"], ["2", "02.03.2025", "Снег не убран"]]
_NUMBERS = [2, 3]
_TABBED = (_HEADER + _BODY).replace(";", "\t")


class Case(NamedTuple):
    """A text file, and what is in it."""

    what: str
    content: bytes
    rows: list[list[str]] = _ROWS
    columns: list[str] = _COLUMNS
    numbers: list[int] = _NUMBERS
    name: str = "t.csv"


_TEXT_FILES = [
    Case("Excel: CSV (разделители — запятые)", (_HEADER + _BODY).encode("cp1251")),
    Case("Excel: CSV UTF-8", (_HEADER + _BODY).encode("utf-8-sig")),
    Case("Excel: текст Юникод", b"\xff\xfe" + _TABBED.encode("utf-16-le"), name="t.txt"),
    Case("UTF-16 with its mark, the other way round", b"\xfe\xff" + _TABBED.encode("utf-16-be")),
    Case("UTF-16 without a mark", _TABBED.encode("utf-16-le"), name="t.txt"),
    Case("UTF-16 without a mark, the other way round", _TABBED.encode("utf-16-be")),
    Case(
        "UTF-16 without a mark, with «signs»",
        "№;Текст\n1;«Яма» — у дома № 5, снег\u00a0не убран\n".encode("utf-16-le"),
        [["1", "«Яма» — у дома № 5, снег\u00a0не убран"]],
        ["№", "Текст"],
        [2],
    ),
    Case("KOI8-R", (_HEADER + _BODY).encode("koi8_r")),
    Case("KOI8-R, capitals", (_HEADER + _BODY).upper().encode("koi8_r"),
         [[cell.upper() for cell in row] for row in _ROWS], [name.upper() for name in _COLUMNS]),
    Case("CP866", (_HEADER + _BODY).encode("cp866")),
    Case("CP866, capitals", (_HEADER + _BODY).upper().encode("cp866"),
         [[cell.upper() for cell in row] for row in _ROWS], [name.upper() for name in _COLUMNS]),
    Case("Windows-1251 after 100 kB of digits", b"id;text\n" + b"1;2\n" * 30_000 + "7;Яма и снег\n".encode("cp1251"),
         [*[["1", "2"]] * 30_000, ["7", "Яма и снег"]], ["id", "text"], [*range(2, 30_003)]),
    Case("a NUL byte does not make it UTF-16", b"id;text\n1;pit\x00hole\n2;snow\n",
         [["1", "pit\x00hole"], ["2", "snow"]], ["id", "text"]),
    Case("sep=;", f"sep=;\r\n{_HEADER}{_BODY}".encode("cp1251"), numbers=[3, 4]),
    Case("sep=, in capitals and with a mark", f"SEP=,\n{_HEADER}{_BODY}".replace(";", ",").encode("utf-8-sig"),
         numbers=[3, 4]),
    Case("sep of a tab", f"sep=\t\n{_HEADER}{_BODY}".replace(";", "\t").encode(), numbers=[3, 4]),
    Case("sep that nobody would guess", f'"sep=|"\n{_HEADER}{_BODY}'.replace(";", "|").encode(), numbers=[3, 4]),
    Case("line ends of old Macintosh", (_HEADER + _BODY).replace("\r\n", "\r").encode("cp1251")),
    Case("no line end after the last row", (_HEADER + _BODY).rstrip().encode("cp1251")),
    Case("line breaks in quotes", 'id;text\r\n1;"Яма,\r\nснег\nи лёд"\r\n2;Снег\r\n'.encode("cp1251"),
         [["1", "Яма,\r\nснег\nи лёд"], ["2", "Снег"]], ["id", "text"], [2, 5]),
    Case("doubled quotes", 'id;text\r\n1;"ООО ""Ромашка"" не чистит"\r\n2;"""Снег"""\r\n'.encode(),
         [["1", 'ООО "Ромашка" не чистит'], ["2", '"Снег"']], ["id", "text"]),
    Case("«ёлочки»", "id;text\r\n1;ООО «Ромашка; и К°» не чистит\r\n2;«Снег»\r\n".replace("; и", " и").encode("cp1251"),
         [["1", "ООО «Ромашка и К°» не чистит"], ["2", "«Снег»"]], ["id", "text"]),
    Case("inner quotes in a cell without", 'id;text\r\n1;ООО "Ромашка" не чистит\r\n2;Снег\r\n'.encode(),
         [["1", 'ООО "Ромашка" не чистит'], ["2", "Снег"]], ["id", "text"]),
    Case("inner quotes that were not doubled", 'id;text\r\n1;"ООО "Ромашка" не чистит"\r\n2;Снег\r\n'.encode(),
         [["1", 'ООО "Ромашка" не чистит'], ["2", "Снег"]], ["id", "text"]),
    Case("semicolons after the last column", (_HEADER + _BODY.replace("\r\n", ";;;\r\n")).encode("cp1251")),
    Case("short rows", b"a;text;c\r\n1\r\n2;x\r\n", [["1", "", ""], ["2", "x", ""]], ["a", "text", "c"]),
    Case("blank lines between", (_HEADER + _BODY).replace("\r\n", "\r\n\r\n\n").encode("cp1251"), numbers=[4, 7]),
    Case("выгрузка .xls: text with tabs inside", _TABBED.encode("cp1251"), name="выгрузка.xls"),
    Case("выгрузка .xls in UTF-16", _TABBED.encode("utf-16"), name="выгрузка.XLS"),
    Case("a header of several lines", '"№\nп/п";"Текст\r\nобращения"\r\n1;Яма\r\n'.encode("cp1251"),
         [["1", "Яма"]], ["№\nп/п", "Текст\r\nобращения"], [4]),
    Case("a title above the header", f"Журнал обращений, март 2025\r\n{_HEADER}{_BODY}".encode("cp1251"), numbers=[3, 4]),
    Case("a title that Excel has filled up", f"Журнал за март;;\r\n;;\r\n{_HEADER}{_BODY}".encode("cp1251"), numbers=[4, 5]),
    Case("a title of several lines in quotes", f'"Журнал\r\n""Приёмной"""\r\n\r\n{_HEADER}{_BODY}'.encode(), numbers=[5, 6]),
    Case("a title below the hint", f"sep=;\r\nЖурнал\r\n{_HEADER}{_BODY}".encode(), numbers=[4, 5]),
    Case("a list of texts under one heading", "Текст\nЯма, лужа; лёд\nТема, вопрос\n".encode(),
         [["Яма, лужа; лёд"], ["Тема, вопрос"]], ["Текст"]),
    Case("a list under a heading of its own", "Жалоба\nЯма, лужа\nВопрос, почему не чистят\n".encode(),
         [["Яма, лужа"], ["Вопрос, почему не чистят"]], ["Жалоба"]),
    Case("a comma in the header that is no delimiter", "Описание, место;№\nЯма;1\n".encode(),
         [["Яма", "1"]], ["Описание, место", "№"], [2]),
    Case("more commas than columns in the header", "Текст;Дата, время, место\nЯма;сегодня\n".encode(),
         [["Яма", "сегодня"]], ["Текст", "Дата, время, место"], [2]),
    Case("columns of one name", "№;Текст;Текст\n1;Яма;Снег\n".encode("cp1251"),
         [["1", "Яма", "Снег"]], ["№", "Текст", "Текст"], [2]),
    Case("columns without a name", ";Текст;\n1;Яма;x\n".encode("cp1251"), [["1", "Яма", "x"]], ["", "Текст", ""], [2]),
    Case("digits that are no numbers", f"id;Счёт;Текст\n007;{'40817810' * 2}0042;Яма\n".encode(),
         [["007", "40817810408178100042", "Яма"]], ["id", "Счёт", "Текст"], [2]),
]  # fmt: skip


@pytest.mark.parametrize("case", _TEXT_FILES, ids=lambda case: case.what)
def test_text_files_of_offices_are_read_as_they_were_meant(tmp_path: Path, case: Case) -> None:
    """Encoding, delimiter, header and quirks of each file are understood, and its lines are counted."""
    path = tmp_path / case.name
    path.write_bytes(case.content)
    table = open_table(path)
    assert table.columns == case.columns
    found = list(table)
    assert [row for _, row in found] == case.rows
    assert [number for number, _ in found] == case.numbers
    assert list(table) == found


@pytest.mark.parametrize("case", _TEXT_FILES, ids=lambda case: case.what)
@pytest.mark.parametrize("suffix", ["csv", "xlsx", "jsonl", "parquet"])
def test_cells_of_offices_stay_in_every_output(
    tmp_path: Path, case: Case, suffix: str, model: appealcls.TopicModel
) -> None:
    """Whatever is written, the cells of the input are in it, column for column, in their order."""
    if len(case.rows) > 1000 and suffix != "csv":
        pytest.skip("the long file is of interest for its encoding only")
    path = tmp_path / case.name
    path.write_bytes(case.content)
    text = case.columns[find_column(case.columns, "Жалоба" if "Жалоба" in case.columns else None, _TEXTS, "", "")]
    summary = label_archive(path, tmp_path / f"out.{suffix}", model, text_column=text)
    table = open_table(tmp_path / f"out.{suffix}")
    assert len(table.columns) == len(case.columns) + len(ADDED_COLUMNS)
    assert table.columns[-len(ADDED_COLUMNS) :] == list(ADDED_COLUMNS)
    assert [[cell or "" for cell in row[: len(case.columns)]] for _, row in table] == case.rows
    assert summary.problems.keys() <= {"нет текста"}
    if suffix == "csv":  # whatever the quotes were, now every program reads them alike
        with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, delimiter=table.dialect.delimiter, strict=True))
        assert [row[: len(case.columns)] for row in rows[1:]] == case.rows
    if suffix in {"jsonl", "parquet"}:
        assert len(set(table.columns)) == len(table.columns)


_TEXTS = [*TEXT_COLUMNS, "описание, место"]


def test_columns_of_one_name_are_two_keys_of_json(tmp_path: Path) -> None:
    """«Текст», «Текст» become «Текст», «Текст_2» where names must differ; names that differ in case stay."""
    for columns, names in (
        (["Текст", "Текст", ""], ["Текст", "Текст_2", "column_3"]),
        (["Text", "text", ""], ["Text", "text", ""]),
    ):
        with write_table(tmp_path / "t.jsonl", columns) as writer:
            writer.write([["Яма", "Снег", "x"]])
        row = json.loads((tmp_path / "t.jsonl").read_bytes())
        assert row == dict(zip(names, ["Яма", "Снег", "x"], strict=True))


def test_the_known_columns_are_found_in_broken_headings() -> None:
    """A heading that was broken into lines, or has odd spaces, is still the one it is."""
    columns = ["№\nп/п", " Текст\r\n обращения\u00a0"]
    assert find_column(columns, None, TEXT_COLUMNS, "texts", "--text-column") == 1
    assert find_column(columns, "№ п/п", TEXT_COLUMNS, "texts", "--text-column") == 0


# Workbooks


def _workbook(path: Path, fill: Callable[[Any], None]) -> Table:
    with xlsxwriter.Workbook(path) as book:
        fill(book)
    return open_table(path)


def _sheet(book: Any, rows: list[Row], name: str | None = None) -> Any:
    sheet = book.add_worksheet(name)
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    return sheet


def test_dates_of_a_workbook_stay_dates_in_a_workbook_and_are_iso_in_text(
    tmp_path: Path, model: appealcls.TopicModel
) -> None:
    """A day and a moment have a date's number format in XLSX output, and are ISO 8601 in CSV and JSON Lines."""

    def fill(book: Any) -> None:
        sheet = _sheet(book, [["Дата", "Время", "Текст"]])
        sheet.write_datetime(1, 0, dt.datetime(2025, 3, 1), book.add_format({"num_format": "dd.mm.yyyy"}))
        sheet.write_datetime(1, 1, dt.datetime(2025, 3, 1, 14, 5), book.add_format({"num_format": "dd.mm.yyyy hh:mm"}))
        sheet.write_string(1, 2, "Яма на дороге")

    table = _workbook(tmp_path / "in.xlsx", fill)
    assert table.kinds == [dt.date, dt.datetime, str]
    for suffix in ("xlsx", "csv", "jsonl"):
        label_archive(tmp_path / "in.xlsx", tmp_path / f"out.{suffix}", model)
    # The reader gives a date only for a cell whose number has the format of one.
    assert next(iter(open_table(tmp_path / "out.xlsx")))[1][:2] == [dt.date(2025, 3, 1), dt.datetime(2025, 3, 1, 14, 5)]
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file, delimiter=";"))[1][:2] == ["2025-03-01", "2025-03-01 14:05:00"]
    assert json.loads((tmp_path / "out.jsonl").read_bytes())["Время"] == "2025-03-01 14:05:00"


def test_digits_that_are_no_numbers_stay_text(tmp_path: Path, model: appealcls.TopicModel) -> None:
    """Leading zeros and accounts of twenty digits survive CSV → XLSX → CSV."""
    given = tmp_path / "in.csv"
    given.write_text("id;Счёт;Текст\n007;40817810408178100042;Яма\n", encoding="utf-8")
    label_archive(given, tmp_path / "out.xlsx", model)
    assert next(iter(open_table(tmp_path / "out.xlsx")))[1][:2] == ["007", "40817810408178100042"]
    label_archive(tmp_path / "out.xlsx", tmp_path / "back.csv", model)
    assert next(iter(open_table(tmp_path / "back.csv")))[1][:2] == ["007", "40817810408178100042"]


def test_merged_cells_hidden_rows_and_formulas(tmp_path: Path) -> None:
    """A merged cell stands in its first row, hidden rows are rows, and of a formula its value counts."""

    def fill(book: Any) -> None:
        sheet = _sheet(book, [["Район", "№", "Текст"], ["", 1, "Яма"], ["", 2, "Снег"], ["Южный", 3, "Лёд"]])
        sheet.merge_range(1, 0, 2, 0, "Северный")
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.write_formula(4, 1, "=B4+1", None, 4)
        sheet.write_formula(4, 2, '="Сва"&"лка"', None, "Свалка")

    table = _workbook(tmp_path / "t.xlsx", fill)
    assert list(table) == [
        (2, ["Северный", 1, "Яма"]), (3, ["", 2, "Снег"]), (4, ["Южный", 3, "Лёд"]), (5, ["", 4, "Свалка"]),
    ]  # fmt: skip


def test_a_title_above_the_header_of_a_workbook(tmp_path: Path) -> None:
    """The title of a register and blank rows are passed over, and rows keep the numbers that Excel shows."""

    def fill(book: Any) -> None:
        _sheet(book, [["Журнал регистрации за март 2025"], [], ["№", "Текст\nобращения"], [1, "Яма"], [], [2, "Снег"]])

    table = _workbook(tmp_path / "t.xlsx", fill)
    assert table.columns == ["№", "Текст\nобращения"]
    assert list(table) == [(4, [1, "Яма"]), (6, [2, "Снег"])]


def test_a_sheet_of_one_column_has_no_title(tmp_path: Path) -> None:
    """A list of texts under one heading is not mistaken for a title of many lines."""
    table = _workbook(tmp_path / "t.xlsx", lambda book: _sheet(book, [["Жалоба"], ["Яма"], ["Текст"], ["Снег"]]))
    assert table.columns == ["Жалоба"]
    assert [row for _, row in table] == [["Яма"], ["Текст"], ["Снег"]]


def test_sheets_alike_are_one_table_and_others_are_named(tmp_path: Path) -> None:
    """Sheets with the columns of the first are read one after the other, each row with its sheet; the rest are told."""

    def fill(book: Any) -> None:
        _sheet(book, [], "Пустой")
        _sheet(book, [["№", "Текст"], [1, "Яма"]], "Январь")
        _sheet(book, [["Журнал за февраль"], ["№", "Текст"], [2, "Снег"]], "Февраль")
        _sheet(book, [["код", "название"], ["a", "б"]], "Справочник")

    table = _workbook(tmp_path / "t.xlsx", fill)
    assert table.columns == ["№", "Текст", "Лист"]
    assert list(table) == [(2, [1, "Яма", "Январь"]), (3, [2, "Снег", "Февраль"])]
    assert list(table.skipped) == ["Справочник"]
    assert list(open_table(tmp_path / "t.xlsx", "Справочник")) == [(2, ["a", "б"])]
    assert list(open_table(tmp_path / "t.xlsx", "Февраль")) == [(3, [2, "Снег"])]


def test_a_workbook_is_known_whatever_its_name_says(tmp_path: Path) -> None:
    """An .xlsx that somebody has called .xls, .csv or .ods is opened all the same."""
    _workbook(tmp_path / "t.xlsx", lambda book: _sheet(book, [["№", "Текст"], [1, "Яма"]]))
    for name in ("t.xls", "t.csv", "t.ods", "t.xlsm"):
        (tmp_path / name).write_bytes((tmp_path / "t.xlsx").read_bytes())
        assert list(open_table(tmp_path / name)) == [(2, [1, "Яма"])]


def test_a_workbook_of_nothing_is_refused(tmp_path: Path) -> None:
    """Sheets without a cell, and a file without a byte, are errors that name the file."""
    with pytest.raises(DataError, match=r"t\.xlsx: the first row of the sheet must name the columns"):
        _workbook(tmp_path / "t.xlsx", lambda book: _sheet(book, []))
    (tmp_path / "e.xlsx").write_bytes(b"")
    with pytest.raises(DataError, match=r"e\.xlsx: is not a \.xlsx file inside"):
        open_table(tmp_path / "e.xlsx")
