"""The invented register of two years holds what a report of it should find, and the press release errs exactly twice."""

import csv
import datetime as dt
import importlib.util
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(scope="module")
def demo() -> ModuleType:
    """The program, which is no package that could be imported by name."""
    path = Path(__file__).parent.parent / "demo" / "make_year.py"
    spec = importlib.util.spec_from_file_location("make_year", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_year"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(demo: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files are."""
    path = tmp_path_factory.mktemp("year") / "new"
    demo.main(path)
    return path


@pytest.fixture(scope="module")
def appeals(demo: ModuleType) -> Any:
    """The rows, with the topic and day that only their inventor knows."""
    return demo.register()


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_the_same_seed_gives_the_same_bytes(demo: ModuleType, folder: Path, tmp_path: Path) -> None:
    """Written again, both files are the same; another seed gives another register."""
    demo.main(tmp_path)
    for name in ("register.csv", "published.csv"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
    assert demo.register(1) != demo.register()


def test_the_register_looks_like_an_export(demo: ModuleType, folder: Path) -> None:
    """About six thousand rows under the usual columns, their texts mostly different."""
    rows = _rows(folder / "register.csv")
    assert 5_700 < len(rows) < 6_300
    assert list(rows[0]) == demo.COLUMNS
    assert len({row["Текст обращения"] for row in rows}) > 0.7 * len(rows)
    assert len({row["№ обращения"] for row in rows}) == len(rows)
    values = {name: {row[name] for row in rows} for name in rows[0]}
    assert values["Район"] - {""} == set(demo.DISTRICTS)
    assert values["Повторное"] == values["Коллективное"] == {"да", "нет"}
    assert values["Вид"] == {"заявление", "жалоба", "предложение"}
    assert values["Результат"] == {"разъяснено", "меры приняты", "отказано", "перенаправлено", "на контроле"}


def test_some_dates_are_written_otherwise_and_two_are_impossible(appeals: Any) -> None:
    """One or two rows in a hundred have another format, which still holds the day; two have no day."""
    assert sum(appeal.day is None for appeal in appeals) == 2
    other = [appeal for appeal in appeals if appeal.day and appeal.shown != f"{appeal.day:%d.%m.%Y}"]
    assert 0.01 * len(appeals) < len(other) < 0.03 * len(appeals)
    formats = ("%Y-%m-%d", "%d.%m.%Y %H:%M", "%d/%m/%Y", "%d.%m.%y")
    for appeal in other:
        assert appeal.day in {_parsed(appeal.shown, form) for form in formats}


def _parsed(cell: str, form: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(cell, form).date()
    except ValueError:
        return None


def test_the_second_year_has_more_and_topics_have_their_season(appeals: Any) -> None:
    """Some 15 % more; snow falls in winter, potholes and heaps come with the thaw, packs in autumn."""
    years = Counter(appeal.day.year for appeal in appeals if appeal.day)
    assert years[2025] / years[2024] == pytest.approx(1.15, abs=0.03)
    months = Counter((appeal.topic, appeal.day.month) for appeal in appeals if appeal.day)

    def part(topic: str, *wanted: int) -> float:
        return sum(months[topic, month] for month in wanted) / sum(months[topic, month] for month in range(1, 13))

    assert part("snow_removal", 11, 12, 1, 2, 3) > 0.7
    assert part("roads", 4, 5) > 0.25
    assert part("dumps", 4, 5) > 0.3
    assert part("stray_animals", 9, 10, 11) > 0.3
    assert part("other", 4, 5) < 0.22


def test_texts_fit_the_month(demo: ModuleType, appeals: Any) -> None:
    """Nobody writes of ice in July."""
    for appeal in appeals:
        if appeal.day and appeal.day.month in {5, 6, 7, 8, 9}:
            assert not any(word in appeal.text.lower() for word in demo.WINTER)


def test_the_surge_is_there_and_nowhere_else(appeals: Any) -> None:
    """In October 2025 one district writes of stray animals about three times as often as is usual there."""
    cells = Counter(
        (appeal.district, appeal.day.year, appeal.day.month)
        for appeal in appeals
        if appeal.day and appeal.topic == "stray_animals"
    )
    surge = cells.pop(("Индустриальный", 2025, 10))
    assert surge > 2.2 * cells["Индустриальный", 2024, 10]
    assert surge > 1.5 * max(cells.values())


def test_late_answers_are_of_one_department(demo: ModuleType, appeals: Any) -> None:
    """Most answers after 30 days are those of the housing department, a third of its own and few of any other's."""
    answered = [appeal for appeal in appeals if appeal.answered and appeal.day]
    late = Counter(appeal.department for appeal in answered if (appeal.answered - appeal.day).days > 30)
    of = Counter(appeal.department for appeal in answered)
    there = demo.LATE_DEPARTMENT
    assert late[there] > 0.6 * late.total()
    assert 0.25 < late[there] / of[there] < 0.45
    assert all(late[name] / of[name] < 0.03 for name in of if name != there)
    assert all((appeal.answered is None) == (appeal.result == "на контроле") for appeal in appeals)


def _true(claim: dict[str, str]) -> bool:
    """Whether the numbers of a claim agree with each other, to the places that it gives."""
    now = int(claim["стало"])
    if claim["изменение, %"] and not _rounds(100 * (now / int(claim["было"]) - 1), claim["изменение, %"]):
        return False
    return not claim["доля, %"] or _rounds(100 * now / int(claim["из"]), claim["доля, %"])


def _rounds(value: float, shown: str) -> bool:
    places = len(shown.partition(",")[2])
    difference = abs(value - float(shown.replace(",", ".")))
    return difference <= 0.5 * 10.0**-places + 1e-9


def test_exactly_two_claims_are_wrong(folder: Path) -> None:
    """The percentage of 2023, and a fall called growth."""
    claims = _rows(folder / "published.csv")
    assert len(claims) == 8
    first, second = (claim["утверждение"].replace("\xa0", " ") for claim in claims if not _true(claim))
    assert "поступило 18 970 обращений, на 33 % больше, чем в 2022 году (13 916)" in first
    assert "увеличение" in second
    fall = next(claim for claim in claims if "увеличение" in claim["утверждение"])
    assert int(fall["стало"]) < int(fall["было"])


def test_claims_about_the_register_are_counted_from_it(folder: Path, appeals: Any) -> None:
    """What a claim says of 2025 stands in the rows."""
    claims = [claim for claim in _rows(folder / "published.csv") if "2023" not in claim["утверждение"]]
    year = {number: [a for a in appeals if a.day and a.day.year == number] for number in (2024, 2025)}
    channels = {number: Counter(appeal.channel for appeal in rows) for number, rows in year.items()}
    october = {number: sum(appeal.day.month == 10 for appeal in rows) for number, rows in year.items()}
    there = {number: sum(appeal.district == "Индустриальный" for appeal in rows) for number, rows in year.items()}
    expected = [
        (len(year[2025]), len(year[2024]), ""),
        (channels[2025]["Электронная приёмная"], "", len(year[2025])),
        (there[2025], there[2024], ""),
        (channels[2025]["Письмо"], channels[2024]["Письмо"], ""),
        (channels[2025]["Личный приём"], channels[2024]["Личный приём"], ""),
        (october[2025], october[2024], ""),
    ]
    assert [(claim["стало"], claim["было"], claim["из"]) for claim in claims] == [
        tuple(map(str, numbers)) for numbers in expected
    ]


def test_a_claim_says_in_words_what_stands_in_its_cells(folder: Path) -> None:
    """Every number of a claim stands in its sentence."""
    for claim in _rows(folder / "published.csv"):
        words = claim["утверждение"].replace("\xa0", "").replace(" ", "")
        for name in ("стало", "было", "изменение, %", "доля, %", "из"):
            assert claim[name].lstrip("-") in words
