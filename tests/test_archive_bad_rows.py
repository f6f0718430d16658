"""Broken rows stop nothing: they stay in their place, say what is wrong with them, and all others are labelled."""

import csv
import gzip
import json
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import appealcls
from appealcls.archive import ADDED_COLUMNS, NO_TEXT, ArchiveSummary, label_archive
from appealcls.errors import DataError
from appealcls.tables import Row, open_table, write_table
from appealcls.tables.delimited import BAD_BYTES, BAD_QUOTES

_GOOD = ("Яма на дороге у дома", "Стая собак у школы", "Автобус не пришёл по расписанию", "Свалка шин за гаражами")


def _labelled(source: Path, target: Path, model: appealcls.TopicModel) -> tuple[ArchiveSummary, list[dict[str, str]]]:
    summary = label_archive(source, target, model)
    table = open_table(target)
    return summary, [dict(zip(table.columns, row, strict=True)) for _, row in table]


def _errors(summary: ArchiveSummary) -> list[list[str]]:
    """Line, column, reason and value of every problem in the list beside the output."""
    assert summary.errors is not None
    with summary.errors.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file, delimiter=";")
    assert header == ["строка", "колонка", "ошибка", "значение"]
    return rows


_DAMAGES = [
    ("undecodable bytes", b"7;\xd0\xaf\xd0\xbc\xff\xfe\r\n", BAD_BYTES, ["7", "Ям\\xff\\xfe"]),
    ("no text", b"7;\r\n", NO_TEXT, ["7", ""]),
    ("blanks for a text", "7; \u00a0\t\r\n".encode(), NO_TEXT, ["7", " \u00a0\t"]),
    ("a row of nothing", b";\r\n", NO_TEXT, ["", ""]),
    ("a quote that is never closed", '7;"Яма\r\n'.encode(), BAD_QUOTES, ["7", '"Яма']),
    ("an inner quote not doubled, with a delimiter", '7;"ООО "Яма; и" К°"\r\n'.encode(), BAD_QUOTES, None),
    ("too many cells", "7;Яма;снег;лёд\r\n".encode(), "ячеек 4, а колонок 2", ["7", "Яма;снег;лёд"]),
    ("a million characters and one", b"7;" + b"a" * 1_000_001 + b"\r\n", "текст длиннее 1000000 знаков", ["7", "a" * 1_000_001]),
]  # fmt: skip


@pytest.mark.parametrize("place", ["first", "middle", "last"])
@pytest.mark.parametrize(("what", "line", "reason", "cells"), _DAMAGES, ids=[name for name, *_ in _DAMAGES])
def test_a_broken_row_of_a_csv_stays_in_its_place(
    tmp_path: Path,
    model: appealcls.TopicModel,
    what: str,
    line: bytes,
    reason: str,
    cells: list[str] | None,
    place: str,
) -> None:
    """One broken row among thousands: its neighbours keep their labels, itself its cells and its reason."""
    good = [f"{i};{_GOOD[i % 4]}\r\n".encode() for i in range(3000)]
    at = {"first": 0, "middle": 1500, "last": 3000}[place]
    (tmp_path / "in.csv").write_bytes(b"id;text\r\n" + b"".join([*good[:at], line, *good[at:]]))
    summary, rows = _labelled(tmp_path / "in.csv", tmp_path / "out.csv", model)
    broken = rows.pop(at)
    expected = {text: model.predict(text).topic for text in _GOOD}
    assert [(row["id"], row["topic"], row["problem"]) for row in rows] == [
        (str(i), expected[_GOOD[i % 4]], "") for i in range(3000)
    ]
    assert broken["problem"].startswith(reason)
    assert [broken[name] for name in ADDED_COLUMNS[:-1]] == ["", "", "0", "true", ""]
    if cells is not None:
        assert [broken["id"], broken["text"]] == cells
    assert [error[:3] for error in _errors(summary)] == [[str(at + 2), "", broken["problem"]]]
    assert summary.problems == Counter({broken["problem"]: 1})
    assert (summary.rows, summary.topics[None]) == (3001, 1)
    with pytest.raises(DataError, match=rf"in\.csv, line {at + 2}: {reason}"):
        label_archive(tmp_path / "in.csv", tmp_path / "strict.csv", model, strict=True)
    assert not list(tmp_path.glob("*strict*"))


