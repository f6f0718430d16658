"""Texts → tokens: where every word stands, and the 64-bit key that names its spelling.

A regular expression would hand over a Python string for every word. Here a whole block of texts is one array of code
points: classes, word borders and keys are computed for all of it at once, and a string is made only of a word that
nobody has seen before. The key of a word is ``mix(Σ letter[i] * base**i)`` over its folded letters (mod 2**64), so
case, ё/е and look-alike letters are gone before anything is looked up. Two words of a vocabulary never share a key
(:class:`appealcls.keys.KeyIndex` refuses them); that another word should have the key of a known one is a matter of
1 : 2**44 for a vocabulary of a million.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from appealcls.keys import Keys, mix
from appealcls.text import DOCUMENT, EMAIL, LINK, PHONE, canonical_word, clean, fold

__all__ = ["MAX_CHARS", "NUMBER", "SIGNS", "Tokens", "scan", "word_keys"]

NUMBER: Final = "#"
"""The spelling that stands for every number: a house, a route and a date say nothing as such, their company does."""

SIGNS: Final = (NUMBER, PHONE, EMAIL, LINK, DOCUMENT)
"""Spellings that are not words: a number, and the masks."""

MAX_CHARS: Final = 100_000
"""Only so many characters of a text are read: some forty pages, beyond which a cell holds no appeal."""

_LETTER, _DIGIT, _FIRST_MASK = 1, 2, 3  # classes of characters, every mask one of its own; 0 separates
_STOP: Final = 9  # the class of characters that separate and may end a sentence
_STOPS: Final = ".!?;\u2026\n"
_SHORTENED: Final = 2  # letters: a full stop after so short a word is that of «ул.» or «д.», not of a sentence
_TABLE_SIZE: Final = 0x3000  # all alphabets of Europe lie below; what lies above is a separator, once cleaned
_MASK_CHARS: Final = (PHONE, EMAIL, LINK, DOCUMENT)
_BASE: Final = 0xD1342543DE82EF95  # odd; a multiplier with good lattices (Steele, Vigna, 2021)
_STRETCH: Final = 1 << 17  # keys are worked out for so many characters at once, which bounds the table of powers
_MARKUP_SIGNS: Final = "<&@/wW"  # without one of these there is neither markup nor an address in a text
_LINE_FEED, _CARRIAGE_RETURN, _HYPHENS = 0x0A, 0x0D, (0x2D, 0xAD, 0x2010)
_MASKED_DIGITS, _MASKED_SPAN = 6, 20  # every number that is masked has so many digits within so many characters


class _Tables(NamedTuple):
    classes: NDArray[np.uint8]
    letters: NDArray[np.uint64]
    """A weight for every code point; those that fold to the same letter share it."""
    suspects: NDArray[np.bool_]
    """Code points for which :func:`clean` must look at the text."""


@cache
def _tables() -> _Tables:
    classes = np.zeros(_TABLE_SIZE + 1, dtype=np.uint8)
    folded = np.arange(_TABLE_SIZE + 1, dtype=np.uint64)
    for code in range(_TABLE_SIZE):
        char = chr(code)
        if char.isalpha():
            classes[code] = _LETTER
            folded[code] = ord(fold(char))
        elif code > 0x7F and unicodedata.category(char) in {"Mn", "Mc", "Me", "Cf", "Lm"}:
            classes[code] = _LETTER  # accents and invisible characters belong to the word they stand in
        elif char.isdecimal():
            classes[code] = _DIGIT
    classes[[ord(char) for char in _STOPS]] = _STOP
    for number, char in enumerate(_MASK_CHARS):
        classes[ord(char)] = _FIRST_MASK + number
    suspects = np.zeros(_TABLE_SIZE + 1, dtype=np.bool_)
    suspects[[ord(sign) for sign in _MARKUP_SIGNS]] = True
    suspects[_TABLE_SIZE] = True
    return _Tables(classes, mix(folded), suspects)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The words of some texts, text after text.

    Attributes
    ----------
    bounds : ndarray of int64, shape (n_texts + 1,)
        Tokens of text ``i`` are ``bounds[i]:bounds[i + 1]``.
    sentences : ndarray of int64, shape (n_sentences + 1,)
        Tokens of sentence ``j`` are ``sentences[j]:sentences[j + 1]``, at least one; no sentence spans two texts.
    keys : ndarray of uint64, shape (n_tokens,)
        The key of each spelling; see :func:`word_keys`.
    """

    bounds: NDArray[np.intp]
    sentences: NDArray[np.intp]
    keys: Keys
    _start: NDArray[np.intp]
    _stop: NDArray[np.intp]
    _base: NDArray[np.intp]  # where each text begins in the joined one
    _joined: str
    _origins: dict[int, NDArray[np.intp]]  # of the texts that cleaning changed

    def __len__(self) -> int:
        return len(self.keys)

    def word(self, token: int) -> str:
        """The spelling of one token: its canonical form, :data:`NUMBER`, or a mask."""
        word = self._joined[self._start[token] : self._stop[token]]
        first = word[0]
        return NUMBER if first.isdecimal() else first if first in _MASK_CHARS else canonical_word(word)

    def spans(self, text: int) -> list[tuple[int, int]]:
        """Where the tokens of one text stand in it as it was given: ``text[start:stop]`` is the word as written."""
        span = slice(self.bounds[text], self.bounds[text + 1])
        start, stop = self._start[span] - self._base[text], self._stop[span] - self._base[text]
        origin = self._origins.get(text)
        if origin is not None:
            # A word that was broken over two lines ends where its last letter does, not where the break began.
            start, stop = origin[start], origin[np.maximum(stop - 1, 0)] + 1
        return list(zip(start.tolist(), stop.tolist(), strict=True))


