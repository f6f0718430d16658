"""Texts → sparse matrices for training: the features of :mod:`appealcls.features`, counted and weighted.

The matrix of n-grams is never counted text by text. Counts of forms (texts × forms) times the n-grams of each form
(forms × n-grams) give the same, and each form is taken apart only once.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from appealcls.features import ASKING, FeatureSettings, ngrams, opening, pair_keys, segment_any
from appealcls.lemmas import shared_lemmatizer
from appealcls.tokens import SIGNS, scan

__all__ = ["AppealVectorizer", "as_texts"]

_IDF_DECIMALS = 6  # a logarithm may differ in its last bit between processors; a rounded one does not


def as_texts(X: Any, name: str = "X") -> list[str]:
    """A list of texts from what a caller of scikit-learn may pass: a list, a tuple, an array or a column.

    Raises
    ------
    TypeError
        If it is one string, or holds something else than strings.
    ValueError
        If it is empty, or has more than one dimension.
    """
    if isinstance(X, str):
        raise TypeError(f"{name} must be a sequence of texts, got one string: put it into a list")
    shape = getattr(X, "shape", None)
    if shape is not None and len(shape) != 1:
        raise ValueError(f"{name} must be one-dimensional, one text a row; its shape is {tuple(shape)}")
    texts = [str(text) if isinstance(text, np.str_) else text for text in X]
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"{name}[{row}] is not a text but {type(text).__name__}")
    if not texts:
        raise ValueError(f"{name} holds no texts (0 samples); at least 1 is required")
    return texts


class _Counts(NamedTuple):
    """What some texts consist of, before anything is learned from them."""

    forms: list[str]  # distinct spellings, in the order of their keys
    per_text: sp.csr_matrix  # texts × forms
    tokens: NDArray[np.intp]  # the form of every token
    bounds: NDArray[np.intp]  # where each text begins among the tokens
    sentences: NDArray[np.intp]  # where each sentence does


def _count(texts: Sequence[str]) -> _Counts:
    found = scan(texts)
    _, first, which = np.unique(found.keys, return_index=True, return_inverse=True)
    spelled = [found.word(token) for token in first.tolist()]
    forms = sorted(set(spelled))  # several keys are one form when a spelling had accents or repeated letters
    number = {form: i for i, form in enumerate(forms)}
    tokens = np.array([number[word] for word in spelled], dtype=np.intp)[which]
    per_text = sp.csr_matrix(
        (np.ones(len(tokens)), tokens, found.bounds.astype(np.int64)), shape=(len(texts), len(forms))
    )
    per_text.sum_duplicates()
    return _Counts(forms, per_text, tokens, found.bounds, found.sentences)


class AppealVectorizer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Lemmas, character n-grams and pairs of lemmas of a text, each block weighted by idf and scaled to its norm.

    Parameters
    ----------
    ngram_min, ngram_max : int, default=3, 5
        See :class:`appealcls.features.FeatureSettings`.
    pairs : bool, default=True
        Whether pairs of neighbouring lemmas are a block.
    sentences : bool, default=True
        Whether the lemmas of the opening, and those of the sentences that ask, are two more blocks.
    min_df : int, default=2
        N-grams and pairs of fewer texts are left out: what occurred once tells nothing about another text.

    Attributes
    ----------
    lemmas_ : list of str
        The vocabulary, in the order of the first block's columns.
    forms_ : list of str
        All spellings seen, ascending.
    form_lemmas_ : ndarray of int32, shape (n_forms,)
        The place of each spelling's lemma in ``lemmas_``.
    lemma_idf_, ngram_idf_, pair_idf_ : ndarray of float64
        ``ln((1 + n_texts) / (1 + df)) + 1``, as in scikit-learn's ``TfidfTransformer``. Numbers and masks take part
        in pairs only: their idf as lemmas is 0.
    ngrams_, pairs_ : ndarray of uint64
        Ascending; see :mod:`appealcls.features`.

    Examples
    --------
    >>> AppealVectorizer(min_df=1).fit_transform(["яма на дороге", "стая собак"]).shape[0]
    2
    """

    def __init__(
        self, *, ngram_min: int = 3, ngram_max: int = 5, pairs: bool = True, sentences: bool = True, min_df: int = 2
    ) -> None:
        self.ngram_min = ngram_min
        self.ngram_max = ngram_max
        self.pairs = pairs
        self.sentences = sentences
        self.min_df = min_df

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags

    @property
    def settings(self) -> FeatureSettings:
        """The parameters that serving needs too."""
        return FeatureSettings(self.ngram_min, self.ngram_max, self.pairs, self.sentences)

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002 - scikit-learn passes it
        """Learn the vocabulary and its weights.

        Parameters
        ----------
        X : sequence of str, shape (n_texts,)
        y : ignored

        Raises
        ------
        ValueError
            If no text holds a word.
        """
        counts = _count(as_texts(X))
        return self._fit(counts)

    def fit_transform(self, X: Any, y: Any = None, **_: Any) -> sp.csr_matrix:  # noqa: ARG002 - as above
        """The same as ``fit(X).transform(X)``, reading the texts once."""
        counts = _count(as_texts(X))
        return self._fit(counts)._matrix(counts)

    def transform(self, X: Any) -> sp.csr_matrix:
        """Features of some texts.

        Returns
        -------
        csr_matrix of float64, shape (n_texts, n_lemmas + n_ngrams + n_pairs + 2 n_lemmas)
            The blocks of :data:`appealcls.features.BLOCKS`.
        """
        check_is_fitted(self)
        return self._matrix(_count(as_texts(X)))

    def _fit(self, counts: _Counts) -> Self:
        settings, n_texts = self.settings, counts.per_text.shape[0]
        of_form = [shared_lemmatizer()(form) if form else "" for form in counts.forms]
        self.lemmas_ = sorted({lemma for lemma in of_form if lemma})
        self._lemma_number = {lemma: i for i, lemma in enumerate(self.lemmas_)}
        self._asking = np.array([lemma in ASKING for lemma in self.lemmas_])
        numbers = self._lemma_numbers(counts.forms)
        known = [i for i, form in enumerate(counts.forms) if form]
        self.forms_, self.form_lemmas_ = [counts.forms[i] for i in known], numbers[known]
        present = counts.per_text.copy()
        present.data[:] = 1.0

        self.lemma_idf_ = _idf(_text_counts(present @ _one_hot(numbers, len(self.lemmas_))), n_texts)
        self.lemma_idf_[[i for i, lemma in enumerate(self.lemmas_) if lemma in SIGNS]] = 0.0
        if not self.lemma_idf_.any():
            raise ValueError("the texts hold no words: nothing can be learned from them")

        grams, owners = _word_ngrams(counts.forms, settings)
        vocabulary, columns = np.unique(grams, return_inverse=True)
        in_forms = sp.csr_matrix((np.ones(len(grams)), (owners, columns)), shape=(len(counts.forms), len(vocabulary)))
        df = _text_counts(present @ in_forms)
        kept = df >= self.min_df
        self.ngrams_, self.ngram_idf_ = vocabulary[kept], _idf(df[kept], n_texts)

        self.pairs_, self.pair_idf_ = np.zeros(0, dtype=np.uint64), np.zeros(0)
        if self.pairs:
            keys, first = pair_keys(numbers[counts.tokens], counts.sentences)
            text = np.searchsorted(counts.bounds, first, side="right") - 1
            vocabulary, columns = np.unique(keys, return_inverse=True)
            df = _text_counts(sp.csr_matrix((np.ones(len(keys)), (text, columns)), shape=(n_texts, len(vocabulary))))
            kept = df >= self.min_df
            self.pairs_, self.pair_idf_ = vocabulary[kept], _idf(df[kept], n_texts)
        return self

    def _lemma_numbers(self, forms: Sequence[str]) -> NDArray[np.int32]:
        """The column of each form's lemma, -1 where the vocabulary lacks it."""
        get, lemma = self._lemma_number.get, shared_lemmatizer()
        return np.array([get(lemma(form), -1) if form else -1 for form in forms], dtype=np.int32)

    def _matrix(self, counts: _Counts) -> sp.csr_matrix:
        numbers = self._lemma_numbers(counts.forms)
        lemmas = _one_hot(numbers, len(self.lemmas_)) @ sp.diags(self.lemma_idf_)
        blocks = [_block(counts.per_text, lemmas)]

        grams, owners = _word_ngrams(counts.forms, self.settings)
        columns, known = _columns(self.ngrams_, grams)
        in_forms = sp.csr_matrix(
            (np.ones(known.sum()), (owners[known], columns[known])), shape=(len(counts.forms), len(self.ngrams_))
        )
        blocks.append(_block(counts.per_text, in_forms @ sp.diags(self.ngram_idf_)))

        if self.pairs:
            keys, first = pair_keys(numbers[counts.tokens], counts.sentences)
            columns, known = _columns(self.pairs_, keys)
            text = np.searchsorted(counts.bounds, first, side="right") - 1
            in_texts = sp.csr_matrix(
                (np.ones(known.sum()), (text[known], columns[known])),
                shape=(counts.per_text.shape[0], len(self.pairs_)),
            )
            blocks.append(_block(in_texts, sp.diags(self.pair_idf_).tocsr()))
        if self.sentences:
            for chosen in _sentence_roles(counts, numbers, self._asking):
                in_texts = _one_hot(np.where(chosen, numbers[counts.tokens], -1), len(self.lemmas_))
                text = np.searchsorted(counts.bounds, np.arange(len(chosen)), side="right") - 1
                gather = sp.csr_matrix(
                    (np.ones(len(text)), (text, np.arange(len(text)))), shape=(counts.per_text.shape[0], len(text))
                )
                blocks.append(_block(gather @ in_texts, sp.diags(self.lemma_idf_).tocsr()))
        return sp.hstack(blocks, format="csr")


