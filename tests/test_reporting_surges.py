"""Surges: few false alarms under a varied, seasonal past; planted ones are found; no past, no surge."""

import datetime as dt
from calendar import monthrange

import numpy as np
import polars as pl
import pytest

from appealcls.reporting.analysis.surges import FEWEST, find_surges, surge_span
from appealcls.reporting.figures import Period, Span
from appealcls.topics import Taxonomy

_TAXONOMY = Taxonomy.default()
_DISTRICTS = ("Кировский", "Краснофлотский", "Центральный")
_DECEMBER = Span(dt.date(2023, 12, 1), dt.date(2023, 12, 31))
_PERIOD = Period("month", _DECEMBER, _DECEMBER)
_MEANS = np.array([60, 120, 150, 60, 45, 100, 200])  # a month, in the order of the topics
_SWINGS = np.array([0.2, 0.5, 0.95, 0.4, 0.0, 0.1, 0.1])  # of the mean, over the year
_PEAKS = np.array([5, 4, 0, 4, 0, 0, 6])  # months


def _register(
    seed: int, months: int, alpha: float = 0.05, *, topic: int = 0, times: float = 1.0, district: int | None = None
) -> pl.DataFrame:
    """Overdispersed seasonal counts that grow 15 % a year, up to December 2023, with a surge in that month."""
    random = np.random.default_rng(seed)
    dates, topics, districts = [], [], []
    for back in range(months):
        year, month = divmod(2023 * 12 + 11 - back, 12)
        means = _MEANS * (1 + _SWINGS * np.cos(2 * np.pi * (month - _PEAKS) / 12)) * 1.15 ** (-back / 12)
        shocks = random.gamma(1 / alpha, alpha, (len(_MEANS), len(_DISTRICTS)))
        means = means[:, None] / len(_DISTRICTS) * shocks
        if not back:
            means[topic, slice(None) if district is None else district] *= times
        counts = random.poisson(means)
        cells = np.repeat(np.arange(counts.size), counts.ravel())
        days = random.integers(0, monthrange(year, month + 1)[1], len(cells))
        dates.append(np.datetime64(dt.date(year, month + 1, 1)) + days)
        topics.append(np.array(_TAXONOMY.ids)[cells // len(_DISTRICTS)])
        districts.append(np.array(_DISTRICTS)[cells % len(_DISTRICTS)])
    columns = {"date": np.concatenate(dates), "topic": np.concatenate(topics), "district": np.concatenate(districts)}
    return pl.DataFrame(columns).cast({"date": pl.Date})


@pytest.mark.parametrize(("months", "alpha"), [(8, 0.02), (25, 0.02), (37, 0.1)])
def test_false_alarms_are_as_rare_as_promised(months: int, alpha: float) -> None:
    """Where nothing surged, hardly more than one register in twenty has an alarm: of 25, at most 4 (chance 1 : 140)."""
    alarms = sum(bool(find_surges(_register(seed, months, alpha), _PERIOD, _TAXONOMY)) for seed in range(25))
    assert alarms <= 4


def test_a_doubling_of_a_topic_is_found() -> None:
    """Twice as many appeals of one topic in the whole city are found in most registers, with what was to be expected."""
    found = 0
    for seed in range(10):
        for surge in find_surges(_register(100 + seed, 49, 0.01, times=2.0), _PERIOD, _TAXONOMY):
            if (surge.topic, surge.district) == ("stray_animals", None):
                found += 1
                assert surge.ratio == pytest.approx(2, abs=0.9)
                assert surge.p_value <= surge.q_value <= 0.05
    assert found >= 8


def test_a_surge_of_one_district_is_found_there() -> None:
    """Four times as many in one district are found in it, also where less than a year's past can tell no season."""
    for months in (9, 37):
        surges = find_surges(_register(7, months, 0.01, topic=1, times=4.0, district=2), _PERIOD, _TAXONOMY)
        assert ("roads", "Центральный") in {(surge.topic, surge.district) for surge in surges}
    assert all(surge.district for surge in find_surges(_register(7, 9, times=6.0), _PERIOD, _TAXONOMY))


def test_a_year_is_searched_by_month() -> None:
    """A year's surge says in which month it was; the days of that month are its span."""
    year = Span(dt.date(2023, 1, 1), dt.date(2023, 12, 31))
    period = Period("year", year, year)
    surges = find_surges(_register(3, 49, 0.01, times=4.0), period, _TAXONOMY)
    animals = next(surge for surge in surges if (surge.topic, surge.district) == ("stray_animals", None))
    assert animals.month == (2023, 12)
    assert surge_span(animals, period) == _DECEMBER


def test_no_past_no_surge() -> None:
    """Without earlier data, or with none at all, nothing is a surge."""
    data = _register(1, 1)
    assert find_surges(data, _PERIOD, _TAXONOMY) == ()
    assert find_surges(data.clear(), _PERIOD, _TAXONOMY) == ()
    assert find_surges(_register(1, 2, times=9.0), _PERIOD, _TAXONOMY) == ()


def test_few_appeals_are_no_surge() -> None:
    """Nine appeals against none before are not enough, thirty are."""
    quiet = _register(5, 37, 0.01).filter(pl.col("topic") != "resettlement")
    for count, expected in ((FEWEST - 1, False), (30, True)):
        new = pl.DataFrame({"date": [_DECEMBER.start] * count, "topic": "resettlement", "district": _DISTRICTS[0]})
        surges = find_surges(pl.concat([quiet, new]), _PERIOD, _TAXONOMY)
        assert ("resettlement" in {surge.topic for surge in surges}) is expected


def test_order_of_rows_and_kind_of_columns_do_not_matter() -> None:
    """The same appeals in another order, or as categories, or some without a district or a date, give the same surges."""
    data = _register(7, 37, 0.01, topic=1, times=3.0)
    told = find_surges(data, _PERIOD, _TAXONOMY)
    assert told
    assert find_surges(data.sample(fraction=1.0, shuffle=True, seed=1), _PERIOD, _TAXONOMY) == told
    kinds = data.with_columns(pl.col("topic", "district").cast(pl.Categorical))
    assert find_surges(kinds, _PERIOD, _TAXONOMY) == told
    undated = pl.DataFrame({"date": [None], "topic": ["roads"], "district": ["X"]}, schema=data.schema)
    assert find_surges(pl.concat([data, undated]), _PERIOD, _TAXONOMY) == told
    assert [surge.p_value for surge in told] == sorted(surge.p_value for surge in told)


def test_without_districts_the_city_is_searched() -> None:
    """The column of districts may be missing; the fallback is never looked at in a district."""
    data = _register(7, 37, 0.01, topic=6, times=5.0)
    assert {surge.district for surge in find_surges(data.drop("district"), _PERIOD, _TAXONOMY)} == {None}
    other = [surge.district for surge in find_surges(data, _PERIOD, _TAXONOMY) if surge.topic == "other"]
    assert other == [None]
