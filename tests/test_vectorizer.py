"""appealcls.vectorizer: texts to sparse matrices."""

from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError

from appealcls.errors import ModelError
from appealcls.vectorizer import AppealVectorizer, as_texts

Corpus = tuple[list[str], list[str]]
TEXTS = st.text("аеёйснгдорАСОе 019.,-\n@<>", max_size=40)


@pytest.fixture(scope="module")
def fitted(toy_corpus: Corpus) -> AppealVectorizer:
    """A vectorizer that has seen the toy corpus."""
    return AppealVectorizer(min_df=1).fit(toy_corpus[0])


def blocks(vectorizer: AppealVectorizer, matrix: sp.csr_matrix) -> list[sp.csr_matrix]:
    """The columns of lemmas, of n-grams and of pairs."""
    widths = np.cumsum([0, len(vectorizer.lemmas_), len(vectorizer.ngrams_), len(vectorizer.pairs_)])
    return [matrix[:, begin:end] for begin, end in pairwise(widths)]


class TestAsTexts:
    """as_texts: what a caller may pass."""

    @pytest.mark.parametrize(
        "texts",
        [["яма", "снег"], ("яма", "снег"), np.array(["яма", "снег"]), np.array(["яма", "снег"], dtype=object)],
    )
    def test_sequences(self, texts: object) -> None:
        """Lists, tuples and arrays of texts are lists of plain strings."""
        assert [(type(text), text) for text in as_texts(texts)] == [(str, "яма"), (str, "снег")]

    def test_a_column_of_any_library(self) -> None:
        """Whatever has a one-dimensional shape and can be run through is a column; pandas is not needed."""

        class Column:
            shape = (2,)

            def __iter__(self) -> "object":
                return iter(["яма", "снег"])

        assert as_texts(Column()) == ["яма", "снег"]

    @pytest.mark.parametrize(
        ("texts", "error", "reason"),
        [
            ("яма", TypeError, "got one string: put it into a list"),
            ([], ValueError, "holds no texts"),
            (["яма", None], TypeError, r"X\[1\] is not a text but NoneType"),
            ([float("nan")], TypeError, r"X\[0\] is not a text but float"),
            ([b"\xff"], TypeError, r"X\[0\] is not a text but bytes"),
            (np.array([["яма"]]), ValueError, r"one-dimensional, one text a row; its shape is \(1, 1\)"),
            (np.array("яма"), ValueError, r"its shape is \(\)"),
        ],
    )
    def test_what_is_refused(self, texts: object, error: type[Exception], reason: str) -> None:
        """What is no sequence of texts is refused, and the place is named."""
        with pytest.raises(error, match=reason):
            as_texts(texts)