def word_keys(words: Sequence[str]) -> Keys:
    """Keys of canonical spellings, the same that :func:`scan` finds for them in a text.

    Parameters
    ----------
    words : sequence of str
        Not empty ones, without anything that separates words.

    Returns
    -------
    ndarray of uint64, shape (len(words),)
    """
    lengths = np.array([len(word) for word in words], dtype=np.intp)
    return _keys(_codes("".join(words)), np.cumsum(lengths) - lengths)


def _codes(text: str) -> NDArray[np.intp]:
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.intp)
    return np.minimum(codes, _TABLE_SIZE, out=codes)


def _keys(codes: NDArray[np.intp], starts: NDArray[np.intp]) -> Keys:
    """Keys of the runs that begin at ``starts`` and together cover all of ``codes``."""
    keys = np.empty(len(starts), dtype=np.uint64)
    first = 0
    while first < len(starts):
        # As many runs as begin within a stretch; the last of them may reach beyond it.
        begin = starts[first]
        last = int(np.searchsorted(starts, begin + _STRETCH))
        end = starts[last] if last < len(starts) else len(codes)
        keys[first:last] = _stretch_keys(codes[begin:end], starts[first:last] - begin)
        first = last
    return mix(keys)


def _stretch_keys(codes: NDArray[np.intp], starts: NDArray[np.intp]) -> Keys:
    # Every letter is weighted by a power that grows along the whole stretch, all letters are summed up once, and the
    # difference of two sums, divided by the power at which the run begins, is the same wherever the run stands.
    powers, inverse = _powers(1 << (len(codes) - 1).bit_length())
    weighted = _tables().letters.take(codes)
    weighted *= powers[: len(codes)]
    np.cumsum(weighted, out=weighted)
    ends = weighted.take(np.append(starts[1:], len(codes)) - 1)
    sums = ends.copy()
    sums[1:] -= ends[:-1]
    sums *= inverse.take(starts)
    return sums