def test_what_is_odd_and_still_a_text_is_labelled(tmp_path: Path, model: appealcls.TopicModel) -> None:
    """NUL bytes, marks of letters lost long ago, and control characters are no reason to give a row up."""
    texts = ["Яма\x00 на дороге", "Яма на доро\ufffdге", "Яма\x0b на\x1f дороге"]
    (tmp_path / "in.csv").write_text("id;text\n" + "".join(f"1;{text}\n" for text in texts), encoding="utf-8")
    for suffix in ("csv", "jsonl", "xlsx", "parquet"):
        summary, rows = _labelled(tmp_path / "in.csv", tmp_path / f"out.{suffix}", model)
        assert [row["text"] for row in rows] == texts
        assert [row["topic"] for row in rows] == ["roads"] * 3
        assert summary.errors is None


@pytest.mark.parametrize("encoding", ["utf-16", "cp1251"])
def test_bytes_that_are_no_letters_are_found_in_every_encoding(
    tmp_path: Path, model: appealcls.TopicModel, encoding: str
) -> None:
    """0x98 is nothing in Windows-1251, half a pair nothing in UTF-16: the rows say so, the others are labelled."""
    mark = b"\x98" if encoding == "cp1251" else b"\x00\xd8"
    before, after = ("id;text\n1;Яма на дороге\n2;Яма", " на дороге\n3;Яма на дороге\n")
    (tmp_path / "in.csv").write_bytes(before.encode(encoding) + mark + after.encode(encoding.replace("16", "16-le")))
    summary, rows = _labelled(tmp_path / "in.csv", tmp_path / "out.csv", model)
    assert [row["topic"] for row in rows] == ["roads", "", "roads"]
    assert [row["problem"] for row in rows] == ["", BAD_BYTES, ""]
    assert [error[0] for error in _errors(summary)] == ["3"]


def test_broken_lines_of_json_stay_in_their_place(tmp_path: Path, model: appealcls.TopicModel) -> None:
    """What is no object stands as it is in the first column; half characters, bytes and nesting are told."""
    good = '{"id": 1, "text": "Яма на дороге"}'
    broken = [
        '{"id": 2, "text": "Яма', '["Яма"]', '{"id": 3, "text": "\\ud83d"}', '{"id": 4, "text": 5} x', "[" * 100_000,
        "NaN", '{"id": ' + "9" * 5000 + "}", '{"\\udfff": 1}',
    ]  # fmt: skip
    lines = [good, *(line for one in broken for line in (one, good))]
    (tmp_path / "in.jsonl").write_bytes("\n".join(lines).encode() + b'\n{"id": 5, "text": "\xff"}\n' + good.encode())
    summary, rows = _labelled(tmp_path / "in.jsonl", tmp_path / "out.jsonl", model)
    assert [row["topic"] for row in rows] == ["roads", *["", "roads"] * 9]
    assert [row["id"] for row in rows[1:-2:2]] == broken
    assert all(row["problem"].startswith("строка не разобрана") for row in rows[1::2])
    assert [int(error[0]) for error in _errors(summary)] == [*range(2, 20, 2)]
    assert summary.problems.total() == 9
    with pytest.raises(DataError, match=r"in\.jsonl, line 2: строка не разобрана"):
        label_archive(tmp_path / "in.jsonl", tmp_path / "strict.jsonl", model, strict=True)
    label_archive(tmp_path / "in.jsonl", tmp_path / "out.xlsx", model)
    assert len(list(open_table(tmp_path / "out.xlsx"))) == len(rows)