class TestMatrix:
    """fit and transform: three blocks, each of norm 1."""

    def test_fit_transform_is_fit_then_transform(self, toy_corpus: Corpus, fitted: AppealVectorizer) -> None:
        """Reading the texts once gives the same matrix as reading them twice."""
        once = AppealVectorizer(min_df=1).fit_transform(toy_corpus[0])
        assert (once != fitted.transform(toy_corpus[0])).nnz == 0

    def test_shape(self, toy_corpus: Corpus, fitted: AppealVectorizer) -> None:
        """One row a text; one column a lemma, an n-gram, a pair, and two more for a lemma by its place."""
        width = 3 * len(fitted.lemmas_) + len(fitted.ngrams_) + len(fitted.pairs_)
        assert fitted.transform(toy_corpus[0]).shape == (len(toy_corpus[0]), width)

    def test_a_single_word_has_norm_one(self, fitted: AppealVectorizer) -> None:
        """The norm is taken over words: a text of one known word has lemmas of norm 1."""
        lemmas, _, pairs = blocks(fitted, fitted.transform(["снег"]))
        assert sp.linalg.norm(lemmas) == pytest.approx(1)
        assert pairs.nnz == 0

    def test_repeating_a_word_adds_up(self, fitted: AppealVectorizer) -> None:
        """With the norm taken over words as often as they occur, n equal words weigh √n."""
        one, _, _ = blocks(fitted, fitted.transform(["снег"]))
        four, _, _ = blocks(fitted, fitted.transform(["снег снег снег снег"]))
        assert abs(four - 2 * one).max() == pytest.approx(0)

    @settings(max_examples=30)
    @given(st.lists(TEXTS.filter(str.strip), min_size=1, max_size=4))
    def test_a_row_depends_on_its_text_only(self, texts: list[str]) -> None:
        """A text has the same row alone and among others."""
        vectorizer = AppealVectorizer(min_df=1).fit(["снег на дороге", "собаки у гаража 5"])
        together = vectorizer.transform(texts).toarray()
        alone = np.vstack([vectorizer.transform([text]).toarray() for text in texts])
        np.testing.assert_allclose(together, alone, rtol=1e-12, atol=1e-15)

    def test_forms_of_a_word_share_a_column(self, fitted: AppealVectorizer) -> None:
        """Two cases of a noun are one lemma."""
        one, _, _ = blocks(fitted, fitted.transform(["собака"]))
        other, _, _ = blocks(fitted, fitted.transform(["собаками"]))
        assert (one != other).nnz == 0

    @pytest.mark.parametrize("text", ["СОБАКА", "cобaкa", "соба\u00adка", "собаака\u200b".replace("аа", "ааа")])
    def test_spellings_are_one(self, fitted: AppealVectorizer, text: str) -> None:
        """Case, look-alikes, invisible characters and stretched letters do not show."""
        assert (fitted.transform([text]) != fitted.transform(["собака"])).nnz == 0

    @pytest.mark.parametrize("text", ["", " ", "!!!", "漢字", "\u200b", "ъъфъ"])
    def test_nothing_known_is_nothing(self, fitted: AppealVectorizer, text: str) -> None:
        """A text without a known word is a row of zeros, not an error."""
        assert fitted.transform(["снег", text])[1].nnz == 0

    def test_numbers_weigh_nothing_alone(self, fitted: AppealVectorizer) -> None:
        """A number has no lemma's weight; with its neighbour it makes a pair."""
        assert fitted.transform(["5"]).nnz == 0
        _, _, pairs = blocks(fitted, fitted.transform(["дома 5"]))
        assert pairs.nnz == 1

    def test_pairs_can_be_left_out(self, toy_corpus: Corpus) -> None:
        """Without pairs the other blocks are what they were."""
        vectorizer = AppealVectorizer(pairs=False, min_df=1)
        matrix = vectorizer.fit_transform(toy_corpus[0])
        assert matrix.shape[1] == 3 * len(vectorizer.lemmas_) + len(vectorizer.ngrams_)

    @pytest.mark.parametrize("min_df", [1, 2, 3, 5])
    def test_rare_features_are_left_out(self, toy_corpus: Corpus, min_df: int) -> None:
        """Every n-gram and pair that is kept occurs in at least min_df texts."""
        vectorizer = AppealVectorizer(min_df=min_df)
        _, grams, pairs = blocks(vectorizer, vectorizer.fit_transform(toy_corpus[0]))
        assert (np.bincount(grams.indices, minlength=grams.shape[1]) >= min_df).all()
        assert (np.bincount(pairs.indices, minlength=pairs.shape[1]) >= min_df).all()

    def test_idf_is_that_of_scikit_learn(self, toy_corpus: Corpus, fitted: AppealVectorizer) -> None:
        """A lemma of one text out of n has the idf ln((1 + n) / 2) + 1."""
        place = fitted.lemmas_.index("кондуктор")
        assert fitted.lemma_idf_[place] == pytest.approx(np.log((1 + len(toy_corpus[0])) / 2) + 1, abs=1e-6)

    def test_vocabulary_does_not_depend_on_order(self, toy_corpus: Corpus, fitted: AppealVectorizer) -> None:
        """The same texts in another order give the same columns and weights."""
        other = AppealVectorizer(min_df=1).fit(toy_corpus[0][::-1])
        assert (other.lemmas_, other.forms_) == (fitted.lemmas_, fitted.forms_)
        for name in ("form_lemmas_", "lemma_idf_", "ngrams_", "ngram_idf_", "pairs_", "pair_idf_"):
            np.testing.assert_array_equal(getattr(other, name), getattr(fitted, name))


class TestErrors:
    """What cannot be learned from or served."""

    @pytest.mark.parametrize("texts", [[""], ["!!", "5", " "], ["8 900 000-00-00"]])
    def test_no_words(self, texts: list[str]) -> None:
        """Texts without a word teach nothing."""
        with pytest.raises(ValueError, match="the texts hold no words"):
            AppealVectorizer().fit(texts)

    def test_not_fitted(self) -> None:
        """Transforming before fitting is scikit-learn's usual error."""
        with pytest.raises(NotFittedError):
            AppealVectorizer().transform(["снег"])

    def test_impossible_settings(self) -> None:
        """Settings are checked in fit, not when the vectorizer is made."""
        vectorizer = AppealVectorizer(ngram_min=5, ngram_max=3)
        with pytest.raises(ModelError, match="n-grams of 5 to 3 letters"):
            vectorizer.fit(["снег на дороге"])
