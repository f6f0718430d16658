"""Tables come back as they were written, whatever office program made them; broken ones are refused with the place."""

import datetime as dt
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appealcls.errors import DataError, UsageError
from appealcls.tables import LABEL_COLUMNS, TEXT_COLUMNS, Dialect, Row, find_column, open_table, write_table

# Lone surrogates are no text that a file could hold; lone "\r" and line ends are tested by name below.
_CHARS = st.characters(exclude_categories=["Cs"], exclude_characters="\r")
_CELLS = st.text(_CHARS, max_size=12) | st.text('яЁ a;,\t"\n|«»', max_size=12)
_ROWS = st.lists(st.lists(_CELLS, min_size=3, max_size=3), max_size=6)
_COLUMNS = ["номер", "текст", "примечание"]


def _read(path: Path) -> list[Row]:
    return [row for _, row in open_table(path)]


def _written(path: Path, columns: list[str], rows: list[Row], dialect: Dialect | None = None) -> Path:
    with write_table(path, columns, dialect) as writer:
        writer.write(rows)
    return path


@settings(deadline=None)
@given(_ROWS, st.sampled_from([",", ";", "\t"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_any_cells_come_back_from_csv(rows: list[Row], delimiter: str, encoding: str) -> None:
    """Whatever the cells hold, a CSV of any delimiter and Unicode encoding gives them back in order."""
    with tempfile.TemporaryDirectory() as folder:
        path = _written(Path(folder) / "t.csv", _COLUMNS, rows, Dialect(encoding, delimiter))
        table = open_table(path)
        assert table.columns == _COLUMNS
        assert table.dialect == Dialect(encoding, delimiter)
        assert [row for _, row in table] == rows


@settings(deadline=None)
@given(_ROWS)
def test_any_cells_come_back_from_tsv(rows: list[Row]) -> None:
    """A .tsv is split by tabs, whatever else its cells hold."""
    with tempfile.TemporaryDirectory() as folder:
        path = _written(Path(folder) / "t.tsv", _COLUMNS, rows)
        assert open_table(path).dialect.delimiter == "\t"
        assert _read(path) == rows


_JSON_CELLS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
)


@settings(deadline=None)
@given(st.lists(st.lists(_JSON_CELLS, min_size=3, max_size=3), min_size=1, max_size=6))
def test_any_cells_come_back_from_json_lines(rows: list[Row]) -> None:
    """JSON Lines keep texts with any line ends, numbers of any length, true, false and null, with their types."""
    with tempfile.TemporaryDirectory() as folder:
        path = _written(Path(folder) / "t.jsonl", _COLUMNS, rows)
        table = open_table(path)
        assert table.columns == _COLUMNS
        found = [row for _, row in table]
        assert found == rows
        assert [list(map(type, row)) for row in found] == [list(map(type, row)) for row in rows]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(st.text("яЁй a;,\t\"\n=0'<&>_", max_size=12), min_size=3, max_size=3), max_size=6))
