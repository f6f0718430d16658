"""Parquet keeps every value with its type; what it cannot hold is told and stops nothing; memory does not grow."""

import datetime as dt
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appealcls.errors import DataError
from appealcls.tables import Row, Table, open_table, write_table
from appealcls.tables.base import Kind
from appealcls.tables.parquet import BAD_VALUE, ParquetTable
from appealcls.tables.typed import BAD_BYTES, UNFIT, unique_names

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_CELLS: dict[Kind, st.SearchStrategy[Any]] = {
    str: _TEXTS,
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False),
    bool: st.booleans(),
    dt.date: st.dates(),
    dt.datetime: st.datetimes(),
}
_KINDS = list(_CELLS)
_ADDED: list[Kind] = [str, str, float, bool, str, str]
_LABELS: Row = ["roads", "Дороги", 0.5, True, "roads|snow_removal", ""]


def _written(path: Path, columns: list[str], rows: list[Row], kinds: list[Kind] | None = None) -> Path:
    with write_table(path, columns, kinds=kinds) as writer:
        writer.write(rows)
        assert writer.noted == []
    return path


def _rows(table: Table) -> list[Row]:
    return [row for _, row in table]


def _labelled(table: Table, path: Path, size: int = 3) -> list[tuple[int, str, str, str]]:
    """Copy a table with six columns added, as labelling does."""
    columns = [*table.columns, *(f"added{n}" for n in range(len(_ADDED)))]
    schema = getattr(table, "schema", None)
    with write_table(path, columns, kinds=[*table.kinds, *_ADDED], schema=schema) as writer:
        for batch in table.batches(size):
            writer.write_with(batch, [_LABELS] * len(batch.rows))
        return writer.noted


@settings(max_examples=40)
@given(st.lists(st.tuples(*(st.none() | _CELLS[kind] for kind in _KINDS)).map(list), max_size=6))
def test_any_cells_come_back_with_their_types(rows: list[Row]) -> None:
    """Texts, numbers, truth, dates and moments are read as they were written; None stays None, and "" stays ""."""
    with tempfile.TemporaryDirectory() as folder:
        table = open_table(_written(Path(folder) / "t.parquet", list("abcdef"), rows, _KINDS))
        assert table.columns == list("abcdef")
        assert table.kinds == _KINDS
        assert list(table) == list(enumerate(rows, 1))
        assert [list(map(type, row)) for row in _rows(table)] == [list(map(type, row)) for row in rows]


_RICH = pa.table(
    {
        "id": pa.array([1, None, 2**63 - 1], pa.int64()),
        "small": pa.array([1, 2, 255], pa.uint8()),
        "zoned": pa.array([0, 1_700_000_000_123_456_789, None], pa.timestamp("ns", "Europe/Moscow")),
        "naive": pa.array([0, 1_700_000_000_123, None], pa.timestamp("ms")),
        "far": pa.array([0, 600_000_000_000, None], pa.timestamp("s")),
        "clock": pa.array([0, 1, None], pa.time64("ns")),
        "money": pa.array([Decimal("1.10"), Decimal("-12345678901234567.89"), None]),
        "tags": pa.array([["снег", None], [], None], pa.list_(pa.large_string())),
        "where": pa.array([{"street": "Полевая", "house": 5}, {"street": None, "house": None}, None]),
        "options": pa.array([[("a", 1)], [], None], pa.map_(pa.string(), pa.int32())),
        "district": pa.array(["Северный", "Южный", "Северный"]).dictionary_encode(),
        "text": pa.array(["Яма", "", None], pa.large_string()),
        "scan": pa.array([b"\x00\xff", b"", None]),
        "none": pa.nulls(3),
    }
)
_RICH = _RICH.cast(
    pa.schema(
        [field.with_metadata({"comment": "из реестра"}) if field.name == "id" else field for field in _RICH.schema],
        metadata={"source": "register"},
    )
)


@pytest.mark.parametrize("size", [1, 2, 2000])
def test_types_and_values_of_parquet_survive_labelling(tmp_path: Path, size: int) -> None:
    """Zones, nanoseconds, decimals, lists, categories, years beyond 9999 and metadata are in the output as they were."""
    pq.write_table(_RICH, tmp_path / "in.parquet")
    assert _labelled(open_table(tmp_path / "in.parquet"), tmp_path / "out.parquet", size) == []
    given, found = (pq.read_table(tmp_path / f"{name}.parquet") for name in ("in", "out"))
    assert found.select(given.column_names).equals(given)
    assert found.schema.names[len(given.schema) :] == [f"added{n}" for n in range(6)]
    for field in given.schema:
        assert found.schema.field(field.name).equals(field, check_metadata=True)
    assert found.schema.types[-6:] == [pa.string(), pa.string(), pa.float64(), pa.bool_(), pa.string(), pa.string()]
    assert found.schema.metadata[b"source"] == b"register"


