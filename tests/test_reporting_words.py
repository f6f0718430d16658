"""Words that grew are those that were planted; nothing personal is shown; a sample does not depend on the order."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appealcls.reporting.analysis.privacy import anonymous, mask_names
from appealcls.reporting.analysis.words import add_words, shortened, typical, word_growth
from appealcls.reporting.figures import Figures, Period, Span, Surge

_NOW = ["Прорвало трубу, глубокая яма у школы"] * 40 + ["Глубокая яма у школы"] * 40
_BEFORE = ["Глубокая яма у школы, разбит асфальт"] * 80


def test_words_that_were_planted_grew() -> None:
    """What half of the appeals say and none said before comes first, with its shares of a thousand; the rest does not."""
    words = word_growth(_NOW, _BEFORE)
    assert [(word.lemma, word.now, word.before) for word in words] == [("прорвать", 500.0, 0.0), ("труба", 500.0, 0.0)]
    assert all(word.z > 3 for word in words)
    assert [word.lemma for word in word_growth(_BEFORE, _NOW)] == ["асфальт", "разбитый"]


@settings(max_examples=20)
@given(st.lists(st.sampled_from(["яма", "снег", "собака", "автобус"]), max_size=40))
def test_the_same_texts_have_no_growth(texts: list[str]) -> None:
    """Nothing grew between a time and itself."""
    assert word_growth(texts, texts) == ()


@pytest.mark.parametrize("planted", ["Иванова", "12", "который", "89000000000", "прошу", "на"])
def test_names_numbers_and_function_words_are_no_words(planted: str) -> None:
    """However much more often they are written."""
    assert word_growth([f"Яма {planted}"] * 50, ["Яма"] * 50) == ()


def test_one_letter_is_one_letter() -> None:
    """A word repeated in one text counts once, and four appeals are too few."""
    assert word_growth(["яма"] * 50 + ["труба " * 100], ["яма"] * 50) == ()
    assert word_growth(["яма"] * 4 + ["труба"] * 4, ["яма"] * 500) == ()


def test_typical_texts_are_of_the_crowd() -> None:
    """The text of many is chosen, the odd one is not, no two say the same; the order does not matter."""
    crowd = [f"Огромная яма на дороге возле школы, машины бьют колёса, дом {number}" for number in range(20)]
    odd = "В подъезде третьи сутки холодные батареи, дети болеют, управляющая компания молчит"
    chosen = typical([odd, *crowd])
    assert chosen == typical([*reversed(crowd), odd])
    assert "яма на дороге" in chosen[0]
    assert len([text for text in chosen if "яма" in text]) == 1
    assert typical(["Яма"]) == typical([]) == ()


@settings(max_examples=50)
@given(st.text(alphabet="абв .,!?", max_size=400), st.integers(10, 250))
def test_shortened_texts_keep_the_limit(text: str, length: int) -> None:
    """Never longer than asked, a short text stays as it is, a cut one ends with «…» after a beginning of the text."""
    cut = shortened(text, length)
    assert len(cut) <= length
    assert cut == text if len(text) <= length else cut.endswith("…") and text.startswith(cut[:-1].rstrip())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Я, Иванова Мария Петровна, прошу", "Я, [имя], прошу"),
        ("пишет петрова анна ивановна", "пишет [имя]"),
        ("Обращается Сидоров П. П.", "Обращается [имя]"),
        ("И.И. Кузнецов не отвечает", "[имя] не отвечает"),
        ("Сергей Павлович обещал", "[имя] обещал"),
        ("Соседка Смирнова подкармливает собак", "Соседка [имя] подкармливает собак"),
        ("ул. Розы Люксембург, на Карла Маркса 45", "ул. Розы Люксембург, на Карла Маркса 45"),
        ("Улица Ленина, проспект Мира", "Улица Ленина, проспект Мира"),
        ("парк имени Юрия Гагарина", "парк имени Юрия Гагарина"),
        ("Вера и надежда", "Вера и надежда"),
    ],
)
def test_names_of_people_are_masked_and_streets_are_not(text: str, shown: str) -> None:
    """A name is masked in every form in which it is told; streets that bear a name keep it."""
    assert mask_names(text) == shown


def test_nothing_personal_is_shown() -> None:
    """Phones, mail, flats and names are gone, and doing it twice changes nothing."""
    text = "Петров И. И., ул. Садовая, д. 5, кв. 12,\nтел. 8 900 000-00-00, a@example.com"
    assert anonymous(text) == "[имя], ул. Садовая, д. 5, кв. [номер], тел. [телефон], [почта]"
    assert anonymous(anonymous(text)) == anonymous(text)


def _told(figures: Figures, data: pl.DataFrame, asked: list[Sequence[int]] | None = None) -> Figures:
    def texts(rows: Sequence[int]) -> dict[int, str]:
        if asked is not None:
            asked.append(rows)
        years = dict(zip(data["row"].to_list(), data["date"].to_list(), strict=True))
        return {row: (_NOW if years[row].year == 2025 else _BEFORE)[row % 80] for row in rows}

    return add_words(figures, data, texts)


@pytest.fixture
def figures(report_samples: dict[str, Figures]) -> Figures:
    """A report about March 2025, compared with March 2024, with one surge."""
    now, before = (Span(dt.date(year, 3, 1), dt.date(year, 3, 31)) for year in (2025, 2024))
    full = report_samples["full"]
    return replace(
        full,
        period=Period("month", now, now, before),
        surges=(Surge("roads", "Дороги", None, 2000, 900.0, 0.001, 0.01),),
        words=(),
        notes=replace(full.notes, sampled_texts=None),
    )


def _data(count: int) -> pl.DataFrame:
    dates = [dt.date(year, 3, 5) for year in (2025, 2024) for _ in range(count)]
    return pl.DataFrame(
        {"row": range(2, 2 * count + 2), "date": dates, "topic": "roads"}, schema_overrides={"row": pl.UInt32}
    )


def test_words_and_examples_are_filled_in_from_one_reading(figures: Figures) -> None:
    """Texts are asked for once; topic and surge get their words, the surge its examples; all texts were read."""
    asked: list[Sequence[int]] = []
    told = _told(figures, _data(80), asked)
    assert len(asked) == 1
    assert [(topic, [word.lemma for word in words]) for topic, words in told.words] == [
        ("roads", ["прорвать", "труба"])
    ]
    assert [word.lemma for word in told.surges[0].words] == ["прорвать", "труба"]
    assert "яма" in told.surges[0].examples[0]
    assert told.notes.sampled_texts is None


def test_a_sample_is_limited_and_does_not_depend_on_the_order_of_rows(figures: Figures) -> None:
    """Of many texts a limited number is read, the same in any order, and the report says how many."""
    asked: list[Sequence[int]] = []
    data = _data(3000)
    told = _told(figures, data, asked)
    again = _told(figures, data.sample(fraction=1.0, shuffle=True, seed=1), asked)
    assert told == again
    assert asked[0] == asked[1]
    assert told.notes.sampled_texts == len(asked[0]) < 3000


def test_without_texts_or_dates_figures_stay(figures: Figures, report_samples: dict[str, Figures]) -> None:
    """No column of texts, or no period: nothing is added."""
    assert add_words(figures, _data(80), lambda rows: {}) == figures
    undated = report_samples["no_dates"]
    assert add_words(undated, _data(80), lambda rows: {}) is undated
