"""Appeals that were sent before are known again, and nobody else's appeal is taken for one of them."""

import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appealcls.archive import DUPLICATE_COLUMN, label_archive
from appealcls.archive.duplicates import DuplicateFinder, Matching
from appealcls.errors import UsageError
from appealcls.tables import Row, open_table, write_table

_LETTER = (
    "Мы, жители дома 14 по улице Полевой, просим отремонтировать двор: асфальт разрушен, ямы глубокие, после дождя стоит "
    "вода, дети и пожилые люди не могут пройти к подъездам. Обращались в управляющую компанию трижды, ответа нет. "
)


@pytest.mark.cases("duplicates", "matching", "relation", "first", "second")
def test_pairs_of_appeals(matching: str, relation: str, first: str, second: str) -> None:
    """Each pair of the table is the same appeal or two, whichever comes first."""
    assert relation in {"same", "other"}
    kinds: tuple[Matching, ...] = ("exact", "near")
    for kind in kinds:
        if matching in {kind, "both"}:
            for one, two in ((first, second), (second, first)):
                assert DuplicateFinder(kind).find([one, two], ["A", "B"]) == ["", "A" if relation == "same" else ""]


@pytest.mark.parametrize("matching", ["exact", "near"])
def test_all_copies_point_to_the_first(matching: Matching) -> None:
    """Of five letters the first is new, and the others name it, whatever stands between."""
    texts = [_LETTER, "Стая собак у школы, дети боятся ходить", _LETTER, _LETTER.upper(), "", _LETTER]
    assert DuplicateFinder(matching).find(texts, list("ABCDEF")) == ["", "", "A", "A", "", "A"]


def test_a_collective_letter_with_many_signatures_is_one_letter() -> None:
    """Fifty signatures under one letter are forty-nine duplicates of the first; copies of copies name the first too."""
    dice = random.Random(1)
    names = [f"{dice.choice('АБВГД')}. {dice.choice('АБВГД')}. Жильцов, квартира {number}" for number in range(50)]
    found = DuplicateFinder("near").find([_LETTER + name for name in names], [str(i) for i in range(50)])
    assert found == ["", *["0"] * 49]


def test_copies_of_copies_do_not_drift_away() -> None:
    """A text that is near a copy and far from the letter is no duplicate of the letter."""
    words = [f"слово{number}" for number in range(60)]
    chain = [[f"иное{number}" for number in range(changed)] + words[changed:] for changed in (0, 8, 30)]
    assert DuplicateFinder("near").find([" ".join(text) for text in chain], ["A", "B", "C"]) == ["", "A", ""]


@settings(max_examples=30)
@given(
    st.lists(st.sampled_from([_LETTER, _LETTER + "Петрова", _LETTER + "Иванов, кв. 7", "Яма", "Снег во дворе дома 5 не убран", ""])),
    st.lists(st.integers(0, 20), max_size=4),
    st.sampled_from(["exact", "near"]),
)  # fmt: skip
def test_batches_do_not_show(texts: list[str], cuts: list[int], matching: Matching) -> None:
    """However the rows are divided into batches, each gets the same answer."""
    names = [str(i) for i in range(len(texts))]
    whole, parts = DuplicateFinder(matching), DuplicateFinder(matching)
    found: list[str] = []
    places = sorted({0, len(texts), *(min(cut, len(texts)) for cut in cuts)})
    for begin, end in pairwise(places):
        found += parts.find(texts[begin:end], names[begin:end])
    assert found == whole.find(texts, names)


@settings(max_examples=30)
@given(st.lists(st.text(max_size=60)), st.sampled_from(["exact", "near"]))
def test_any_texts_have_an_answer(texts: list[str], matching: Matching) -> None:
    """Whatever stands in a text, the answer is nothing or the id of an earlier text."""
    names = [str(i) for i in range(len(texts))]
    for place, first in enumerate(DuplicateFinder(matching).find(texts, names)):
        assert first == "" or (int(first) < place and texts[int(first)])


def test_an_unknown_matching_is_refused() -> None:
    """A word that is none of the two is wrong usage, and the two are named."""
    with pytest.raises(UsageError, match="use exact or near"):
        DuplicateFinder("fuzzy")  # type: ignore[arg-type]


# In an archive


def _archive(path: Path, columns: list[str], rows: list[Row]) -> Path:
    with write_table(path, columns) as writer:
        writer.write(rows)
    return path


def _found(path: Path) -> list[str]:
    table = open_table(path)
    place = table.columns.index(DUPLICATE_COLUMN)
    return [row[place] for _, row in table]


def test_an_archive_names_the_first_by_its_id(tmp_path: Path) -> None:
    """The id is that of a known column, of the one that is named, or else the number of the row."""
    rows: list[Row] = [
        ["А-1", "x1", _LETTER],
        ["А-2", "x2", "Яма"],
        ["А-3", "x3", _LETTER + "Иванов"],
        ["А-4", "x4", _LETTER],
    ]
    given_ = _archive(tmp_path / "in.csv", ["Рег. номер", "код", "Текст"], rows)
    summary = label_archive(given_, tmp_path / "out.csv", duplicates="near")
    assert _found(tmp_path / "out.csv") == ["", "", "А-1", "А-1"]
    assert summary.duplicates == 2
    assert label_archive(given_, tmp_path / "out.csv", duplicates="exact").duplicates == 1
    assert _found(tmp_path / "out.csv") == ["", "", "", "А-1"]
    label_archive(given_, tmp_path / "out.csv", duplicates="near", id_column="код")
    assert _found(tmp_path / "out.csv") == ["", "", "x1", "x1"]
    other = _archive(tmp_path / "other.csv", ["код", "Текст"], [row[1:] for row in rows])
    label_archive(other, tmp_path / "out.csv", duplicates="near")
    assert _found(tmp_path / "out.csv") == ["", "", "2", "2"]
    assert label_archive(given_, tmp_path / "out.csv").duplicates is None
    with pytest.raises(UsageError, match="only used with --duplicates"):
        label_archive(given_, tmp_path / "out.csv", id_column="код")


def test_rows_with_problems_are_no_duplicates(tmp_path: Path) -> None:
    """What could not be read is not compared."""
    text = "Уберите пожалуйста снег во дворе дома 5"
    (tmp_path / "in.csv").write_text(f"id;text\n1;{text};x\n2;{text}\n3;{text};x\n4;{text}\n", encoding="utf-8")
    label_archive(tmp_path / "in.csv", tmp_path / "out.csv", duplicates="exact")
    assert _found(tmp_path / "out.csv") == ["", "", "", "2"]
