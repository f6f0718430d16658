"""What the classifier sees of a word: its lemma, the character n-grams of its spelling, and its left neighbour's lemma.

Every feature belongs to one word or to one pair of neighbours; that alone makes the trained model *compilable*. With
``F[w]`` the weighted features of a word form, the vector of a text is

    x = Σ F[w] / √(Σ ‖F[w]‖²),   summed over all words of the text, as often as they occur,

so a linear score ``x·β`` is ``Σ F[w]·β / √(Σ ‖F[w]‖²)``: two sums over a table that has one row for each form. Lemmas,
n-grams and pairs are three blocks, each with its own norm.

Two more blocks count lemmas again, by what their sentence does: the opening of a text (:func:`opening`), which tends to
name the matter, and the sentences that ask (:data:`ASKING`). An appeal is about what it asks, and much of it only tells.

Everything is an integer here: an n-gram is its letters, six bits each; a pair is the numbers of its two lemmas.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from appealcls.errors import ModelError

__all__ = ["ASKING", "BLOCKS", "FeatureSettings", "ngrams", "opening", "pair_keys", "segment_any", "segment_sums"]

BLOCKS: Final = 5
"""Lemmas, n-grams, pairs, lemmas of the opening, lemmas of asking sentences: in this order everywhere."""

ASKING: Final = (
    "просить", "просьба", "требовать", "хотеть", "хотеться", "помочь", "решить", "сделать", "принять", "мера",
    "убрать", "навести", "устранить", "обязать", "разобраться", "подсказать", "разъяснить",
    "надо", "нужно", "нужный", "необходимо", "необходимый", "можно",
    "когда", "почему", "зачем", "сколько", "какой",
)  # fmt: skip
"""Lemmas by which a sentence is taken to ask for something: verbs and nouns of asking, of need, and question words."""

_GREETING: Final = 3  # words: «Добрый день!» is not yet the opening, what begins after it is
_LETTER_BITS: Final = 6
_ALPHABET: Final = "абвгдежзийклмнопрстуфхцчшщъыьэюяdfgijlnqrsuvwz"
"""Folded letters (:func:`appealcls.text.fold`): the Cyrillic ones and those Latin ones that look like none of them."""
_EDGE: Final = len(_ALPHABET) + 1
_OTHER: Final = (1 << _LETTER_BITS) - 1
_LONGEST_NGRAM: Final = 10  # sixty bits


@dataclass(frozen=True, slots=True)
class FeatureSettings:
    """What is counted; a model carries its settings and is served with no others.

    Attributes
    ----------
    ngram_min, ngram_max : int
        Lengths of character n-grams, in letters, the edges of the word included. 3 to 5 is the usual choice for
        Russian endings and stems; measured by ``benchmarks/model_choice.py``.
    pairs : bool
        Whether pairs of neighbouring lemmas are counted.
    sentences : bool
        Whether the lemmas of the opening and of the asking sentences are counted apart.
    """

    ngram_min: int = 3
    ngram_max: int = 5
    pairs: bool = True
    sentences: bool = True

    def __post_init__(self) -> None:
        if not 2 <= self.ngram_min <= self.ngram_max <= _LONGEST_NGRAM:
            raise ModelError(
                f"n-grams of {self.ngram_min} to {self.ngram_max} letters: give 2 ≤ ngram_min ≤ ngram_max ≤ "
                f"{_LONGEST_NGRAM}"
            )

    def to_dict(self) -> dict[str, int | bool]:
        """The settings as JSON-able data."""
        return asdict(self)


@cache
def _letter_codes() -> NDArray[np.uint64]:
    codes = np.full(0x3001, _OTHER, dtype=np.uint64)
    for number, letter in enumerate(_ALPHABET, 1):
        codes[ord(letter)] = number
    codes[ord(" ")] = _EDGE
    return codes


def ngrams(words: Sequence[str], settings: FeatureSettings) -> tuple[NDArray[np.uint64], NDArray[np.intp]]:
    """Character n-grams of some words.

    Parameters
    ----------
    words : sequence of str
        Canonical spellings.
    settings : FeatureSettings

    Returns
    -------
    grams : ndarray of uint64, shape (n_grams,)
        Each n-gram as one integer, as often as it occurs.
    owners : ndarray of intp, shape (n_grams,)
        The number of the word that each belongs to.

    Examples
    --------
    >>> grams, owners = ngrams(["яма", "я"], FeatureSettings(3, 4))
    >>> len(set(grams.tolist())), owners.tolist()  # «_ям», «яма», «ма_», «_яма», «яма_» and «_я_»
    (6, [0, 0, 0, 1, 0, 0])
    """
    joined = "".join(f" {word} " for word in words)
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    letters = _letter_codes()[np.minimum(points, 0x3000)]
    owner = np.repeat(np.arange(len(words)), [len(word) + 2 for word in words])
    grams: list[NDArray[np.uint64]] = []
    owners: list[NDArray[np.intp]] = []
    codes = letters
    for n in range(2, settings.ngram_max + 1):
        codes = (codes[: len(letters) - n + 1] << np.uint64(_LETTER_BITS)) | letters[n - 1 :]
        if n >= settings.ngram_min:
            inside = owner[: len(codes)] == owner[n - 1 :]
            grams.append(codes[inside])
            owners.append(owner[: len(codes)][inside])
    if not grams:
        return np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.intp)
    return np.concatenate(grams), np.concatenate(owners)


def pair_keys(lemmas: NDArray[np.int32], bounds: NDArray[np.intp]) -> tuple[NDArray[np.uint64], NDArray[np.intp]]:
    """Pairs of neighbouring words of the same sentence, both of a known lemma.

    Parameters
    ----------
    lemmas : ndarray of int32, shape (n_tokens,)
        The lemma's number for every token, -1 where it is not known.
    bounds : ndarray of intp, shape (n_sentences + 1,)
        Where each sentence begins among the tokens; none is empty.

    Returns
    -------
    keys : ndarray of uint64, shape (n_pairs,)
        Left number and right number in one integer, never 0.
    first : ndarray of intp, shape (n_pairs,)
        The token at the left of each pair, ascending.
    """
    if len(lemmas) < 2:
        return np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.intp)
    joined = (lemmas[:-1] >= 0) & (lemmas[1:] >= 0)
    joined[bounds[1:-1] - 1] = False  # the last token of a sentence has no right neighbour
    first = np.flatnonzero(joined)
    left = lemmas[first].astype(np.uint64) + np.uint64(1)
    return (left << np.uint64(32)) | lemmas[first + 1].astype(np.uint64), first


def opening(sentences: NDArray[np.intp], bounds: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which sentences open their text: the first one, and the next where the first is only a greeting.

    Parameters
    ----------
    sentences, bounds : ndarray of intp, shape (n_sentences + 1,) and (n_texts + 1,)
        Where each sentence and each text begins among the tokens.

    Returns
    -------
    ndarray of bool, shape (n_sentences,)
    """
    starts = sentences[:-1]
    return starts - bounds[np.searchsorted(bounds, starts, side="right") - 1] < _GREETING


def segment_sums(values: NDArray[np.floating[Any]], bounds: NDArray[np.intp]) -> NDArray[np.float64]:
    """Sum the rows of each segment, one after another in their order, so that no sum depends on its neighbours.

    Parameters
    ----------
    values : ndarray, shape (n, width)
    bounds : ndarray of intp, shape (m + 1,)
        Segment ``i`` is ``values[bounds[i]:bounds[i + 1]]`` and may be empty.

    Returns
    -------
    ndarray of float64, shape (m, width)
    """
    sums = np.zeros((len(bounds) - 1, values.shape[1]))
    filled = np.flatnonzero(bounds[1:] > bounds[:-1])
    if filled.size:
        sums[filled] = np.add.reduceat(values, bounds[filled], axis=0, dtype=np.float64)
    return sums


def segment_any(values: NDArray[np.bool_], bounds: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Whether anything in each segment is true; no segment may be empty.

    Parameters
    ----------
    values : ndarray of bool, shape (n,)
    bounds : ndarray of intp, shape (m + 1,)

    Returns
    -------
    ndarray of bool, shape (m,)
    """
    if len(bounds) < 2:
        return np.zeros(0, dtype=np.bool_)
    return np.logical_or.reduceat(values, bounds[:-1])
