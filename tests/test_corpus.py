"""The corpus keeps what its datasheet promises."""

import csv
import re
import tomllib
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from appealcls.text import clean
from appealcls.topics import Taxonomy

_ROOT: Final = Path(__file__).parents[1]
_DATASETS: Final = _ROOT / "datasets"
_WORD: Final = re.compile(r"[а-яёa-z0-9]+")
_COMMON_RUNS: Final = 12  # pairs of texts that share eight words by accident, known and looked at
_DISTINCT: Final = 0.85  # of word 3-grams; measured 0.90, texts made from templates lie far below
_SIGNATURE: Final = 128  # hashes of a MinHash signature, in bands of four
_BAND: Final = 4
_NEAR: Final = 0.5  # Jaccard similarity of word 3-grams from which two texts are one told twice

Row = dict[str, str]


def _read(part: str) -> list[Row]:
    rows = []
    for path in sorted((_DATASETS / part).glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows += [{**row, "file": path.stem} for row in csv.DictReader(file)]
    return rows


_TRAIN: Final = _read("train")
_TEST: Final = _read("test")
_ALL: Final = _TRAIN + _TEST
_TOPICS: Final = Taxonomy.default().ids


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower().replace("ё", "е"))


def _runs(text: str, n: int) -> list[str]:
    words = _words(text)
    return [" ".join(words[i : i + n]) for i in range(len(words) - n + 1)]


def _cells() -> list[dict[str, Any]]:
    return list(tomllib.loads((_DATASETS / "coverage.toml").read_text(encoding="utf-8"))["cell"])


def test_every_row_is_valid() -> None:
    """Ids are unique and name the batch, labels exist, `other` is never additional, texts are clean Unicode."""
    assert [identity for identity, n in Counter(row["id"] for row in _ALL).items() if n > 1] == []
    for row in _ALL:
        more = list(filter(None, row["additional"].split("|")))
        assert re.fullmatch(r"(\d\d|test-[ab])-\d{4}", row["id"]), row["id"]
        assert row["topic"] in _TOPICS, row["id"]
        assert set(more) <= set(_TOPICS) - {"other", row["topic"]}, row["id"]
        assert row["text"].strip(), row["id"]
        assert row["text"] == row["text"].strip(), row["id"]
        assert unicodedata.is_normalized("NFC", row["text"]), row["id"]


def test_there_is_enough_of_everything() -> None:
    """At least 12,000 texts, 1,000 of each of the six topics, 5,000 of `other`; 700 for testing."""
    count = Counter(row["topic"] for row in _TRAIN)
    assert len(_TRAIN) >= 12_000
    assert count.pop("other") >= 5_000
    assert len(count) == 6
    assert min(count.values()) >= 1_000
    assert len(_TEST) == 700
    assert min(Counter(row["topic"] for row in _TEST).values()) >= 20


@pytest.mark.parametrize("rows", [_TRAIN, _TEST], ids=["train", "test"])
def test_lengths_are_as_in_life(rows: list[Row]) -> None:
    """About a quarter is shorter than 90 characters, half is of 90 to 400, a quarter is longer."""
    lengths = np.array([len(row["text"]) for row in rows])
    assert np.mean(lengths < 90) == pytest.approx(0.25, abs=0.05)
    assert np.mean((lengths >= 90) & (lengths <= 400)) == pytest.approx(0.50, abs=0.05)
    assert np.mean(lengths > 400) == pytest.approx(0.25, abs=0.06)


def test_a_few_are_very_long() -> None:
    """Some texts have 2,000 characters and more."""
    assert sum(len(row["text"]) >= 2000 for row in _TRAIN) >= 20


@pytest.mark.parametrize("rows", [_TRAIN, _TEST], ids=["train", "test"])
def test_a_tenth_raises_further_topics(rows: list[Row]) -> None:
    """About one text in ten has an additional topic."""
    assert np.mean([bool(row["additional"]) for row in rows]) == pytest.approx(0.10, abs=0.02)