def test_cells_are_values_of_python(tmp_path: Path) -> None:
    """Whatever the type, a cell is a plain value, nanoseconds are cut, and what Python cannot hold is its text."""
    pq.write_table(_RICH, tmp_path / "t.parquet")
    table = open_table(tmp_path / "t.parquet")
    row = dict(zip(table.columns, _rows(table)[1], strict=True))
    assert type(row["zoned"]) is dt.datetime
    assert row["zoned"].isoformat() == "2023-11-15T01:13:20.123456+03:00"
    assert row["far"].startswith("20983-")
    assert row["clock"] == dt.time()
    assert (row["money"], row["tags"], row["district"]) == (Decimal("-12345678901234567.89"), [], "Южный")
    kinds = dict(zip(table.columns, table.kinds, strict=True))
    assert (kinds["id"], kinds["zoned"], kinds["district"], kinds["money"]) == (int, dt.datetime, str, str)


def test_rows_of_other_formats_may_go_to_a_schema_too(tmp_path: Path) -> None:
    """Rows that are given without their record get the types of the schema all the same."""
    few = _RICH.drop_columns(["far"])
    pq.write_table(few, tmp_path / "in.parquet")
    table = ParquetTable(tmp_path / "in.parquet")
    path = tmp_path / "out.parquet"
    with write_table(path, table.columns, kinds=table.kinds, schema=table.schema) as writer:
        writer.write(_rows(table))
        assert writer.noted == []
    assert pq.read_schema(path).equals(few.schema)
    assert pq.read_table(path).drop_columns(["zoned", "clock"]).equals(few.drop_columns(["zoned", "clock"]))


def test_a_renamed_column_keeps_its_type_and_the_notes_of_pandas_go(tmp_path: Path) -> None:
    """A column that gets another name is the same column; metadata that speak of the old name are left out."""
    given = pa.table({"topic": pa.array([1], pa.int16())}).replace_schema_metadata({"pandas": "{}", "other": "x"})
    pq.write_table(given, tmp_path / "in.parquet")
    table = ParquetTable(tmp_path / "in.parquet")
    for name, metadata in (("topic_input", {b"other": b"x"}), ("topic", {b"pandas": b"{}", b"other": b"x"})):
        with write_table(tmp_path / "o.parquet", [name, "x"], kinds=[int, str], schema=table.schema) as writer:
            for batch in table.batches():
                writer.write_with(batch, [["a"]])
        found = pq.read_table(tmp_path / "o.parquet")
        assert found.column(name).type == pa.int16()
        assert found.schema.metadata == metadata


# Cells that do not fit


def test_a_mixed_column_is_text_from_the_start(tmp_path: Path) -> None:
    """A key of JSON Lines that holds numbers and words is a column of text, and nothing of it is lost."""
    (tmp_path / "in.jsonl").write_text(
        '{"id": 1, "n": 1, "text": "Яма"}\n{"id": "2а", "n": 2.5, "text": "Снег"}\n{"id": null, "n": 3}\n',
        encoding="utf-8",
    )
    assert _labelled(open_table(tmp_path / "in.jsonl"), tmp_path / "out.parquet") == []
    found = open_table(tmp_path / "out.parquet")
    assert found.kinds[:3] == [str, float, str]
    assert [row[:3] for row in _rows(found)] == [["1", 1.0, "Яма"], ["2а", 2.5, "Снег"], [None, 3.0, None]]


def test_a_broken_line_does_not_stop_a_run(tmp_path: Path) -> None:
    """A line that is no JSON, which stands for its row in a column of numbers, is kept or noted, and the rest goes on."""
    (tmp_path / "in.jsonl").write_text('{"id": 1, "text": "a"}\n{"id": 2, "te\n{"id": 3, "text": "c"}\n')
    noted = _labelled(open_table(tmp_path / "in.jsonl"), tmp_path / "out.parquet")
    first, broken, last = (row[:2] for row in _rows(open_table(tmp_path / "out.parquet")))
    assert ([str(first[0]), first[1]], [str(last[0]), last[1]]) == (["1", "a"], ["3", "c"])
    assert noted == [(1, "id", UNFIT, '{"id": 2, "te')] or broken[0] == '{"id": 2, "te'