def test_any_texts_come_back_from_a_workbook(rows: list[Row]) -> None:
    """Texts that look like formulas, numbers or markup are texts in a workbook too; rows of nothing are left out."""
    with tempfile.TemporaryDirectory() as folder:
        path = _written(Path(folder) / "t.xlsx", _COLUMNS, rows)
        assert open_table(path).columns == _COLUMNS
        assert _read(path) == [row for row in rows if any(row)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16", "utf-16-le-bom", "utf-16-be-bom"])
@pytest.mark.parametrize("delimiter", [";", "\t", ","])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_the_encoding_and_the_delimiter_are_found(tmp_path: Path, encoding: str, delimiter: str, end: str) -> None:
    """Every way in which Russian Excel saves a CSV is read without being told which it is."""
    lines = [["Номер", "Текст обращения"], ["1", "Яма, а в ней вода; ёлка\tи «снег» №5"], ["2", "Съезд разрушен"]]
    text = end.join(delimiter.join(f'"{cell}"' for cell in line) for line in lines) + end
    marks = {"utf-16-le-bom": (b"\xff\xfe", "utf-16-le"), "utf-16-be-bom": (b"\xfe\xff", "utf-16-be")}
    mark, codec = marks.get(encoding, (b"", encoding))
    path = tmp_path / "t.csv"
    path.write_bytes(mark + text.encode(codec))
    table = open_table(path)
    assert table.columns == lines[0]
    assert [row for _, row in table] == lines[1:]
    assert table.dialect.delimiter == delimiter


def test_a_letter_cut_by_the_end_of_the_sample_does_not_hide_utf8(tmp_path: Path) -> None:
    """A long UTF-8 file is UTF-8 also when the part that is looked at ends inside a letter."""
    for shift in range(2):
        path = tmp_path / f"{shift}.csv"
        path.write_text("text\n" + "a" * shift + "я" * (1 << 19) + "\n", encoding="utf-8")
        assert open_table(path).dialect.encoding == "utf-8"


@pytest.mark.parametrize(
    ("dialect", "output"),
    [
        (Dialect("cp1251", ";"), Dialect("utf-8-sig", ";")),
        (Dialect("utf-8", ";"), Dialect("utf-8-sig", ";")),
        (Dialect("utf-8-sig", ","), Dialect("utf-8-sig", ",")),
        (Dialect("utf-8", ","), Dialect("utf-8", ",")),
        (Dialect("utf-16", "\t"), Dialect("utf-8", "\t")),
        (Dialect("cp1251", "|"), Dialect("utf-8-sig", ";")),
    ],
)
def test_output_is_utf8_that_excel_opens(dialect: Dialect, output: Dialect) -> None:
    """New files are UTF-8, marked for Excel where the old one came from it, with the same delimiter."""
    assert dialect.for_output == output


def test_line_breaks_in_quotes_do_not_end_a_row_and_lines_are_counted(tmp_path: Path) -> None:
    """A cell of several lines is one cell, and each row is numbered by the line where it starts."""
    path = tmp_path / "t.csv"
    path.write_bytes('id;text\r\n1;"Первая ""строка""\r\nвторая\r\n\r\nчетвёртая"\r\n\r\n2;Конец\r\n'.encode())
    assert list(open_table(path)) == [
        (2, ["1", 'Первая "строка"\r\nвторая\r\n\r\nчетвёртая']),
        (7, ["2", "Конец"]),
    ]


def test_windows_line_ends_in_cells_come_back(tmp_path: Path) -> None:
    """A line break inside a cell stays the line break that it was."""
    rows = [["1", "одна\r\nдве\nтри"]]
    for dialect in (Dialect("utf-8", ","), Dialect("utf-8-sig", ";")):
        assert _read(_written(tmp_path / "t.csv", ["id", "text"], rows, dialect)) == rows


def test_short_rows_are_filled_and_a_single_column_is_a_table(tmp_path: Path) -> None:
    """A row that stops early has empty cells; a list of texts under one heading needs no delimiter."""
    path = tmp_path / "t.csv"
    path.write_text("a;b;c\n1\n1;2\n", encoding="utf-8")
    assert _read(path) == [["1", "", ""], ["1", "2", ""]]
    path.write_text('текст\n"Яма, лужа; лёд"\nСнег\n', encoding="utf-8")
    assert _read(path) == [["Яма, лужа; лёд"], ["Снег"]]


def test_cells_longer_than_what_csv_allows_by_default_are_read(tmp_path: Path) -> None:
    """A letter of 300,000 characters is a cell like any other."""
    assert _read(_written(tmp_path / "t.csv", ["text"], [["я" * 300_000]])) == [["я" * 300_000]]


def test_a_table_can_be_read_twice(tmp_path: Path) -> None:
    """Going through a table again gives the same rows."""
    rows = [["1", "Яма"], ["2", "Снег"]]
    for suffix in ("csv", "tsv", "jsonl", "xlsx"):
        table = open_table(_written(tmp_path / f"t.{suffix}", ["id", "text"], rows))
        assert list(table) == list(table)
        assert len(list(table)) == 2


# Workbooks


def test_a_workbook_keeps_dates_numbers_and_long_digits(tmp_path: Path) -> None:
    """Dates stay dates, numbers numbers, and digits written as text keep their zeros and their last digit."""
    rows: list[Row] = [
        [dt.date(2024, 2, 29), 5, "0042", True],
        [dt.datetime(2024, 2, 29, 13, 45), 2.5, "12345678901234567890", False],
        [None, "", "+7 000", None],
    ]
    path = _written(tmp_path / "t.xlsx", ["дата", "число", "счёт", "да"], rows)
    found = list(open_table(path))
    assert [number for number, _ in found] == [2, 3, 4]
    assert found[0][1] == rows[0]
    assert found[1][1] == rows[1]
    assert found[2][1] == ["", "", "+7 000", ""]


def test_cells_of_a_workbook_become_readable_text(tmp_path: Path) -> None:
    """From a workbook to CSV, dates are ISO 8601, whole numbers have no point, and truth is true or false."""
    rows: list[Row] = [[dt.date(2024, 1, 2), 7.0, 2.5, True, dt.datetime(2024, 1, 2, 3, 4), None, dt.time(5, 6)]]
    path = _written(tmp_path / "t.csv", list("abcdefg"), rows)
    assert _read(path) == [["2024-01-02", "7", "2.5", "true", "2024-01-02 03:04:00", "", "05:06:00"]]
    path = _written(tmp_path / "t.jsonl", list("abcdefg"), rows)
    assert _read(path) == [["2024-01-02", 7.0, 2.5, True, "2024-01-02 03:04:00", None, "05:06:00"]]


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    """Files of every kind depend on the rows alone, not on the time of writing."""
    rows: list[Row] = [["1", "Яма"], [2.5, None]]
    for suffix in ("csv", "tsv", "jsonl", "xlsx"):
        one, two = (_written(tmp_path / f"{name}.{suffix}", ["id", "text"], rows) for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


def test_a_sheet_is_chosen_by_name_and_a_wrong_name_lists_the_sheets(tmp_path: Path) -> None:
    """A sheet that is not there is refused with the names of those that are."""
    path = _written(tmp_path / "t.xlsx", ["text"], [["Яма"]])
    assert list(open_table(path, sheet="Обращения")) == [(2, ["Яма"])]
    with pytest.raises(UsageError, match=r"«Лист2».*«Обращения»"):
        open_table(path, sheet="Лист2")


def test_a_text_too_long_for_a_cell_is_cut_and_noted(tmp_path: Path) -> None:
    """What Excel cannot hold is cut with a mark, and noted whole with its row and column; what just fits is not."""
    path = tmp_path / "t.xlsx"
    with write_table(path, ["id", "text"]) as writer:
        writer.write([["1", "я" * 32_767], ["2", "я" * 32_768], ["3", "Яма"]])
        assert [(row, column, value) for row, column, _, value in writer.noted] == [(1, "text", "я" * 32_768)]
        assert "обрезан" in writer.noted[0][2]
    assert _read(path) == [["1", "я" * 32_767], ["2", "я" * 32_766 + "…"], ["3", "Яма"]]
    with write_table(path, ["text"]) as writer:  # Excel counts an emoji as two
        writer.write([["😀" * 16_383], ["😀" * 16_384]])
        assert [row for row, *_ in writer.noted] == [1]
    assert _read(path) == [["😀" * 16_383], ["😀" * 16_383 + "…"]]


# What is refused


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"", "is empty"),
        ("t.csv", b"\n\n", "is empty"),
        ("t.csv", "id;text\n1;Яма\n2;Снег;лёд\n".encode(), "line 3: ячеек 3, а колонок 2.*«;»"),
        ("t.csv", 'id,text\n1,"а\nб"\n2,Снег,лёд\n'.encode(), "line 4: ячеек 3, а колонок 2.*«,»"),
        ("t.csv", 'id;text\n1;Яма\n2;"Снег\n3;Лёд\n'.encode(), "line 3: кавычка открыта и не закрыта"),
        ("t.csv", "id;text\n1;Яма".encode("cp1251") + b"\x98\n", "line 2: байты не в кодировке"),
        ("t.jsonl", b"", "is empty"),
        ("t.jsonl", b'{"text": "a"}\n\n{"text": \n', "line 3: строка не разобрана как объект JSON"),
        ("t.jsonl", b'{"text": "a"}\n["b"]\n', "line 2: .*ожидался объект"),
        ("t.jsonl", b'{"text": "a"}\n{"text": "\\ud83d"}\n', "line 2: строка не разобрана"),
        ("t.jsonl", '{"text": "Яма"}\n'.encode("cp1251"), "holds no JSON object"),
        ("t.xlsx", b"", r"is not a \.xlsx file inside, or it is damaged"),
        ("t.xls", b"", r"is not a \.xls file inside, or it is damaged"),
        ("t.ods", b"id;text\n1;2\n", r"is not a \.ods file inside, or it is damaged"),
        ("t.parquet", b"id;text\n1;2\n", r"is not a \.parquet file inside, or it is damaged"),
        ("t.xls", b"\xef\xbb\xbf <html><table></table>", r"web page inside.*\.xlsx"),
        ("t.xls", b'<?xml version="1.0"?><Workbook/>', r"XML document inside.*\.xlsx"),
        ("t.xlsx", b"PK\x03\x04 and no more", "not a readable workbook"),
        ("t.xlsx", b"id;text\n1;2\n", r"is not a \.xlsx file inside, or it is damaged"),
    ],
)
def test_a_broken_table_is_refused_with_its_place(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """The error names the file, the line where there is one, and the reason."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        list(open_table(path))
    assert str(path) in str(caught.value)


def test_a_workbook_without_a_header_is_refused(tmp_path: Path) -> None:
    """A sheet whose first row is empty has no columns."""
    path = _written(tmp_path / "t.xlsx", ["", ""], [["1", "Яма"]])
    with pytest.raises(DataError, match=r"first row .* must name the columns"):
        open_table(path)


def test_missing_keys_of_json_lines_are_empty(tmp_path: Path) -> None:
    """An object may leave a key out or have one more, and keys may come in another order."""
    path = tmp_path / "t.jsonl"
    path.write_text(
        '\ufeff{"id": 1, "text": "Яма"}\n{"text": "Снег"}\n{"text": "Лёд", "id": 3, "more": [1, {"a": null}]}\n',
        encoding="utf-8",
    )
    table = open_table(path)
    assert table.columns == ["id", "text", "more"]
    assert list(table) == [(1, [1, "Яма", None]), (2, [None, "Снег", None]), (3, [3, "Лёд", [1, {"a": None}]])]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "txt", "xlsx", "xls", "ods", "jsonl", "ndjson"])
def test_a_missing_file_and_a_folder_are_no_tables(tmp_path: Path, suffix: str) -> None:
    """A path where there is no file is a DataError that names it, for every kind."""
    path = tmp_path / f"нет.{suffix}"
    with pytest.raises(DataError, match=f"нет.{suffix}: no such file"):
        open_table(path)
    path.mkdir()
    with pytest.raises(DataError, match="is a folder, not a file"):
        open_table(path)


@pytest.mark.parametrize("name", ["t.pdf", "t.docx", "t", "t.gz", "t.pdf.gz", "t.csv.zip"])
def test_an_unknown_suffix_is_refused_in_both_directions(tmp_path: Path, name: str) -> None:
    """What is neither CSV, XLSX nor JSON Lines is refused with the names of what is, before anything is written."""
    with pytest.raises(UsageError, match=r"unknown kind of file.*\.csv.*\.xlsx.*\.jsonl"):
        open_table(tmp_path / name)
    with pytest.raises(UsageError, match="unknown kind of file"):
        write_table(tmp_path / name, ["text"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["t.xlsx.gz", "t.parquet.zst", "t.xls.gz"])
def test_what_is_packed_inside_is_not_packed_again(tmp_path: Path, name: str) -> None:
    """A workbook under the name of an archive would be opened by no program, so it is neither read nor written."""
    with pytest.raises(UsageError, match="packed inside already"):
        open_table(tmp_path / name)
    with pytest.raises(UsageError, match="packed inside already"):
        write_table(tmp_path / name, ["text"])


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl"])
@pytest.mark.parametrize("packing", ["gz", "zst"])
def test_packed_tables_come_back_and_depend_on_the_rows_alone(tmp_path: Path, suffix: str, packing: str) -> None:
    """What is packed holds what it would hold unpacked, and has neither name nor time inside."""
    rows = [[str(i), f"Яма {i}\nи «снег»;"] for i in range(5000)]
    plain = _written(tmp_path / f"t.{suffix}", ["id", "text"], rows)
    packed = _written(tmp_path / f"t.{suffix}.{packing}", ["id", "text"], rows)
    assert _read(packed) == rows
    assert packed.stat().st_size < plain.stat().st_size / 3
    other = _written(tmp_path / f"other.{suffix}.{packing}", ["id", "text"], rows)
    assert other.read_bytes() == packed.read_bytes()
    mistaken = tmp_path / f"mistaken.{suffix}"  # what is packed is known by what it is
    mistaken.write_bytes(packed.read_bytes())
    assert _read(mistaken) == rows


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
@pytest.mark.parametrize("packing", ["gz", "zst"])
@pytest.mark.parametrize("damage", ["cut", "cut a little", "spoilt"])
def test_a_damaged_archive_is_refused(tmp_path: Path, suffix: str, packing: str, damage: str) -> None:
    """An archive that is cut short or spoilt is not taken for a shorter one."""
    rows = [[str(i), f"Яма {i * 7919 % 100_003}"] for i in range(100_000)]
    path = _written(tmp_path / f"t.{suffix}.{packing}", ["id", "text"], rows)
    raw = path.read_bytes()
    spoilt = raw[:3000] + bytes(200) + raw[3200:]
    path.write_bytes({"cut": raw[: len(raw) // 2], "cut a little": raw[:-3], "spoilt": spoilt}[damage])
    with pytest.raises(DataError, match=rf"t\.{suffix}\.{packing}.*damaged"):
        list(open_table(path))


def test_several_archives_in_one_file_are_one_table(tmp_path: Path) -> None:
    """«cat one.gz two.gz» is an archive of both parts, and so it is with Zstandard."""
    for packing in ("gz", "zst"):
        path = tmp_path / f"t.csv.{packing}"
        parts = [
            _written(path, ["id", "text"], [["1", "Яма"]]).read_bytes(),
            _written(path, ["2", "Снег"], []).read_bytes(),
        ]
        path.write_bytes(b"".join(parts))
        assert _read(path) == [["1", "Яма"], ["2", "Снег"]]


@pytest.mark.parametrize("suffix", ["xls", "ods", "xlsm"])
def test_old_workbooks_are_read_only(tmp_path: Path, suffix: str) -> None:
    """A workbook is written as .xlsx and as nothing else."""
    with pytest.raises(UsageError, match=r"\.xlsx"):
        write_table(tmp_path / f"t.{suffix}", ["text"])


def test_suffixes_are_known_in_any_case(tmp_path: Path) -> None:
    """FILE.CSV is a CSV, and FILE.XLSX a workbook."""
    for name in ("T.CSV", "T.Xlsx", "T.JSONL"):
        assert _read(_written(tmp_path / name, ["text"], [["Яма"]])) == [["Яма"]]


# Columns


@pytest.mark.parametrize("name", TEXT_COLUMNS)
def test_the_column_of_texts_is_found_by_each_of_its_names(name: str) -> None:
    """Case and spaces around a heading do not matter."""
    for heading in (name, name.upper(), f" {name.capitalize()} "):
        assert find_column(["id", heading, "прочее"], None, TEXT_COLUMNS, "texts", "--text-column") == 1


def test_names_are_tried_in_their_order_and_the_wanted_one_wins() -> None:
    """«text» is taken before «описание» wherever it stands; a name that the user gives is taken before both."""
    columns = ["описание", "Text", "Комментарий"]
    assert find_column(columns, None, TEXT_COLUMNS, "texts", "--text-column") == 1
    assert find_column(columns, "описание", TEXT_COLUMNS, "texts", "--text-column") == 0
    assert find_column(columns, " комментарий ", TEXT_COLUMNS, "texts", "--text-column") == 2
    assert find_column(["text", "TEXT"], "TEXT", TEXT_COLUMNS, "texts", "--text-column") == 1


def test_a_missing_column_is_refused_with_the_list_of_columns() -> None:
    """The message names what was looked for, all columns, and the option to type."""
    with pytest.raises(UsageError, match="no column «Суть»; the columns are «номер», «дата»"):
        find_column(["номер", "дата"], "Суть", TEXT_COLUMNS, "texts", "--text-column")
    with pytest.raises(UsageError, match=r"labels.*«номер», «дата».*--label-column"):
        find_column(["номер", "дата"], None, LABEL_COLUMNS, "labels", "--label-column")


# Writing is all or nothing


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "xlsx"])
def test_a_failing_block_leaves_no_file_and_keeps_the_old_one(tmp_path: Path, suffix: str) -> None:
    """When the block fails, nothing is left behind, and a file that was there stays what it was."""
    path = tmp_path / f"t.{suffix}"

    def fail() -> None:
        with write_table(path, ["text"]) as writer:
            writer.write([["новое"]])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(tmp_path.iterdir()) == []
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "xlsx"])
def test_the_file_appears_only_when_it_is_complete(tmp_path: Path, suffix: str) -> None:
    """Nobody sees half a table under the name of the whole."""
    path = tmp_path / f"t.{suffix}"
    with write_table(path, ["text"]) as writer:
        writer.write([["Яма"]])
        assert not path.exists()
    assert _read(path) == [["Яма"]]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl"])
def test_a_folder_that_is_not_there_is_a_data_error(tmp_path: Path, suffix: str) -> None:
    """A target that cannot be made is refused with its name."""
    path = tmp_path / "нет" / f"t.{suffix}"

    def write() -> Any:
        with write_table(path, ["text"]) as writer:
            writer.write([["Яма"]])

    with pytest.raises(DataError, match="there is no folder"):
        write()


def test_json_lines_are_readable_by_people(tmp_path: Path) -> None:
    """Cyrillic is written as it is, one object to a line."""
    path = _written(tmp_path / "t.jsonl", ["текст"], [["Ёж\nи яма"]])
    assert path.read_bytes().decode() == '{"текст": "Ёж\\nи яма"}\n'
    assert json.loads(path.read_bytes()) == {"текст": "Ёж\nи яма"}
