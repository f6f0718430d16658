"""Word form → lemma, with pymorphy3.

The dictionary (15 MB) is opened when the first word is asked for, not at import. «Не» and «нет» are words like any
other: «не вывозят» and «вывозят» are different complaints.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from appealcls.text import fold

if TYPE_CHECKING:
    from pymorphy3 import MorphAnalyzer

__all__ = ["ABBREVIATIONS", "Lemmatizer", "shared_lemmatizer"]

ABBREVIATIONS: Final = {
    # addresses
    "ул": "улица",  # ул. Садовая
    "д": "дом",  # д. 5
    "пер": "переулок",  # пер. Школьный
    "пр": "проспект",  # пр. Мира
    "просп": "проспект",
    "мкр": "микрорайон",  # мкр. Южный
    "мкрн": "микрорайон",
    "ш": "шоссе",  # Матвеевское ш.
    "пл": "площадь",  # пл. Ленина
    "кв": "квартира",  # кв. 12
    "корп": "корпус",
    "обл": "область",
    "пос": "поселок",  # пос. имени Горького
    "пгт": "поселок",
    "дер": "деревня",
    "ост": "остановка",  # ост. «Стадион»
    # offices and their papers
    "адм": "администрация",
    "мкд": "многоквартирный",  # жители МКД
    "тбо": "тко",  # the name before 2015 of what is ТКО since
    "кгм": "кго",  # крупногабаритный мусор, отходы
    "рег": "региональный",  # рег. оператор
    "авт": "автобус",
    "маршр": "маршрут",
}
"""Shortenings that pymorphy3 does not know, by the lemma they stand for."""

_CORRECTIONS: Final = {"ямы": "яма", "ям": "яма", "ямами": "яма", "ямах": "яма"}
"""Where pymorphy3 prefers a word that no appeal means: here the post station «ям»."""

CACHE_SIZE: Final = 1 << 16
"""Lemmas remembered: the vocabulary of some ten thousand appeals, about 10 MB."""


class Lemmatizer:
    """Lemmas of canonical spellings (:func:`appealcls.text.canonical_word`).

    Safe to share between threads: the analyser only reads, the cache locks itself.

    Parameters
    ----------
    cache_size : int, default=65536
        How many lemmas are remembered; the least recently used is forgotten first.

    Examples
    --------
    >>> lemma = Lemmatizer()
    >>> lemma("собаками"), lemma("ул"), lemma("не")
    ('собака', 'улица', 'не')
    """

    def __init__(self, cache_size: int = CACHE_SIZE) -> None:
        self._cached = lru_cache(maxsize=cache_size)(self._lemma)

    def __call__(self, word: str) -> str:
        """The lemma of a word, spelled canonically itself; of a word that is in no dictionary, the likeliest guess."""
        return self._cached(word)

    def _lemma(self, word: str) -> str:
        known = ABBREVIATIONS.get(word) or _CORRECTIONS.get(word)
        if known is not None:
            return known
        if not word.isalpha():
            return word
        return "".join(map(fold, _analyser().parse(word)[0].normal_form))


@lru_cache(maxsize=1)
def shared_lemmatizer() -> Lemmatizer:
    """The one that all models and vectorizers of a process use: what one has analysed the others know."""
    return Lemmatizer()


@lru_cache(maxsize=1)
def _analyser() -> "MorphAnalyzer":
    from pymorphy3 import MorphAnalyzer

    return MorphAnalyzer()
