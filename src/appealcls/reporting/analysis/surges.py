"""Surges: topics, and topics of a district, with more appeals than their own past makes likely.

**What is expected.** Snow is asked about in winter, so a month is judged by the same days of all earlier years that the
data cover. Each of them is brought to today's level by the growth of all *other* topics over the year up to then (the
topic itself left out, so that a surge does not excuse itself; a whole year, so that one odd month of another topic hardly
shows; only topics of rows whose district is known where a district is judged, so that a column that was filled in
better and better looks like no surge). Where the data do not reach back a year, nobody can tell a season from a surge in
the whole city; but a district can be compared with the city: its recent share of the topic, over at least three spans
right before the period, times what the other districts have now.

**How far it may be off.** Counts of appeals vary more than chance alone: ``Var = μ + αμ²``. α comes from the past: how
far each span before the period was from the same span a year earlier (from the span before it, where a year earlier
is not covered), beyond Poisson noise, by moments; a topic's own α is drawn towards that of all topics as far as its
history is short or its counts small. The count of the period is then tested against its predictive distribution: a
negative binomial (Gamma posterior of the mean with Jeffreys' prior, times the Gamma of α), averaged over what α and the
growth leave open of the expected mean itself: the one year before may have been the odd one. With α = 0 and an endless
past this is Poisson's test.

**How many tests.** One-sided p-values of all topics and districts (and months) together go through Benjamini and
Hochberg's procedure.
"""

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import betainc, gammaincinv  # scipy.stats would take three times the memory

from appealcls.reporting.analysis.periods import Extent, back, month_span
from appealcls.reporting.figures import Period, Span, Surge
from appealcls.topics import Taxonomy

__all__ = ["FEWEST", "Search", "find_surges", "search", "surge_span"]

FEWEST: Final = 10
"""Appeals that a surge has at least: fewer can all come from the neighbours of one yard."""

_MOST_YEARS: Final = 5  # of the past: what was asked about six years ago says little about today
_FEWEST_SPANS: Final = 3  # without a year's past: the mean of fewer spans is no level
_MOST_SPANS: Final = 12  # before the period, that α or a level is estimated from: a year of months
_YEAR: Final = 365  # days; over so many the general growth is measured, and from here on surges are looked for by month
_LEAST_ALPHA: Final = 0.01  # no topic returns better than within 10 % of itself from year to year
_UNKNOWN_ALPHA: Final = 0.1  # within a third, where the past is too short to tell
_PRIOR_SPANS: Final = 12  # the weight of all topics in a topic's α: that of a year of its own months
_NOISY: Final = 10.0  # a span's count that says half as much of α as a large one: 1/μ is then the size of α
_JEFFREYS: Final = 0.5  # appeals added to the past: the shape of Jeffreys' prior of a Poisson mean
_REACH: Final = 0.1  # of the median month: the data begin with the first month that has as much

_TINY: Final = 1e-6  # a relative variance that is as good as none

_Floats = NDArray[np.float64]

_EDGES: Final[_Floats] = np.concatenate((np.geomspace(1e-12, 0.1, 60), np.linspace(0.1, 1.0, 31)[1:]))
_QUANTILES: Final[_Floats] = np.append(_EDGES[0] / 2, (_EDGES[1:] + _EDGES[:-1]) / 2)
_WEIGHTS: Final[_Floats] = np.diff(_EDGES, prepend=0.0)
"""Where a distribution is cut for averaging over it: finely where surges are imitated by an unlucky past."""


def surge_span(surge: Surge, period: Period) -> Span:
    """The days that a surge was found in: those of its month that the period covers, or all of them."""
    return period.covered if surge.month is None else _within(*surge.month, period.covered)


def _within(year: int, month: int, span: Span) -> Span:
    whole = month_span(year, month)
    return Span(max(whole.start, span.start), min(whole.stop, span.stop))


class Search(NamedTuple):
    """What was found, and among how many.

    Attributes
    ----------
    surges : tuple of Surge
        The least likely first, without words and examples.
    tested : int
        Topics, each in the whole city and in every district, of which the past tells what to expect; 0 where it is
        too short for all of them.
    """

    surges: tuple[Surge, ...]
    tested: int


def find_surges(data: pl.DataFrame, period: Period, taxonomy: Taxonomy, *, fdr: float = 0.05) -> tuple[Surge, ...]:
    """What is beyond the likely: the surges of :func:`search`."""
    return search(data, period, taxonomy, fdr=fdr).surges


