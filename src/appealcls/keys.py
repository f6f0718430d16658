"""A map of 64-bit keys to row numbers that answers for a whole array at once.

Word forms, lemmas, character n-grams and pairs of lemmas are all named by integers. A Python ``dict`` would answer for
one of them at a time; this open-addressing table with linear probing answers for a hundred thousand in about a
millisecond, and ``numpy.searchsorted`` needs several times as long on tables of this size.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["KeyIndex", "mix"]

Keys = NDArray[np.uint64]
Rows = NDArray[np.int32]

EMPTY: Final = np.uint64(0)
"""A free slot. A key that is 0 by chance would be taken for it, so :func:`mix` never returns 0."""

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio, Knuth, TAOCP vol. 3, 6.4
_MAX_LOAD: Final = 0.5  # share of taken slots beyond which probing gets long


def mix(values: NDArray[np.uint64]) -> Keys:
    """Spread integers over all 64 bits, never giving 0: the finaliser of SplitMix64 (Steele, Lea, Flood, 2014).

    >>> int(mix(np.array([1], dtype=np.uint64))[0])
    10451216379200822465
    """
    z = values + _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    z[z == 0] = 1
    return z


class KeyIndex:
    """Row numbers by key.

    Parameters
    ----------
    keys : ndarray of uint64, shape (n,)
        Distinct keys other than 0; key ``i`` gets row ``i``.
    spare : int, default=0
        How many more keys :meth:`insert` may add.

    Raises
    ------
    ValueError
        If a key is 0 or occurs twice.

    Examples
    --------
    >>> index = KeyIndex(np.array([11, 22, 33], dtype=np.uint64))
    >>> index.find(np.array([33, 7, 11], dtype=np.uint64)).tolist()
    [2, -1, 0]
    """

    __slots__ = ("_keys", "_mask", "_rows", "_shift")

    def __init__(self, keys: Keys, spare: int = 0) -> None:
        size = 1 << max(4, int(np.ceil((len(keys) + spare) / _MAX_LOAD)).bit_length())
        self._shift = np.uint64(64 - (size.bit_length() - 1))
        self._mask = size - 1
        self._keys: Keys = np.zeros(size, dtype=np.uint64)
        self._rows: Rows = np.zeros(size, dtype=np.int32)  # means something only where there is a key
        self._place(np.ascontiguousarray(keys, dtype=np.uint64))

    def _home(self, keys: Keys) -> NDArray[np.intp]:
        return ((keys * _GOLDEN) >> self._shift).astype(np.intp)

    def _place(self, keys: Keys) -> None:
        waiting = np.arange(len(keys))
        slots = self._home(keys)
        while waiting.size:
            # All that find a free slot write; of those that wrote the same one the last has it, the others move on.
            free = self._keys[slots] == EMPTY
            self._keys[slots[free]] = keys[waiting[free]]
            seated = self._keys[slots] == keys[waiting]
            self._rows[slots[seated]] = waiting[seated]
            waiting, slots = waiting[~seated], (slots[~seated] + 1) & self._mask
        # Equal keys have taken one slot, a key of 0 none.
        if np.count_nonzero(self._keys) != len(keys):
            raise ValueError("keys must be distinct and not 0")

    def find(self, keys: Keys) -> Rows:
        """Row of every key, -1 where the key is not in the table.

        Parameters
        ----------
        keys : ndarray of uint64, shape (m,)

        Returns
        -------
        ndarray of int32, shape (m,)
        """
        slots = self._home(keys)
        there = self._keys[slots]
        rows = self._rows[slots]
        miss = there != keys
        rows[miss] = -1
        # What met another key goes on to the next slot until it meets itself or a free one.
        lost = np.flatnonzero(miss & (there != EMPTY))
        slots = slots[lost]
        while lost.size:
            slots = (slots + 1) & self._mask
            there = self._keys[slots]
            hit = there == keys[lost]
            rows[lost[hit]] = self._rows[slots[hit]]
            on = ~hit & (there != EMPTY)
            lost, slots = lost[on], slots[on]
        return rows

    def insert(self, key: int, row: int) -> None:
        """Add one key. Readers in other threads see it wholly or not at all: the row is written before the key."""
        slot = int(self._home(np.array([key], dtype=np.uint64))[0])
        while self._keys[slot] != EMPTY:
            slot = (slot + 1) & self._mask
        self._rows[slot] = row
        self._keys[slot] = np.uint64(key)
