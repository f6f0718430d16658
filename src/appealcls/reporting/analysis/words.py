"""What people began to write about: words that grew, and appeals that are typical.

Words are compared by the log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi, Quinn: Fightin' Words,
Political Analysis 16(4), 2008), on lemmas, counting appeals and not occurrences: one angry letter is one letter.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from appealcls.lemmas import shared_lemmatizer
from appealcls.reporting.analysis.morphology import is_content
from appealcls.reporting.analysis.periods import back
from appealcls.reporting.analysis.privacy import anonymous
from appealcls.reporting.analysis.surges import surge_span
from appealcls.reporting.figures import Figures, Period, Span, Surge, WordGrowth
from appealcls.tokens import scan

__all__ = ["SAMPLE", "add_words", "shortened", "typical", "word_growth"]

SAMPLE: Final = 1000
"""Texts of a topic that are read from each time: shares of words are then within 3 % of all, and 14,000 texts take
some seconds."""

_SURGE_SAMPLE: Final = 300  # texts of a surge from each time; most surges are smaller
_MOST_SURGES: Final = 20  # that get words and examples: more than any report shows

_SHORTEST: Final = 3  # letters of a word that says something
_FEWEST: Final = 5  # appeals with a word that grew: fewer may be one yard's
_PRIOR: Final = 100.0  # appeals that the prior weighs: a topic's month in a district
_SURE: Final = 3.0  # z; among some hundred words of five appeals and more, less than one gets there by chance

_BOILERPLATE: Final = frozenset(
    {
        "просить", "обращение", "обращаться", "обратиться", "заявление", "жалоба", "письмо", "ответ", "вопрос",
        "уважаемый", "здравствовать", "добрый", "день", "мочь", "быть", "стать", "являться", "иметь", "делать",
        "сделать", "принять", "мера", "год", "месяц", "неделя", "раз", "время", "администрация", "житель",
        "город", "человек", "пожалуйста", "спасибо", "благодарить", "помощь", "помочь", "решить", "решение",
        "проблема", "адрес", "дом", "улица", "район", "находиться", "январь", "февраль", "март", "апрель",
        "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
    }
)  # fmt: skip
"""Lemmas that belong to the genre of an appeal, or to its date, and not to its matter."""

_LENGTH: Final = 200  # characters of an example: two sentences
_FEWEST_WORDS: Final = 5  # content words of an example: less is a scrap
_ALIKE: Final = 0.8  # cosine from which on a second example would say the same

_ENDS: Final = re.compile(r"[.!?…](?=\s|$)")


def _appeals_by_lemma(texts: Sequence[str]) -> tuple[list[str], sp.csr_matrix]:
    """Content lemmas, ascending, and in which texts they are: a matrix of 0 and 1, shape (texts, lemmas)."""
    tokens = scan(texts)
    _, first, which = np.unique(tokens.keys, return_index=True, return_inverse=True)
    lemma_of, lemmatizer = [], shared_lemmatizer()
    for token in first.tolist():
        word = tokens.word(token)
        known = len(word) >= _SHORTEST and word.isalpha() and is_content(word)
        lemma = lemmatizer(word) if known else ""
        lemma_of.append("" if lemma in _BOILERPLATE or len(lemma) < _SHORTEST or not _plain(lemma) else lemma)
    lemmas = sorted(set(lemma_of) - {""})
    place = {lemma: number for number, lemma in enumerate(lemmas)}
    column = np.array([place.get(lemma, -1) for lemma in lemma_of], dtype=np.int64)[which]
    row = np.repeat(np.arange(len(texts)), np.diff(tokens.bounds))
    matrix = sp.csr_matrix(
        (np.ones(int((column >= 0).sum())), (row[column >= 0], column[column >= 0])), shape=(len(texts), len(lemmas))
    )
    matrix.data[:] = 1.0  # sums of repeated words
    return lemmas, matrix


def _plain(lemma: str) -> bool:
    # Of «ивановой» the form says a street's adjective, the lemma a name.
    return is_content(lemma)


def word_growth(now: Sequence[str], before: Sequence[str], limit: int = 5) -> tuple[WordGrowth, ...]:
    """Words of which the share of appeals grew most, surely and in at least five appeals.

    Parameters
    ----------
    now, before : sequence of str
        Texts of one topic from two times.
    limit : int, default=5

    Returns
    -------
    tuple of WordGrowth
        The surest first, by ``z`` of the log-odds ratio; empty where one side has no texts.

    Examples
    --------
    >>> now, before = ["прорвало трубу, яма"] * 30 + ["яма"] * 30, ["яма на дороге"] * 60
    >>> [word.lemma for word in word_growth(now, before)]
    ['прорвать', 'труба']
    """
    if not len(now) or not len(before):
        return ()
    lemmas, matrix = _appeals_by_lemma([*now, *before])
    counts = [np.asarray(part.sum(axis=0)).ravel() for part in (matrix[: len(now)], matrix[len(now) :])]
    sizes = (len(now), len(before))
    prior = _PRIOR * (counts[0] + counts[1]) / sum(sizes)
    odds, variance = [], np.zeros(len(lemmas))
    for count, size in zip(counts, sizes, strict=True):
        with_it = count + prior
        without = np.maximum(size + _PRIOR - with_it, 0.5)  # a word of every appeal has no odds; half an appeal is none
        odds.append(np.log(with_it / without))
        variance += 1 / with_it + 1 / without
    z = (odds[0] - odds[1]) / np.sqrt(variance)
    grown = np.flatnonzero((z >= _SURE) & (counts[0] >= _FEWEST))
    order = sorted(grown.tolist(), key=lambda word: (-round(float(z[word]), 9), lemmas[word]))
    return tuple(
        WordGrowth(
            lemmas[word],
            now=1000 * float(counts[0][word]) / sizes[0],
            before=1000 * float(counts[1][word]) / sizes[1],
            z=float(z[word]),
        )
        for word in order[:limit]
    )


def typical(texts: Sequence[str], limit: int = 2) -> tuple[str, ...]:
    """The texts nearest to the middle of a group, no two alike, fit to be shown.

    Parameters
    ----------
    texts : sequence of str
    limit : int, default=2

    Returns
    -------
    tuple of str
        Masked and shortened; the most typical first. The order of ``texts`` does not matter.
    """
    ordered = sorted(set(texts))
    if not ordered:
        return ()
    _, matrix = _appeals_by_lemma(ordered)
    enough = np.flatnonzero(np.asarray(matrix.sum(axis=1)).ravel() >= _FEWEST_WORDS)
    if not len(enough):
        return ()
    lengths = np.sqrt(np.asarray(matrix.sum(axis=1)).ravel())
    vectors = sp.diags(1 / np.maximum(lengths, 1.0)) @ matrix
    middle = np.asarray(vectors[enough].mean(axis=0)).ravel()
    nearness: NDArray[np.float64] = np.asarray(vectors @ middle).ravel()
    chosen: list[int] = []
    for text in sorted(enough.tolist(), key=lambda text: (-round(float(nearness[text]), 9), text)):
        if all((vectors[text] @ vectors[other].T).sum() < _ALIKE for other in chosen):
            chosen.append(text)
        if len(chosen) == limit:
            break
    return tuple(shortened(anonymous(ordered[text])) for text in chosen)


def shortened(text: str, length: int = _LENGTH) -> str:
    """A text of at most ``length`` characters: whole sentences where these fill half of it, otherwise whole words.

    Examples
    --------
    >>> shortened("Уберите снег. Пройти нельзя, люди падают", 20), shortened("Уберите снег", 10)
    ('Уберите снег. …', 'Уберите…')
    """
    if len(text) <= length:
        return text
    head = text[: length - 2]
    ends = [match.end() for match in _ENDS.finditer(head) if match.end() >= length // 2]
    if ends:
        return f"{head[: ends[-1]]} …"
    words = text[:length].rsplit(" ", 1)[0] if " " in text[:length] else text[: length - 1]
    return f"{words.rstrip(' ,;:–—-')}…"


def add_words(figures: Figures, data: pl.DataFrame, texts: Callable[[Sequence[int]], Mapping[int, str]]) -> Figures:
    """Figures with the words that grew in each topic, and words and examples of each surge.

    Of a topic, at most :data:`SAMPLE` texts from each time are read, the same whenever the same rows are given.

    Parameters
    ----------
    figures : Figures
    data : DataFrame
        One row an appeal: ``row``, ``date``, ``topic`` and, if known, ``district``.
    texts : callable
        Rows → their texts; called once. A row may be missing in what it returns.

    Returns
    -------
    Figures
        The same where the period is not known or there are no texts.
    """
    period = figures.period
    if period is None or not {"row", "date", "topic"} <= set(data.columns):
        return figures
    rows = _Rows(data.filter(pl.col("date").is_not_null() & pl.col("topic").is_not_null()))
    topics: dict[str, tuple[list[int], list[int]]] = {}
    past = period.last_year or period.previous
    if past is not None:
        for line in figures.topics.lines:
            now, before = (rows.sample(SAMPLE, span, line.key) for span in (period.covered, past))
            if now and before:
                topics[line.key] = now, before
    surges = [_surge_rows(rows, surge, period) for surge in figures.surges[:_MOST_SURGES]]
    wanted = sorted({row for pair in (*topics.values(), *surges) for part in pair for row in part})
    found = texts(wanted) if wanted else {}
    if not found:
        return figures

    def read(part: list[int]) -> list[str]:
        return [found[row] for row in part if found.get(row, "").strip()]

    words = ((topic, word_growth(read(now), read(before))) for topic, (now, before) in topics.items())
    told = tuple(
        replace(surge, words=word_growth(read(now), read(before)), examples=typical(read(now)))
        for surge, (now, before) in zip(figures.surges, surges, strict=False)
    )
    sampled = len(wanted) if rows.sampled else figures.notes.sampled_texts
    return replace(
        figures,
        surges=told + figures.surges[len(told) :],
        words=tuple((topic, grown) for topic, grown in words if grown),
        notes=replace(figures.notes, sampled_texts=sampled),
    )


def _surge_rows(rows: "_Rows", surge: Surge, period: Period) -> tuple[list[int], list[int]]:
    """Rows of a surge, and of the same days of the topic a year before; if there were none, of the half-year before."""
    span = surge_span(surge, period)
    now = rows.sample(_SURGE_SAMPLE, span, surge.topic, surge.district)
    yesterday = Span(back(span, 6).start, back(span, 1).stop)
    for before in (back(span, 12), yesterday):
        if before.stop < span.start:
            for district in (surge.district, None):
                part = rows.sample(_SURGE_SAMPLE, before, surge.topic, district)
                if len(part) >= _PRIOR / 2:
                    return now, part
    return now, []


class _Rows:
    """Rows that are chosen by a hash of their number: the same in any order of the table."""

    _MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)  # 2**64 by the golden ratio (Knuth: multiplicative hashing)

    def __init__(self, data: pl.DataFrame) -> None:
        with np.errstate(over="ignore"):
            order = data["row"].to_numpy().astype(np.uint64) * self._MULTIPLIER
        names = [name for name in ("topic", "district") if name in data.columns]
        self._data = data.with_columns(pl.col(names).cast(pl.String), order=order).sort("order", "row")
        self.sampled = False

    def sample(self, limit: int, span: Span, topic: str, district: str | None = None) -> list[int]:
        """Numbers of at most ``limit`` rows."""
        wanted = pl.col("date").is_between(span.start, span.stop) & (pl.col("topic") == topic)
        if district is not None:
            wanted &= pl.col("district") == district
        rows: list[int] = self._data.filter(wanted)["row"].to_list()
        self.sampled |= len(rows) > limit
        return sorted(rows[:limit])