def search(data: pl.DataFrame, period: Period, taxonomy: Taxonomy, *, fdr: float = 0.05) -> Search:
    """Look for what is beyond the likely, for every topic and for every topic in every district.

    Parameters
    ----------
    data : DataFrame
        One row an appeal, with the columns ``date`` (Date), ``topic`` (String) and, if known, ``district`` (String).
    period : Period
        Its ``covered`` days are judged; month by month where the period is a year or longer.
    taxonomy : Taxonomy
        The topics to look at; the fallback is looked at in the whole city only, since in a district it can be anything.
    fdr : float, default=0.05
        Share of false alarms among all that is returned, 0 to 1.

    Returns
    -------
    Search
        Nothing found and nothing tested where there is no past to compare with.
    """
    history = _History.of(data, taxonomy)
    if history is None:
        return Search((), 0)
    by_month = period.whole.days >= _YEAR
    spans = _months(period.covered) if by_month else [period.covered]
    alpha = _dispersion(history, spans[0], period.covered.start)
    tests = [(span, history.count(span), _expected(history, span, period.covered.start, alpha)) for span in spans]
    p_values = np.concatenate([_p_values(observed, expected).ravel() for _, observed, expected in tests])
    tested = np.concatenate([(expected.mean > 0).ravel() for _, _, expected in tests])
    tested &= np.tile(_wanted(history, taxonomy).ravel(), len(tests))
    if not tested.any():
        return Search((), 0)
    q_values = np.ones_like(p_values)
    q_values[tested] = _q_values(p_values[tested])
    found = []
    shape = (len(tests), *history.shape)
    for test, topic, place in np.argwhere((q_values <= fdr).reshape(shape) & tested.reshape(shape)).tolist():
        span, observed, expected = tests[test]
        where = int(np.ravel_multi_index((test, topic, place), shape))
        found.append(
            Surge(
                taxonomy.ids[topic],
                taxonomy.topics[topic].name,
                history.districts[place - 1] if place else None,
                int(observed[topic, place]),
                float(expected.mean[topic, place]),
                float(p_values[where]),
                float(q_values[where]),
                month=(span.start.year, span.start.month) if by_month else None,
            )
        )
    order = {topic: number for number, topic in enumerate(taxonomy.ids)}
    found.sort(key=lambda s: (s.p_value, -s.ratio, order[s.topic], s.district or "", s.month or ()))
    return Search(tuple(found), int(tested.reshape(shape).any(axis=0).sum()))


