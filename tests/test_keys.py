"""appealcls.keys: row numbers by 64-bit key."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appealcls.keys import KeyIndex, mix

KEYS = st.lists(st.integers(1, 2**64 - 1) | st.integers(1, 40), max_size=60, unique=True)


def array(*keys: int) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
    """Keys as an array."""
    return np.array(keys, dtype=np.uint64)


class TestFind:
    """KeyIndex.find: the row of every key."""

    @given(KEYS, st.lists(st.integers(1, 2**64 - 1), max_size=20))
    def test_is_a_dictionary(self, keys: list[int], others: list[int]) -> None:
        """It answers what a dict would answer."""
        rows = {key: row for row, key in enumerate(keys)}
        asked = [*others, *keys, *keys[:3]]
        found = KeyIndex(array(*keys)).find(array(*asked))
        assert found.tolist() == [rows.get(key, -1) for key in asked]

    def test_keys_of_one_slot(self) -> None:
        """Keys that all want the same slot are all found, and those like them that are absent are not."""
        golden = 0x9E3779B97F4A7C15
        inverse = pow(golden, -1, 1 << 64)
        same_home = [(number * inverse) % (1 << 64) for number in range(1, 41)]
        index = KeyIndex(array(*same_home[:30]))
        assert index.find(array(*same_home)).tolist() == [*range(30), *[-1] * 10]

    def test_zero_is_never_found(self) -> None:
        """The mark of a free slot is no key."""
        assert KeyIndex(array(5)).find(array(5, 6)).tolist() == [0, -1]

    @pytest.mark.parametrize("keys", [(0,), (1, 0), (7, 7)])
    def test_broken_keys_are_refused(self, keys: tuple[int, ...]) -> None:
        """Keys that are 0 or occur twice cannot be told apart later."""
        with pytest.raises(ValueError, match="distinct and not 0"):
            KeyIndex(array(*keys))

    def test_no_keys(self) -> None:
        """An empty index finds nothing; nothing is found nowhere."""
        assert KeyIndex(array()).find(array(1, 2)).tolist() == [-1, -1]
        assert KeyIndex(array(1)).find(array()).tolist() == []


class TestInsert:
    """KeyIndex.insert: keys that come later."""

    @given(KEYS, KEYS)
    def test_inserted_keys_are_found(self, keys: list[int], more: list[int]) -> None:
        """A key is found under the row it was added with; the others stay where they were."""
        index = KeyIndex(array(*keys), spare=len(more))
        rows = {key: row for row, key in enumerate(keys)}
        for row, key in enumerate(more, 1000):
            if key not in rows:
                index.insert(key, row)
                rows[key] = row
        asked = [*keys, *more]
        assert index.find(array(*asked)).tolist() == [rows[key] for key in asked]


class TestMix:
    """mix: integers spread over 64 bits."""

    @given(st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=50))
    def test_keeps_different_values_apart(self, values: list[int]) -> None:
        """Different integers stay different, and none becomes 0."""
        mixed = mix(array(*values)).tolist()
        assert len(set(mixed)) == len(values)
        assert 0 not in mixed

    def test_zero_is_avoided(self) -> None:
        """The one integer that would be mixed to 0 is mixed to 1."""
        golden = 0x9E3779B97F4A7C15
        assert mix(array((1 << 64) - golden)).tolist() == [1]