def test_no_text_stands_twice() -> None:
    """No two texts are equal but for case, ё and punctuation, in training and testing together."""
    seen = defaultdict(list)
    for row in _ALL:
        seen[" ".join(_words(row["text"]))].append(row["id"])
    assert [ids for ids in seen.values() if len(ids) > 1] == []


def test_no_text_is_told_twice() -> None:
    """No two texts share half of their word 3-grams (MinHash, then the exact similarity of the candidates)."""
    shingles = [set(_runs(row["text"], 3)) for row in _ALL]
    number: dict[str, int] = {}
    ids = [np.array([number.setdefault(run, len(number)) for run in sorted(runs)]) for runs in shingles]
    hashes = np.random.default_rng(0).integers(0, 1 << 32, (len(number), _SIGNATURE), dtype=np.uint32)
    buckets = defaultdict(list)
    for text, those in enumerate(ids):
        if len(those) >= 3:
            signature = hashes[those].min(axis=0)
            for band in range(0, _SIGNATURE, _BAND):
                buckets[band, signature[band : band + _BAND].tobytes()].append(text)
    near = set()
    for texts in buckets.values():
        for i, one in enumerate(texts):
            for other in texts[i + 1 :]:
                shared = len(shingles[one] & shingles[other])
                if shared / len(shingles[one] | shingles[other]) > _NEAR:
                    near.add((_ALL[one]["id"], _ALL[other]["id"]))
    assert near == set()


def test_texts_share_no_sentence() -> None:
    """Runs of eight words that two texts share are accidents, and few."""
    where: dict[str, str] = {}
    pairs = set()
    for row in _ALL:
        for run in set(_runs(row["text"], 8)):
            first = where.setdefault(run, row["id"])
            if first != row["id"]:
                pairs.add((first, row["id"]))
    assert len(pairs) <= _COMMON_RUNS, sorted(pairs)


def test_nothing_comes_from_real_appeals() -> None:
    """No text shares eight words in a row with a real appeal that lies beside the repository."""
    real = sorted((_ROOT.parent / "shared").glob("gold/*.csv")) + sorted((_ROOT.parent / "shared").glob("real/*.csv"))
    if not real:
        pytest.skip("no real appeals beside the repository to compare with")
    csv.field_size_limit(1 << 27)
    runs: set[str] = set()
    for path in real:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                runs.update(_runs(row["text"], 8))
    assert [row["id"] for row in _ALL if not runs.isdisjoint(_runs(row["text"], 8))] == []


def test_no_personal_data() -> None:
    """No phone, e-mail or document number stands in any text."""
    masked = [row["id"] for row in _ALL if any(sign in clean(row["text"]).text for sign in "\x01\x02\x04")]
    assert masked == []


def test_language_is_not_repeated() -> None:
    """Most word 3-grams occur once only: nothing was filled into templates."""
    runs = [run for row in _TRAIN for run in _runs(row["text"], 3)]
    assert len(set(runs)) / len(runs) > _DISTINCT


def test_no_cell_is_thin() -> None:
    """Every situation, thing, actor, request and border rule of the plan is written about often enough."""
    texts = defaultdict(list)
    for row in _TRAIN:
        texts[row["topic"]].append(row["text"].lower().replace("ё", "е"))
    thin = {}
    for cell in _cells():
        pattern = re.compile(rf"(?<![а-я])(?:{cell['pattern']})")
        found = sum(bool(pattern.search(text)) for text in texts[cell["topic"]])
        if found < cell["least"]:
            thin[cell["id"]] = f"{found} of {cell['least']}"
    assert thin == {}


def test_the_plan_is_wide() -> None:
    """Every topic has its cells, `other` the most: it is as wide as a city's life."""
    count = Counter(cell["topic"] for cell in _cells())
    assert set(count) == set(_TOPICS)
    assert min(count.values()) >= 12
    assert count["other"] >= 50
    assert len({cell["id"] for cell in _cells()}) == len(_cells())
