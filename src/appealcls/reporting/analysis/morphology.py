"""What kind of word a spelling is: grammar that words, names of people and names of streets are told apart by."""

from functools import lru_cache
from typing import Any, Final

from appealcls.lemmas import CACHE_SIZE
from appealcls.lemmas import _analyser as analyser  # the dictionary takes 15 MB: one in a process

__all__ = ["analyser", "grammemes", "is_content", "parses"]

_CONTENT: Final = frozenset({"NOUN", "VERB", "INFN", "ADJF", "ADJS", "PRTF", "PRTS"})
_NOT_CONTENT: Final = frozenset(
    {"Name", "Surn", "Patr", "Init", "Abbr", "Apro", "Anum", "NUMB", "LATN", "UNKN"}
)  # people, and what points at things in place of naming them


@lru_cache(maxsize=CACHE_SIZE)
def parses(word: str) -> tuple[Any, ...]:
    """All readings of a word in pymorphy3, the likeliest first."""
    return tuple(analyser().parse(word))


@lru_cache(maxsize=CACHE_SIZE)
def grammemes(word: str) -> frozenset[str]:
    """Grammemes of the likeliest reading, as OpenCorpora names them; empty for what is no word."""
    found = parses(word)
    return frozenset(found[0].tag.grammemes) if found else frozenset()


def is_content(word: str) -> bool:
    """Whether a word names a thing, a deed or a property, and no person.

    Examples
    --------
    >>> [is_content(word) for word in ("наледь", "не", "который", "петровна")]
    [True, False, False, False]
    """
    tags = grammemes(word)
    return bool(tags & _CONTENT) and not tags & _NOT_CONTENT
