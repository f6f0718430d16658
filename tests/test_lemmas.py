"""appealcls.lemmas: word form → lemma."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from appealcls.lemmas import ABBREVIATIONS, Lemmatizer
from appealcls.text import canonical_word
from appealcls.tokens import SIGNS


@pytest.fixture(scope="module")
def lemma() -> Lemmatizer:
    """A lemmatizer with its usual cache."""
    return Lemmatizer()


@pytest.mark.cases("lemmas", "word", "expected")
def test_table(lemma: Lemmatizer, word: str, expected: str) -> None:
    """A word of the table has the lemma beside it."""
    assert lemma(word) == expected


@pytest.mark.cases("lemmas", "word", "expected")
def test_lemmas_are_canonical(lemma: Lemmatizer, word: str, expected: str) -> None:
    """A lemma is spelled canonically, so that it can be looked up by its key."""
    assert canonical_word(lemma(word)) == lemma(word)


@pytest.mark.parametrize("short", ABBREVIATIONS)
def test_abbreviations_are_canonical(short: str) -> None:
    """A shortening is spelled as the tokens are, or it would never be met; so is what it stands for."""
    assert canonical_word(short) == short
    assert canonical_word(ABBREVIATIONS[short]) == ABBREVIATIONS[short]


@pytest.mark.parametrize("sign", SIGNS)
def test_signs_stay(lemma: Lemmatizer, sign: str) -> None:
    """Numbers and masks are their own lemmas."""
    assert lemma(sign) == sign


@pytest.mark.parametrize("size", [0, 1, 3])
def test_a_small_cache_changes_no_lemma(lemma: Lemmatizer, size: int) -> None:
    """What was forgotten is worked out anew, and the same."""
    words = ["собаками", "дорогах", "снега", "ул", "не"] * 3
    forgetful = Lemmatizer(size)
    assert [forgetful(word) for word in words] == [lemma(word) for word in words]


def test_threads_share_it(lemma: Lemmatizer) -> None:
    """Many threads get the lemmas that one gets."""
    words = ["собаками", "дорогах", "снега", "автобусом", "жильцы"] * 40
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(Lemmatizer(2), words)) == [lemma(word) for word in words]


def test_the_dictionary_is_opened_late() -> None:
    """Making a lemmatizer opens no dictionary; the first word does."""
    code = "import sys; from appealcls.lemmas import Lemmatizer; Lemmatizer(); print('pymorphy3' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