def _sentence_roles(
    counts: _Counts, numbers: NDArray[np.int32], asking: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which tokens stand in the opening of their text, and which in a sentence that asks."""
    lengths = np.diff(counts.sentences)
    opens = np.repeat(opening(counts.sentences, counts.bounds), lengths)
    lemmas = numbers[counts.tokens]
    asks = (lemmas >= 0) & asking[lemmas]
    return opens, np.repeat(segment_any(asks, counts.sentences), lengths)


def _word_ngrams(forms: Sequence[str], settings: FeatureSettings) -> tuple[NDArray[np.uint64], NDArray[np.intp]]:
    """N-grams of those forms that are words; numbers and masks have none."""
    words = [i for i, form in enumerate(forms) if form and form not in SIGNS]
    grams, owners = ngrams([forms[i] for i in words], settings)
    return grams, np.array(words, dtype=np.intp)[owners]


def _one_hot(columns: NDArray[np.int32], width: int) -> sp.csr_matrix:
    known = np.flatnonzero(columns >= 0)
    return sp.csr_matrix((np.ones(len(known)), (known, columns[known])), shape=(len(columns), width))


def _columns(vocabulary: NDArray[np.uint64], keys: NDArray[np.uint64]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The place of each key in an ascending vocabulary, and whether it is there at all."""
    places = np.searchsorted(vocabulary, keys)
    known = places < len(vocabulary)
    known[known] = vocabulary[places[known]] == keys[known]
    return places, known


def _text_counts(in_texts: sp.csr_matrix) -> NDArray[np.float64]:
    """In how many texts each feature occurs."""
    in_texts.sum_duplicates()
    return np.bincount(in_texts.indices, minlength=in_texts.shape[1]).astype(np.float64)


def _idf(df: NDArray[np.float64], n_texts: int) -> NDArray[np.float64]:
    idf: NDArray[np.float64] = np.round(np.log((1 + n_texts) / (1 + df)) + 1, _IDF_DECIMALS)
    return idf


def _block(counts: sp.csr_matrix, features: sp.csr_matrix) -> sp.csr_matrix:
    """Σ F[w] / √(Σ ‖F[w]‖²) over the words (or pairs) of each text; a text without any stays 0."""
    squares = np.asarray(features.multiply(features).sum(axis=1)).ravel()
    norms = np.sqrt(counts @ squares)
    norms[norms == 0] = 1.0
    return sp.diags(1 / norms) @ (counts @ features)