def _months(span: Span) -> list[Span]:
    first, last = (day.year * 12 + day.month - 1 for day in (span.start, span.stop))
    return [_within(number // 12, number % 12 + 1, span) for number in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class _History:
    """Appeals by topic, place (0 the city, then the districts) and day, summed up from the first day on."""

    extent: Extent  # of the days on which the data are whole
    sums: NDArray[np.int64]  # days + 1, topics, places
    districts: tuple[str, ...]

    @classmethod
    def of(cls, data: pl.DataFrame, taxonomy: Taxonomy) -> "_History | None":
        district = pl.col("district") if "district" in data.columns else pl.lit(None, pl.String).alias("district")
        # Counted before names are made of categories: of a million rows there are some ten thousand counts.
        rows = (
            data.lazy()
            .select("date", "topic", district)
            .drop_nulls("date")
            .group_by("date", "topic", "district")
            .len("count")
            .with_columns(pl.col("topic", "district").cast(pl.String))
            .filter(pl.col("topic").is_in(list(taxonomy.ids)))
            .collect()
        )
        if not len(rows):
            return None
        months = rows.group_by(pl.col("date").dt.truncate("1mo")).agg(pl.col("count").sum()).sort("date")
        enough = months.filter(pl.col("count") >= _REACH * pl.col("count").median())
        rows = rows.filter(pl.col("date") >= enough["date"][0])
        first, last = rows.select(pl.col("date").min(), pl.col("date").max().alias("last")).row(0)
        districts = tuple(sorted({name for name in rows["district"].unique().to_list() if name}))
        counts = np.zeros(((last - first).days + 2, len(taxonomy.ids), len(districts) + 1), dtype=np.int64)
        topic_at = {topic: number for number, topic in enumerate(taxonomy.ids)}
        place_at = {name: number for number, name in enumerate(districts, 1)}
        for date, topic, name, count in rows.iter_rows():
            day = (date - first).days + 1
            counts[day, topic_at[topic], 0] += count
            if name:
                counts[day, topic_at[topic], place_at[name]] += count
        return cls(Extent(first, last, int(counts[:, :, 0].sum())), np.cumsum(counts, axis=0), districts)

    @property
    def shape(self) -> tuple[int, int]:
        """Topics and places."""
        _, topics, places = self.sums.shape
        return topics, places

    def covers(self, span: Span) -> bool:
        """Whether the data reach back to the whole of some days."""
        return self.extent.reaches(span)

    def count(self, span: Span) -> _Floats:
        """Appeals of some days, shape (topics, places)."""
        last = len(self.sums) - 1
        start = min(max((span.start - self.extent.first).days, 0), last)
        stop = min(max((span.stop - self.extent.first).days + 1, 0), last)
        counts: _Floats = (self.sums[stop] - self.sums[start]).astype(np.float64)
        return counts

    def rest(self, span: Span) -> _Floats:
        """Appeals on all other topics, for a district those with any district."""
        counts = self.count(span)
        rest = np.empty_like(counts)
        rest[:, 0] = counts[:, 0].sum() - counts[:, 0]
        placed = counts[:, 1:].sum(axis=1)
        rest[:, 1:] = (placed.sum() - placed)[:, None]
        return rest

    def elsewhere(self, span: Span) -> _Floats:
        """Appeals on the same topic in all other districts; 0 for the whole city."""
        counts = self.count(span)
        elsewhere: _Floats = counts[:, 1:].sum(axis=1, keepdims=True) - counts
        elsewhere[:, 0] = 0.0
        return elsewhere

    def growth(self, before: Span, now: Span, alpha: _Floats | float = 0.0) -> tuple[_Floats, _Floats]:
        """How the other topics grew between two spans, and its relative variance; 0 where there were none.

        Measured over as many days up to a year as there are before the end of the earlier span.
        """
        days = min((before.stop - self.extent.first).days + 1, _YEAR)
        was, is_ = (self.rest(Span(span.stop - dt.timedelta(days - 1), span.stop)) for span in (before, now))
        there = (was > 0) & (is_ > 0)
        # Topics vary each for itself, and each month anew: many of both make a sum that varies little.
        parts = self.count(now)[:, :1]
        share = (parts**2).sum() / max(parts.sum(), 1.0) ** 2
        varied = 2 * np.asarray(alpha) * share * min(now.days / days, 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(there, is_ / was, 0.0), np.where(there, 1 / was + 1 / is_ + varied, 0.0)


def _wanted(history: _History, taxonomy: Taxonomy) -> NDArray[np.bool_]:
    wanted = np.ones(history.shape, dtype=np.bool_)
    if taxonomy.fallback is not None:
        wanted[taxonomy.ids.index(taxonomy.fallback), 1:] = False
    return wanted


class _Expected(NamedTuple):
    """What a span's counts are likely to be, all of shape (topics, places)."""

    mean: _Floats  # 0 where nothing can be expected
    noise: _Floats  # relative variance around the mean beyond Poisson's
    doubt: _Floats  # relative variance of what the mean was taken from


def _step(span: Span) -> int:
    """Months between a span and the one before it."""
    return next(months for months in range(1, 13) if back(span, months).stop < span.start)


def _earlier(history: _History, span: Span, limit: dt.date) -> list[Span]:
    """Covered spans like this one that end before a day, the latest first."""
    step = _step(span)
    spans: list[Span] = []
    number = 0
    while len(spans) < _MOST_SPANS:
        number += 1
        earlier = back(span, step * number)
        if not history.covers(earlier):
            break
        if earlier.stop < limit:
            spans.append(earlier)
    return spans


def _expected(history: _History, span: Span, limit: dt.date, alpha: _Floats) -> _Expected:
    """The predictive distribution of a span's counts, from what lies before it."""
    counts: list[_Floats] = []
    exposures: list[_Floats] = []  # expected counts are the mean over the past of counts per exposure
    errors: list[_Floats] = []
    for years in range(1, _MOST_YEARS + 1):
        before = back(span, 12 * years)
        if not history.covers(before):
            break
        growth, error = history.growth(before, span, alpha)
        with np.errstate(divide="ignore"):
            exposures.append(np.where(growth > 0, before.days / span.days / growth, 0.0))
        counts.append(np.where(growth > 0, history.count(before), 0.0))
        errors.append(error)
    if not counts:
        now = history.elsewhere(span)
        for before in _earlier(history, span, limit):
            was = history.elsewhere(before)
            there = (was > 0) & (now > 0)
            exposures.append(np.divide(was, now, out=np.zeros_like(was), where=there))
            counts.append(np.where(there, history.count(before), 0.0))
            # Places vary each for itself: the other districts as much as this one, by their number.
            others = max(len(history.districts) - 1, 1)
            errors.append(np.divide(1.0, now, out=np.zeros_like(now), where=there) + alpha / others)
        if len(counts) < _FEWEST_SPANS:
            counts = []
    if not counts:
        return _Expected(*(np.zeros(history.shape) for _ in range(3)))
    exposure = np.sum(exposures, axis=0)
    total = np.sum(counts, axis=0) + _JEFFREYS
    there = exposure > 0
    whole = np.where(there, exposure, 1.0)
    weights = np.array(exposures) / whole
    doubt = alpha * (weights**2).sum(axis=0) + (weights * np.array(errors)).sum(axis=0)
    return _Expected(np.where(there, total / whole, 0.0), alpha + 1 / total, np.maximum(doubt, _TINY))


def _dispersion(history: _History, span: Span, limit: dt.date) -> _Floats:
    """α of each topic in the city and in its districts, shape (topics, places)."""
    spans = _earlier(history, span, limit)
    pairs = [(back(now, 12), now) for now in spans if history.covers(back(now, 12))]
    yearly = bool(pairs)
    if not yearly:
        pairs = [(before, now) for now, before in pairwise(spans)]
    if not pairs:
        return np.full(history.shape, _UNKNOWN_ALPHA)
    excess, squares, sizes = (np.zeros(history.shape) for _ in range(3))
    for before, now in pairs:
        x, y = history.count(before), history.count(now)
        growth = history.growth(before, now)[0] if yearly else np.full(history.shape, now.days / before.days)
        # E[(y − gx)²] = μ + gμ + 2αμ², and E[gxy] = μ².
        excess += np.where(growth > 0, (y - growth * x) ** 2 - y - growth**2 * x, 0.0)
        squares += 2 * growth * x * y
        sizes += y / len(pairs)
    alpha = np.full(history.shape, _UNKNOWN_ALPHA)
    for places in (slice(0, 1), slice(1, None)):
        alpha[:, places] = _drawn_together(excess[:, places], squares[:, places], sizes[:, places], len(pairs))
    return alpha


def _drawn_together(excess: _Floats, squares: _Floats, sizes: _Floats, pairs: int) -> _Floats:
    """One α a topic, shape (topics, 1), from its places."""
    above, below = excess.sum(axis=1), squares.sum(axis=1)
    if not below.sum():  # no districts, or no appeals
        return np.full((len(above), 1), _UNKNOWN_ALPHA)
    common = above.sum() / below.sum()
    own = np.divide(above, below, out=np.full_like(above, common), where=below > 0)
    size = sizes.mean(axis=1)
    weight = pairs * sizes.shape[1] * size / (size + _NOISY)
    alpha: _Floats = np.maximum((weight * own + _PRIOR_SPANS * common) / (weight + _PRIOR_SPANS), _LEAST_ALPHA)
    return alpha[:, None]


def _p_values(observed: _Floats, expected: _Expected) -> _Floats:
    """Chance of as many appeals or more; 1 for counts that are no surge whatever was expected."""
    chance = np.ones_like(observed)
    asked = (expected.mean > 0) & (observed >= FEWEST) & (observed > expected.mean)
    mean, noise, doubt = (values[asked][:, None] for values in expected)
    # The past was a Gamma's luck; had it been low, the mean is higher than it seems.
    means = mean / np.maximum(doubt * gammaincinv(1 / doubt, _QUANTILES), _TINY)
    # The upper tail of a negative binomial of so many successes is an incomplete beta function.
    chance[asked] = betainc(observed[asked][:, None], 1 / noise, noise * means / (1 + noise * means)) @ _WEIGHTS
    return chance


def _q_values(chance: _Floats) -> _Floats:
    """Benjamini and Hochberg (1995): the false-discovery rate at which each test would just be a discovery."""
    order = np.argsort(chance)[::-1]
    ranks = np.arange(len(chance), 0, -1)
    values = np.empty_like(chance)
    values[order] = np.minimum.accumulate(chance[order] * len(chance) / ranks)
    return np.minimum(values, 1.0)