@pytest.mark.parametrize(
    ("kind", "good", "bad", "shown"),
    [
        (int, 5, "пять", "пять"),
        (int, 5, 2**70, str(2**70)),
        (int, 5, True, "true"),
        (int, 5, 2.5, "2.5"),
        (float, 0.5, 2**53 + 1, str(2**53 + 1)),
        (bool, True, 1, "1"),
        (dt.date, dt.date(2024, 1, 2), "вчера", "вчера"),
        (dt.date, dt.date(2024, 1, 2), dt.datetime(2024, 1, 2, 3, 4), "2024-01-02 03:04:00"),
        (dt.datetime, dt.datetime(2024, 1, 2), dt.datetime(2024, 1, 2, 3, tzinfo=dt.UTC), "2024-01-02 03:00:00+00:00"),
    ],
)
def test_a_cell_that_does_not_fit_is_noted_and_the_rest_goes_on(
    tmp_path: Path, kind: Kind, good: Any, bad: Any, shown: str
) -> None:
    """A cell of another kind than its column's is left empty and told of whole; nothing is changed to make it fit."""
    path = tmp_path / "t.parquet"
    with write_table(path, ["x", "text"], kinds=[kind, str]) as writer:
        writer.write([[good, "a"]])
        writer.write([[good, "b"], [bad, "c"], ["", "d"]])
        assert writer.noted == [(2, "x", UNFIT, shown)]
    assert _rows(open_table(path)) == [[good, "a"], [good, "b"], [None, "c"], [None, "d"]]


def test_days_among_moments_are_midnights(tmp_path: Path) -> None:
    """A column of moments, as workbooks have them, takes days too."""
    rows: list[Row] = [[dt.date(2024, 1, 2)], [dt.datetime(2024, 1, 2, 3)]]
    path = _written(tmp_path / "t.parquet", ["x"], rows, [dt.datetime])
    assert _rows(open_table(path)) == [[dt.datetime(2024, 1, 2)], [dt.datetime(2024, 1, 2, 3)]]


def test_half_of_a_character_is_refused(tmp_path: Path) -> None:
    """Text that no UTF-8 can hold is a DataError, as in other formats, and there is no file."""
    with pytest.raises(DataError, match=r"U\+D83D"), write_table(tmp_path / "t.parquet", ["x"]) as writer:
        writer.write([["\ud83d"]])
    assert list(tmp_path.iterdir()) == []


