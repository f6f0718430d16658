"""Addresses are found in every form and case, counted once per appeal, and not where there are none."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appealcls.reporting.analysis.places import FEWEST, add_places, addresses, find_places
from appealcls.reporting.figures import Figures

_NAMES = ("ул. Ленина", "пр-т Мира", "пер. Школьный", "улице Полевой")
_TEXTS = st.lists(st.tuples(st.sampled_from(_NAMES), st.integers(0, 3)), max_size=30)


@pytest.mark.cases("places", "text", "expected")
def test_places_of_a_text(text: str, expected: str) -> None:
    """Every text of the table gives the places that stand beside it, and no others."""
    found = [
        f"{address.kind or '?'} {address.name}" + (f", {address.house}" if address.house else "")
        for address in addresses(text)
    ]
    assert "; ".join(found) == expected.removeprefix("-")


@settings(max_examples=30)
@given(_TEXTS)
def test_places_are_counted_by_appeals(named: list[tuple[str, int]]) -> None:
    """A place's count is the number of appeals that name it, whatever their order, and never less than the fewest."""
    texts = {row: f"{street}, {house}. И ещё раз: {street}, {house}" if house else street
             for row, (street, house) in enumerate(named, 1)}  # fmt: skip
    topics: dict[int, str | None] = {row: ("roads" if row % 2 else None) for row in texts}
    places = find_places(texts, topics)
    assert places == find_places(dict(reversed(texts.items())), topics)
    for place in places:
        assert place.count >= FEWEST
        rows = {row for row, text in texts.items()
                if any(f"{a.kind} {a.name}" == place.name and place.house in {None, a.house} for a in addresses(text))}  # fmt: skip
        assert place.count == len(rows)
        assert sum(count for _, count in place.topics) == sum(topics[row] is not None for row in rows)
    assert [place.count for place in places] == sorted((place.count for place in places), reverse=True)


def test_a_bare_name_joins_the_street_that_others_name_in_full() -> None:
    """«по Мира 5» is the avenue where other appeals speak of an avenue."""
    texts = {1: "проспект Мира, 5", 2: "пр-т Мира 5", 3: "на Карла Маркса, 5", 4: "по Ленина 5"}
    texts |= {5: "на Ленина 5", 6: "пл. Ленина", 7: "площадь Ленина, 5"}
    names = {(place.name, place.house, place.count) for place in find_places(texts, {})}
    assert names == {("пл. Ленина", None, 4), ("пл. Ленина", "5", 3)}


def test_yo_and_ye_are_one_street() -> None:
    """The commoner spelling is shown."""
    texts = dict(enumerate(["ул. Королева, 4", "ул. Королёва, 4", "ул. Королёва 4"], 1))
    assert [(place.name, place.count) for place in find_places(texts, {})] == [("ул. Королёва", 3)]


def test_the_street_is_left_out_where_it_is_one_house() -> None:
    """A street of which every appeal names the same house is that house; with one more appeal it is a street again."""
    texts = dict.fromkeys(range(3), "ул. Ленина, 5")
    assert [place.house for place in find_places(texts, {})] == ["5"]
    assert [place.house for place in find_places(texts | {3: "ул. Ленина"}, {})] == [None, "5"]


def test_addresses_of_the_register_come_before_texts(report_samples: dict[str, Figures]) -> None:
    """Texts are not even asked for where the column of addresses is filled in."""
    figures = report_samples["no_dates"]
    data = pl.DataFrame({"row": [2, 3, 4], "topic": ["roads"] * 3})
    cells = dict.fromkeys((2, 3, 4), "г. Хабаровск, ул. Садовая, д. 1, кв. 5")

    def unwanted(rows: object) -> dict[int, str]:
        raise AssertionError

    told = add_places(figures, data, unwanted, lambda rows: cells)
    assert [(place.name, place.house, place.topics) for place in told.places] == [("ул. Садовая", "1", (("roads", 3),))]
    from_texts = add_places(figures, data, lambda rows: dict.fromkeys(rows, "ул. Садовая"), lambda rows: {})
    assert [(place.name, place.count) for place in from_texts.places] == [("ул. Садовая", 3)]