@cache
def _powers(size: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """``_BASE**i`` and ``_BASE**-i`` mod 2**64 for i below ``size``; an odd number has an inverse there."""
    both = []
    for base in (_BASE, pow(_BASE, -1, 1 << 64)):
        powers = np.full(size, base, dtype=np.uint64)
        powers[0] = 1
        both.append(np.cumprod(powers))
    return both[0], both[1]


def _needs_cleaning(codes: NDArray[np.intp], classes: NDArray[np.uint8], base: NDArray[np.intp]) -> list[int]:
    """Numbers of the texts that :func:`clean` may change, found without looking at any of them."""

    def texts_at(places: NDArray[np.intp]) -> NDArray[np.intp]:
        return np.searchsorted(base, places, side="right") - 1

    digits = np.flatnonzero(classes == _DIGIT)
    crowded = digits[: -_MASKED_DIGITS + 1][digits[_MASKED_DIGITS - 1 :] - digits[: -_MASKED_DIGITS + 1] < _MASKED_SPAN]
    breaks = np.flatnonzero(codes == _LINE_FEED)
    before = codes[np.maximum(breaks - 1, 0)]
    before = np.where(before == _CARRIAGE_RETURN, codes[np.maximum(breaks - 2, 0)], before)
    return sorted(
        {
            *texts_at(np.flatnonzero(_tables().suspects.take(codes))).tolist(),
            *texts_at(breaks[np.isin(before, _HYPHENS)]).tolist(),
            *texts_at(crowded).tolist(),
        }
    )


def _join(texts: Sequence[str]) -> tuple[str, NDArray[np.intp]]:
    lengths = np.array([len(text) for text in texts], dtype=np.intp)
    base = np.zeros(len(texts), dtype=np.intp)
    np.cumsum(lengths[:-1] + 1, out=base[1:])
    return "\n".join(texts), base


def scan(texts: Sequence[str]) -> Tokens:
    """Find the words of some texts.

    Parameters
    ----------
    texts : sequence of str
        As they came; each is cleaned (:func:`appealcls.text.clean`) where that can change anything, and read up to
        :data:`MAX_CHARS` characters.

    Returns
    -------
    Tokens

    Raises
    ------
    TypeError
        If a single string is given in place of a sequence, or something in it is not a string.

    Examples
    --------
    >>> tokens = scan(["Яма у дома 5"])
    >>> [tokens.word(i) for i in range(len(tokens))], tokens.spans(0)
    (['яма', 'у', 'дома', '#'], [(0, 3), (4, 5), (6, 10), (11, 12)])
    """
    if isinstance(texts, str):
        raise TypeError("expected a sequence of texts, got one string: put it into a list")
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"text {number} is not a string but {type(text).__name__}")
    if not len(texts):
        none = np.zeros(0, dtype=np.intp)
        return Tokens(
            np.zeros(1, dtype=np.intp),
            np.zeros(1, dtype=np.intp),
            np.zeros(0, dtype=np.uint64),
            none,
            none,
            none,
            "",
            {},
        )
    parts = [text if len(text) <= MAX_CHARS else text[:MAX_CHARS] for text in texts]
    joined, base = _join(parts)
    codes = _codes(joined)
    classes = _tables().classes.take(codes)
    origins: dict[int, NDArray[np.intp]] = {}
    for number in _needs_cleaning(codes, classes, base):
        parts[number], origin = clean(parts[number])
        if origin is not None:
            origins[number] = origin
    if origins:
        joined, base = _join(parts)
        codes = _codes(joined)
        classes = _tables().classes.take(codes)
    # Runs of one class cover everything; those that are not separators are the tokens.
    starts = np.flatnonzero(np.diff(classes, prepend=np.uint8(255)))
    kinds = classes[starts]
    words = np.flatnonzero((kinds != 0) & (kinds != _STOP))
    keys = _keys(codes, starts)[words]
    keys[kinds[words] == _DIGIT] = _number_key()
    start = starts[words]
    stop = np.append(starts[1:], len(codes))[words]
    bounds = np.append(np.searchsorted(start, base), len(start))
    sentences = _sentences(codes, starts, np.flatnonzero(kinds == _STOP), words, kinds[words] == _LETTER, stop - start)
    return Tokens(bounds, sentences, keys, start, stop, base, joined, origins)


def _sentences(
    codes: NDArray[np.intp],
    starts: NDArray[np.intp],
    stops: NDArray[np.intp],
    words: NDArray[np.intp],
    is_word: NDArray[np.bool_],
    lengths: NDArray[np.intp],
) -> NDArray[np.intp]:
    """Where sentences begin among the tokens; ``stops`` and ``words`` are numbers of runs."""
    following = np.searchsorted(words, stops)  # the token after each stop
    between = (following > 0) & (following < len(words))  # texts are joined by a stop, so their borders are among these
    stops, following = stops[between], following[between]
    single = np.append(starts, len(codes))[stops + 1] - starts[stops] == 1
    shortened = is_word[following - 1] & (lengths[following - 1] <= _SHORTENED)
    ends = ~(single & (codes[starts[stops]] == ord(".")) & shortened)
    return np.concatenate(([0], _distinct(following[ends]), [len(words)])) if len(words) else np.zeros(1, dtype=np.intp)


def _distinct(ascending: NDArray[np.intp]) -> NDArray[np.intp]:
    return ascending[np.diff(ascending, prepend=-1) > 0]


@cache
def _number_key() -> np.uint64:
    return np.uint64(word_keys([NUMBER])[0])