def test_spoilt_texts_are_problems_of_their_rows(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are shown, told of with their row, and copied as they are."""
    spoilt = pa.array(["Яма".encode(), b"\xdf\xec\xe0", None]).view(pa.string())
    given = pa.table({"id": [1, 2, 3], "text": spoilt, "lists": [[1], None, []]})
    pq.write_table(given, tmp_path / "t.parquet")
    (batch,) = open_table(tmp_path / "t.parquet").batches()
    assert batch.problems == {1: BAD_BYTES}
    assert batch.rows == [[1, "Яма", [1]], [2, r"\xdf\xec\xe0", None], [3, None, []]]
    _labelled(open_table(tmp_path / "t.parquet"), tmp_path / "o.parquet")
    assert pq.read_table(tmp_path / "o.parquet").column("text").cast(pa.binary()).to_pylist()[1] == b"\xdf\xec\xe0"


def test_values_that_have_no_text_either_are_problems(tmp_path: Path) -> None:
    """A value inside a list that Python cannot hold is left out, and its row says which column it was."""
    given = pa.table({"when": pa.array([[0], [600_000_000_000]], pa.list_(pa.timestamp("s")))})
    pq.write_table(given, tmp_path / "t.parquet")
    (batch,) = open_table(tmp_path / "t.parquet").batches()
    assert batch.rows == [[[dt.datetime(1970, 1, 1)]], [None]]
    assert batch.problems == {1: BAD_VALUE.format("when")}


# Names


@settings(max_examples=60)
@given(st.lists(st.text("aAбБ_2", max_size=3), max_size=6), st.none() | st.integers(8, 12))
def test_names_become_unique_and_good_ones_stay(names: list[str], longest: int | None) -> None:
    """Whatever the names, the new ones differ in any case and fit; one that needed no change has none."""
    found = unique_names(names, longest)
    assert len({name.casefold() for name in found}) == len(found) == len(names)
    assert all(found)
    for wanted, name in zip(names, found, strict=True):
        assert longest is None or len(name.encode()) <= longest
        if wanted and [other.casefold() for other in names].count(wanted.casefold()) == 1:
            assert name == wanted


def test_repeated_and_empty_headings_do_not_stop_a_run(tmp_path: Path) -> None:
    """A register whose headings repeat, or are missing, becomes a file that any program can read."""
    path = _written(tmp_path / "t.parquet", ["Дата", "", "дата", "Дата"], [["1", "2", "3", "4"]])
    assert open_table(path).columns == ["Дата", "column_2", "дата_2", "Дата_3"]
    assert pq.read_table(path).num_columns == 4


# Folders of parts


def _part(folder: Path, name: str, columns: dict[str, Any]) -> None:
    pq.write_table(pa.table(columns), folder / f"{name}.parquet")


def test_a_folder_of_parts_is_one_table(tmp_path: Path) -> None:
    """Parts are read in the order of their names, rows are numbered through, and types hold what all parts hold."""
    _part(tmp_path, "b", {"text": ["Снег", "Лёд"], "id": pa.array([2**40, 3]), "n": pa.nulls(2)})
    _part(tmp_path, "a", {"id": pa.array([1], pa.int16()), "text": ["Яма"], "n": [0.5]})
    _part(tmp_path, "c", {"id": pa.array([], pa.int64()), "text": pa.array([], pa.string()), "n": pa.nulls(0)})
    (tmp_path / "_SUCCESS").touch()
    _part(tmp_path, ".hidden", {"other": [1]})
    table = open_table(tmp_path)
    assert table.columns == ["id", "text", "n"]
    assert table.kinds == [int, str, float]
    assert list(table) == [(1, [1, "Яма", 0.5]), (2, [2**40, "Снег", None]), (3, [3, "Лёд", None])]
    assert [batch.numbers for batch in table.batches(1)] == [[1], [2], [3]]
    assert _labelled(table, tmp_path / "all.out.parquet") == []
    assert pq.read_table(tmp_path / "all.out.parquet").column("id").to_pylist() == [1, 2**40, 3]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"id": [1]}, r"b\.parquet: lacks the column «text»"),
        ({"id": [1], "text": ["x"], "more": [1]}, r"b\.parquet: has one more column, «more»"),
        ({"id": [[1]], "text": ["x"]}, r"b\.parquet: the column «id» is list.* here and int64"),
    ],
)
def test_parts_with_other_columns_are_refused(tmp_path: Path, columns: dict[str, Any], message: str) -> None:
    """The message names the part and the column."""
    _part(tmp_path, "a", {"id": [1], "text": ["Яма"]})
    _part(tmp_path, "b", columns)
    with pytest.raises(DataError, match=message):
        open_table(tmp_path)


def test_a_folder_with_nothing_but_hidden_files_is_refused(tmp_path: Path) -> None:
    """There is nothing to read in it."""
    _part(tmp_path, "_metadata", {"id": [1]})
    with pytest.raises(DataError, match=r"no \.parquet files"):
        open_table(tmp_path)


# Damage


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    """Cut short, empty, or something else inside: a DataError that names the file, also of a part."""
    whole = _written(tmp_path / "t.parquet", ["text"], [[f"Яма {n}"] for n in range(1000)]).read_bytes()
    (tmp_path / "parts").mkdir()
    for bad in (whole[:-20], whole[:100], b"", b"id;text\n1;2\n", b"PAR1" + b"\x00" * 50 + b"PAR1"):
        for path in (tmp_path / "bad.parquet", tmp_path / "parts" / "bad.parquet"):
            path.write_bytes(bad)
            with pytest.raises(DataError, match=r"bad\.parquet"):
                list(open_table(path if path.parent == tmp_path else path.parent))


def test_damage_inside_is_told_with_the_row(tmp_path: Path) -> None:
    """Where the footer is sound and the pages are not, the rows before are read and the error says how far it was."""
    path = tmp_path / "t.parquet"
    rows = pa.table({"text": [f"Яма на улице {n * 7919 % 1000}" for n in range(4000)]})
    pq.write_table(rows, path, row_group_size=1000, compression="zstd")
    data = bytearray(path.read_bytes())
    column = pq.ParquetFile(path).metadata.row_group(2).column(0)
    start = column.dictionary_page_offset or column.data_page_offset
    data[start : start + 400] = b"\xaa" * 400
    path.write_bytes(data)
    batches = open_table(path).batches(500)
    assert sum(len(next(batches).rows) for _ in range(4)) == 2000
    with pytest.raises(DataError, match=r"t\.parquet: is damaged after row 2000"):
        next(batches)


# The table as others see it


def test_progress_and_fingerprint(tmp_path: Path) -> None:
    """Progress counts rows and starts anew with each reading; a changed part changes the fingerprint."""
    for name in "ab":
        _part(tmp_path, name, {"id": [1, 2, 3]})
    table = open_table(tmp_path)
    for _ in range(2):
        assert [table.progress for _ in table.batches(2)] == [(2, 6), (3, 6), (5, 6), (6, 6)]
    print_before = table.fingerprint()
    assert print_before == open_table(tmp_path).fingerprint()
    _part(tmp_path, "b", {"id": list(range(300))})
    assert print_before != open_table(tmp_path).fingerprint()


def test_the_same_rows_give_the_same_bytes_however_they_are_batched(tmp_path: Path) -> None:
    """The file depends on the rows alone."""
    rows: list[Row] = [[n, f"Яма {n}", n / 7] for n in range(5000)]
    one = _written(tmp_path / "one.parquet", list("abc"), rows, [int, str, float])
    again = _written(tmp_path / "again.parquet", list("abc"), rows, [int, str, float])
    with write_table(tmp_path / "two.parquet", list("abc"), kinds=[int, str, float]) as writer:
        for begin in range(0, 5000, 2000):
            writer.write(iter(rows[begin : begin + 2000]))
    assert one.read_bytes() == again.read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_row_groups_are_of_a_sensible_size(tmp_path: Path) -> None:
    """Batches of 2000 rows do not become row groups of 2000 rows."""
    path = _written(tmp_path / "t.parquet", ["id"], [[n] for n in range(70_000)], [int])
    file = pq.ParquetFile(path)
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [66_000, 4_000]
    path = _written(tmp_path / "t.parquet", ["text"], [["я" * 20_000] for _ in range(5000)])
    assert pq.ParquetFile(path).num_row_groups == 3


def test_a_run_that_fails_leaves_no_file(tmp_path: Path) -> None:
    """The name appears with the last row, or never."""
    rows = ([n if n < 90_000 else 1 // 0] for n in range(100_000))
    with pytest.raises(ZeroDivisionError), write_table(tmp_path / "t.parquet", ["id"], kinds=[int]) as writer:
        writer.write(rows)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_table_has_its_columns(tmp_path: Path) -> None:
    """No rows are no error: columns and types are there."""
    table = open_table(_written(tmp_path / "t.parquet", ["id", "text"], [], [int, str]))
    assert (table.columns, table.kinds, list(table), table.progress) == (["id", "text"], [int, str], [], (0, 0))


def test_without_pyarrow_the_message_says_what_to_install() -> None:
    """Who lacks the package is told the command that brings it."""
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from appealcls.errors import MissingExtraError\n"
        "try:\n    import appealcls.tables.parquet\n"
        "except MissingExtraError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'appealcls[archive]'" in done.stdout


_CHILD = """
import sys
from pathlib import Path
from appealcls.tables import open_table, write_table
source, target = sys.argv[1:]
table = open_table(source)
labels = ["roads", "Дороги", 0.5, True, "roads", ""]
kinds = [*table.kinds, str, str, float, bool, str, str]
with write_table(target, [*table.columns, *"abcdef"], kinds=kinds, schema=table.schema) as writer:
    for batch in table.batches():
        writer.write_with(batch, [labels] * len(batch.rows))
status = Path("/proc/self/status").read_text()
print(int(status.split("VmHWM:")[1].split()[0]) // 1024)
"""


# The peak that getrusage tells of a child is that of its parent, if the parent's was higher: Linux keeps it in exec.
@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read as Linux tells it")
def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    """200,000 texts of 1 kB in one row group, 230 MB, are copied with labels in hardly more memory than 70,000."""
    peaks = []
    for rows in (70_000, 200_000):
        source = tmp_path / f"{rows}.parquet"
        texts = [f"{n} " + "яма на дороге " * 40 for n in range(rows)]
        pq.write_table(
            pa.table({"id": range(rows), "text": texts}),
            source,
            row_group_size=rows,
            compression="none",
            use_dictionary=False,
        )
        del texts
        command = [sys.executable, "-c", _CHILD, str(source), str(tmp_path / "out.parquet")]
        peaks.append(int(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
        assert pq.ParquetFile(tmp_path / "out.parquet").metadata.num_rows == rows
    assert source.stat().st_size > 200e6
    assert peaks[1] < peaks[0] + 90  # held in memory, the rows between would take 140 MB; libraries vary by 40
    assert peaks[1] < 450
