"""appealcls.features: n-grams and pairs as integers, and sums that do not depend on their neighbours."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appealcls.errors import ModelError
from appealcls.features import FeatureSettings, ngrams, pair_keys, segment_sums

LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюяdfgijlnqrsuvwz"
WORDS = st.text(LETTERS, min_size=1, max_size=12)


def grams_of(word: str, shortest: int, longest: int) -> list[str]:
    """N-grams of a word with its edges, the plain way."""
    edged = f" {word} "
    return [edged[i : i + n] for n in range(shortest, longest + 1) for i in range(len(edged) - n + 1)]


class TestNgrams:
    """ngrams: every piece of a word, its edges included, is one integer."""

    @given(st.lists(WORDS, max_size=6), st.integers(2, 5), st.integers(0, 5))
    def test_same_as_cutting_strings(self, words: list[str], shortest: int, more: int) -> None:
        """Words own as many n-grams as strings can be cut from them; equal strings and no others are equal integers."""
        settings = FeatureSettings(shortest, shortest + more)
        grams, owners = ngrams(words, settings)
        for number, word in enumerate(words):
            assert np.count_nonzero(owners == number) == len(grams_of(word, shortest, shortest + more))
        strings = [gram for word in words for gram in grams_of(word, shortest, shortest + more)]
        assert len(set(grams.tolist())) == len(set(strings))

    @given(st.lists(WORDS, min_size=1, max_size=6))
    def test_company_changes_nothing(self, words: list[str]) -> None:
        """A word has the same n-grams alone and among others, and none that reaches into its neighbour."""
        grams, owners = ngrams(words, FeatureSettings())
        for number, word in enumerate(words):
            assert grams[owners == number].tolist() == ngrams([word], FeatureSettings())[0].tolist()

    def test_no_words(self) -> None:
        """No words have no n-grams."""
        grams, owners = ngrams([], FeatureSettings())
        assert (grams.size, owners.size) == (0, 0)

    def test_foreign_letters_share_a_code(self) -> None:
        """Letters of other alphabets are all one letter, which is none of ours."""
        greek, georgian, ours = (set(ngrams([word], FeatureSettings())[0].tolist()) for word in ("λλλ", "ააა", "жжж"))
        assert greek == georgian
        assert not greek & ours


class TestPairKeys:
    """pair_keys: neighbours of the same sentence, both known."""

    def test_table(self) -> None:
        """Pairs do not reach over the end of a sentence or over an unknown word."""
        lemmas = np.array([4, 7, -1, 7, 2, 9, 9], dtype=np.int32)
        bounds = np.array([0, 2, 4, 7])
        keys, first = pair_keys(lemmas, bounds)
        assert first.tolist() == [0, 4, 5]
        assert len(set(keys.tolist())) == 3

    def test_order_matters(self) -> None:
        """«не вывозят» and «вывозят не» are different pairs."""
        bounds = np.array([0, 2, 4])
        keys, _ = pair_keys(np.array([1, 2, 2, 1], dtype=np.int32), bounds)
        assert keys[0] != keys[1]

    def test_never_zero(self) -> None:
        """Even the pair of the first lemma with itself is not 0, which would mean a free slot."""
        keys, _ = pair_keys(np.array([0, 0], dtype=np.int32), np.array([0, 2]))
        assert keys.all()

    @given(st.lists(st.lists(st.integers(-1, 5), min_size=1, max_size=5), min_size=1, max_size=6))
    def test_same_as_the_plain_way(self, texts: list[list[int]]) -> None:
        """They are what a loop over the sentences finds."""
        lemmas = np.array([lemma for text in texts for lemma in text], dtype=np.int32)
        bounds = np.cumsum([0, *map(len, texts)])
        expected, place = [], 0
        for text in texts:
            for offset, (left, right) in enumerate(pairwise(text)):
                if left >= 0 and right >= 0:
                    expected.append((((left + 1) << 32) | right, place + offset))
            place += len(text)
        keys, first = pair_keys(lemmas, bounds)
        assert list(zip(keys.tolist(), first.tolist(), strict=True)) == expected


class TestSegmentSums:
    """segment_sums: sums of rows, segment by segment."""

    def test_empty_segments(self) -> None:
        """An empty segment sums to 0, at either end and between."""
        values = np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]])
        assert segment_sums(values, np.array([0, 0, 2, 2, 3, 3])).tolist() == [[0, 0], [3, 30], [0, 0], [4, 40], [0, 0]]

    @given(st.lists(st.lists(st.floats(-1e6, 1e6, width=32), max_size=12), min_size=1, max_size=5))
    def test_no_sum_depends_on_its_neighbours(self, segments: list[list[float]]) -> None:
        """A segment sums to the same bits alone and among others."""
        values = np.array([value for segment in segments for value in segment], dtype=np.float32).reshape(-1, 1)
        bounds = np.cumsum([0, *map(len, segments)])
        together = segment_sums(values, bounds)
        for number, segment in enumerate(segments):
            own = np.array(segment, dtype=np.float32).reshape(-1, 1)
            assert together[number].tolist() == segment_sums(own, np.array([0, len(segment)]))[0].tolist()


class TestFeatureSettings:
    """FeatureSettings: checked when made."""

    @pytest.mark.parametrize(("shortest", "longest"), [(1, 3), (4, 3), (3, 11), (0, 0), (-1, 5)])
    def test_impossible_lengths_are_refused(self, shortest: int, longest: int) -> None:
        """Lengths that cannot be, or that need more than 60 bits, are refused with the range that can."""
        with pytest.raises(ModelError, match="2 ≤ ngram_min ≤ ngram_max ≤ 10"):
            FeatureSettings(shortest, longest)

    def test_to_dict_gives_them_back(self) -> None:
        """Settings made from their own data are equal."""
        settings = FeatureSettings(2, 4, pairs=False)
        assert FeatureSettings(**settings.to_dict()) == settings  # type: ignore[arg-type]