def test_an_archive_that_is_cut_short_is_an_error_and_not_a_shorter_archive(
    tmp_path: Path, model: appealcls.TopicModel
) -> None:
    """A damaged .gz or .zst is told by its name, nothing appears under the name of the output, labels are kept."""
    for packing in ("gz", "zst"):
        path = tmp_path / f"in.csv.{packing}"
        with write_table(path, ["id", "text"]) as writer:
            writer.write([str(i), f"{_GOOD[i % 4]} {i * 7919 % 100_003}"] for i in range(30_000))
        path.write_bytes(path.read_bytes()[: -path.stat().st_size // 10])
        with pytest.raises(DataError, match=rf"in\.csv\.{packing}, after line \d+: cannot be read, or is damaged"):
            label_archive(path, tmp_path / f"out{packing}.csv", model)
        assert not (tmp_path / f"out{packing}.csv").exists()


def test_a_text_too_long_for_excel_is_cut_there_and_whole_in_the_list(
    tmp_path: Path, model: appealcls.TopicModel
) -> None:
    """A text over 32,767 characters is labelled by all of it, cut in its cell, and whole in the list of errors."""
    long = "Яма на дороге. " * 3000
    with write_table(tmp_path / "in.csv", ["id", "text"]) as writer:
        writer.write([["1", _GOOD[0]], ["2", long], ["3", ""], ["4", long + "Снег."]])
    summary, rows = _labelled(tmp_path / "in.csv", tmp_path / "out.xlsx", model)
    assert [row["topic"] for row in rows] == ["roads", "roads", "", "roads"]
    assert [len(row["text"]) for row in rows] == [len(_GOOD[0]), 32_767, 0, 32_767]
    errors = _errors(summary)
    assert [(line, column, value) for line, column, _, value in errors] == [
        ("3", "text", long), ("4", "", ""), ("5", "text", long + "Снег."),
    ]  # fmt: skip
    assert "обрезан" in errors[0][2]
    assert summary.problems == Counter({errors[0][2]: 2, NO_TEXT: 1})
    assert summary.topics[None] == 1


def test_the_list_of_an_earlier_run_does_not_stay(tmp_path: Path, model: appealcls.TopicModel) -> None:
    """When all is well again there is no list of errors, and the summary names none."""
    given = tmp_path / "in.csv"
    given.write_text("id;text\n1;\n", encoding="utf-8")
    summary, _ = _labelled(given, tmp_path / "out.csv", model)
    assert summary.errors == tmp_path / "out.csv.errors.csv"
    assert summary.errors.exists()
    given.write_text("id;text\n1;Яма\n", encoding="utf-8")
    assert _labelled(given, tmp_path / "out.csv", model)[0].errors is None
    assert {path.name for path in tmp_path.iterdir()} == {"in.csv", "out.csv"}


@pytest.mark.slow
def test_a_cell_of_fifty_megabytes_stops_nothing(tmp_path: Path, model: appealcls.TopicModel) -> None:
    """Such a cell is no appeal; it stays whole where the format can hold it, and its neighbours are labelled."""
    huge = "Яма на дороге. " * 1_950_000
    assert len(huge.encode()) > 48 << 20
    with write_table(tmp_path / "in.csv", ["id", "text"]) as writer:
        writer.write([["1", _GOOD[0]], ["2", huge + "\n"], ["3", _GOOD[1]]])
    for suffix in ("csv", "jsonl", "xlsx"):
        summary, rows = _labelled(tmp_path / "in.csv", tmp_path / f"out.{suffix}", model)
        assert [row["topic"] for row in rows] == ["roads", "", "stray_animals"]
        assert rows[1]["problem"] == "текст длиннее 1000000 знаков"
        assert rows[1]["text"] == huge + "\n" if suffix != "xlsx" else len(rows[1]["text"]) == 32_767
        assert summary.problems["текст длиннее 1000000 знаков"] == 1


@pytest.mark.slow
def test_an_open_quote_before_many_megabytes_costs_one_row(tmp_path: Path, model: appealcls.TopicModel) -> None:
    """The reader looks for the other quote no further than it must, and then reads on where it was."""
    rows = 400_000
    body = "".join(f"{i};{_GOOD[i % 4]} на улице Полевой, у остановки\r\n" for i in range(rows))
    (tmp_path / "in.csv").write_text(f'id;text\r\nx;"Снег\r\n{body}', encoding="utf-8", newline="")
    batches = open_table(tmp_path / "in.csv").batches()
    first = next(batches)
    assert first.problems == {0: BAD_QUOTES}
    assert len(first.rows) + sum(len(batch.rows) + 9 * len(batch.problems) for batch in batches) == rows + 1


# Any damage anywhere

_FIELD = st.text('яЁ aб№«»\t"', max_size=8)
_DAMAGE = st.sampled_from(["", "", "", "", "bytes", "wide", "short", "no text", "quote"])
_TABLE = st.lists(st.tuples(st.sampled_from(_GOOD), _FIELD, _DAMAGE), min_size=1, max_size=12)


def _record(number: int, text: str, note: str, damage: str) -> bytes:
    """A record of a line: number, text, note."""
    quoted = '"' + note.replace('"', '""') + '"'
    if damage == "quote":  # the rest of the line is inside of it
        return f'{number};"{text};x\r\n'.encode()
    cells = [str(number), "" if damage == "no text" else text, quoted]
    if damage == "wide":
        cells += ["x", "y"]
    line = ";".join(cells[:2] if damage == "short" else cells).encode()
    return (line.replace(text.encode(), text.encode() + b"\xff") if damage == "bytes" else line) + b"\r\n"


@settings(max_examples=60)
@given(_TABLE)
def test_any_damage_leaves_the_number_and_the_labels_of_the_rows(
    rows: list[tuple[str, str, str]],
) -> None:
    """As many rows come out as lines went in; the sound ones are labelled as if there were no others."""
    model = appealcls.load()
    with tempfile.TemporaryDirectory() as folder:
        given, sound = Path(folder) / "in.csv", Path(folder) / "sound.csv"
        header = "№;text;note\r\n".encode()
        # An unclosed quote is closed by any quote before a delimiter; without quotes in notes, nothing can close it.
        clean = [(t, note.replace('"', ""), d) for t, note, d in rows] if any(d == "quote" for *_, d in rows) else rows
        lines = [_record(i, *row) for i, row in enumerate(clean)]
        if any(damage == "quote" for *_, damage in clean):
            lines = [
                line.replace(b'"', b"") if row[2] != "quote" else line for line, row in zip(lines, clean, strict=True)
            ]
        given.write_bytes(header + b"".join(lines))
        sound.write_bytes(
            header + b"".join(line for line, row in zip(lines, clean, strict=True) if row[2] in {"", "short"})
        )
        summary, found = _labelled(given, Path(folder) / "out.csv", model)
        assert [row["№"] for row in found] == [str(i) for i in range(len(rows))]
        assert summary.rows == len(rows)
        good = [row for row, (*_, damage) in zip(found, clean, strict=True) if damage in {"", "short"}]
        assert all(
            row["problem"] for row, (*_, damage) in zip(found, clean, strict=True) if damage not in {"", "short"}
        )
        assert summary.problems.total() == len(rows) - len(good)
        assert good == _labelled(sound, Path(folder) / "alone.csv", model)[1]


_LINES = st.lists(
    st.sampled_from(['{"text": "Яма"}', '{"text": 5}', "{", '"x"', "[1]", "", "  ", '{"a": "\\ud800"}', "\x00"])
)


@settings(max_examples=60)
@given(_LINES)
def test_any_lines_of_json_come_out_as_many(lines: list[str]) -> None:
    """Every line that is not blank is a row of the output, an object or not."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.jsonl.gz"
        path.write_bytes(gzip.compress("\n".join(['{"text": "Яма на дороге"}', *lines]).encode()))
        summary = label_archive(path, Path(folder) / "out.jsonl", appealcls.load())
        found = [json.loads(line) for line in (Path(folder) / "out.jsonl").read_text(encoding="utf-8").splitlines()]
        assert len(found) == 1 + sum(bool(line.strip()) for line in lines) == summary.rows
        assert found[0]["topic"] == "roads"


def test_rows_of_a_strict_run_that_are_fine_are_written(tmp_path: Path, model: appealcls.TopicModel) -> None:
    """Strict is no other format: a sound table gives the same bytes."""
    rows: list[Row] = [[str(i), _GOOD[i % 4]] for i in range(10)]
    with write_table(tmp_path / "in.csv", ["id", "text"]) as writer:
        writer.write(rows)
    label_archive(tmp_path / "in.csv", tmp_path / "a.csv", model)
    label_archive(tmp_path / "in.csv", tmp_path / "b.csv", model, strict=True)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
