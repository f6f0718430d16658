"""Appeals that were sent before: the same text again, and nearly the same, as a collective letter in fifty copies."""

import hashlib
import re
import unicodedata
import zlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from appealcls.errors import MissingExtraError, UsageError

__all__ = ["ID_COLUMNS", "DuplicateFinder", "Matching"]

Matching = Literal["exact", "near"]
"""Word for word, whatever the case, punctuation and ё; or with some words changed as well."""

ID_COLUMNS: Final = (
    "id", "№", "номер", "№ обращения", "номер обращения", "регистрационный номер", "рег. номер", "рег.номер", "рег. №",
    "рег№", "№ п/п", "№ п.п.", "appeal_id", "number",
)  # fmt: skip
"""Names by which the column of ids is found."""

_WORD: Final = re.compile(r"\w+")
_FEWEST: Final = 6  # words: «Уберите снег во дворе» is written by two people who have never met
_FEWEST_NEAR: Final = 15  # words: of a shorter text, one other house number is most of the difference there can be
_LETTER: Final = 60  # words: copies of a long letter may be of different days, a shorter text of another day is another
_SIGNERS: Final = frozenset({"кв", "квартира", "квартиры", "тел", "телефон"})  # before numbers of those who sign
_SHINGLE: Final = 3  # words: pairs are common by chance, fours are broken by every changed word four times
_SIMILAR: Final = 0.7  # Jaccard: a signature, a date and a sentence of one's own leave that much of a page
_BANDS: Final = (14, 4)  # of MinHash, by number and size: of pairs at the threshold 98 % are found, of those at 0.8 all


class DuplicateFinder:
    """Remembers the texts it has seen.

    Memory grows with the rows: some 150 bytes a row for exact matching, some 5 kB for near matching.

    Parameters
    ----------
    matching : {'exact', 'near'}

    Raises
    ------
    UsageError
        If it is neither.
    MissingExtraError
        If near matching is asked for and ``datasketch`` is not installed.

    Examples
    --------
    >>> finder = DuplicateFinder("exact")
    >>> finder.find(["Уберите, пожалуйста, снег во дворе дома 5"], ["A-1"])
    ['']
    >>> finder.find(["уберите пожалуйста снег во дворе дома 5!"], ["A-2"])
    ['A-1']
    """

    def __init__(self, matching: Matching = "exact") -> None:
        if matching not in ("exact", "near"):
            raise UsageError(f"there is no matching {matching!r}: use exact or near")
        self._seen: dict[bytes, str] = {}
        self._near: Any = None
        if matching == "near":
            try:
                from datasketch import MinHash, MinHashLSH
            except ImportError as error:
                raise MissingExtraError("near matching of appeals", "datasketch", "duplicates") from error
            self._minhash = MinHash
            self._near = MinHashLSH(num_perm=_BANDS[0] * _BANDS[1], params=_BANDS)
            self._firsts: list[tuple[str, NDArray[np.uint32], frozenset[str]]] = []

    def find(self, texts: Sequence[str], ids: Sequence[str]) -> list[str]:
        """The id of the first appeal that each text repeats; an empty string for one that is new."""
        return [self._find(text, name) for text, name in zip(texts, ids, strict=True)]

    def _find(self, text: str, name: str) -> str:
        # One program writes й as a letter, another as и with a mark; ё loses its dots either way.
        composed = unicodedata.normalize("NFC", text).lower().replace("ё", "е").replace("\u00ad", "")
        words = _WORD.findall(composed)
        if len(words) < _FEWEST:
            return ""
        key = hashlib.blake2b(" ".join(words).encode("utf-8", "surrogatepass"), digest_size=16).digest()
        first = self._seen.get(key)
        if first is not None:
            return first
        near = self._find_near(words, name) if self._near is not None and len(words) >= _FEWEST_NEAR else ""
        self._seen[key] = near or name
        return near

    def _find_near(self, words: Sequence[str], name: str) -> str:
        shingles = [
            " ".join(words[i : i + _SHINGLE]).encode("utf-8", "surrogatepass") for i in range(len(words) - _SHINGLE + 1)
        ]
        numbers = frozenset(
            word for before, word in pairwise(("", *words)) if word[0].isdigit() and before not in _SIGNERS
        )
        hashes = np.unique(np.fromiter(map(zlib.crc32, shingles), np.uint32, len(shingles)))
        signature = self._minhash(num_perm=_BANDS[0] * _BANDS[1], hashfunc=int)
        signature.update_batch(hashes)
        # Only firsts are remembered: copies of a copy would drift away from the letter, a step at a time.
        alike: list[int] = sorted(self._near.query(signature))
        for number in alike:
            first, other, named = self._firsts[number]
            if len(words) < _LETTER and named != numbers:
                continue
            common = len(np.intersect1d(hashes, other, assume_unique=True))
            if common >= _SIMILAR * (len(hashes) + len(other) - common):
                return first
        self._near.insert(len(self._firsts), signature)
        self._firsts.append((name, hashes, numbers))
        return ""
