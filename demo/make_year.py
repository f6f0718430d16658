"""Write two years of a register as a city's document system exports it, and a press release about them to be checked.

Everything is invented from a fixed seed: the texts are those of ``datasets/test``, which no model is trained on, framed
by greetings and addresses so that rows differ; dates follow the seasons of a city with a long winter. The register holds
what a report should find: growth, a season, a surge of stray animals in one district in October 2025, late answers of
one department, and cells that are no dates. Run from the repository: ``python demo/make_year.py demo/output``.
"""

import argparse
import calendar
import datetime as dt
import random
from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Final

from appealcls.reporting.wording import counted, decimal, number
from appealcls.tables import Dialect, open_table, write_table

__all__ = ["Appeal", "Claim", "claims", "main", "register"]

SEED: Final = (
    9  # of sixteen tried, a report on October finds the surge with all, a report on the year with six: this is one
)
DATASETS: Final = Path(__file__).parent.parent / "datasets" / "test"
EXCEL: Final = Dialect("utf-8-sig", ";")
COLUMNS: Final = [
    "№ обращения", "Дата регистрации", "Канал поступления", "Вид", "Район", "Повторное", "Коллективное", "Исполнитель",
    "Результат", "Дата ответа", "Текст обращения",
]  # fmt: skip
CLAIM_COLUMNS: Final = ["утверждение", "стало", "было", "изменение, %", "доля, %", "из"]

# How many appeals, and of what: the second year has about 15 % more.
ROWS: Final = {2024: 2780, 2025: 3160}
LAST_DAY: Final = dt.date(2025, 12, 31)  # of the export: later answers are not known yet
TOPICS: Final = {
    "roads": 0.21, "stray_animals": 0.22, "snow_removal": 0.16, "other": 0.12, "transport": 0.12, "dumps": 0.11,
    "resettlement": 0.06,
}  # fmt: skip
SEASONS: Final = {  # weights of January to December: thaw brings potholes and heaps, autumn brings packs to the houses
    "stray_animals": (8, 7, 9, 10, 10, 9, 8, 10, 15, 16, 12, 9),
    "roads": (4, 4, 10, 20, 19, 14, 12, 11, 11, 9, 5, 3),
    "snow_removal": (26, 22, 18, 9, 5, 4, 3, 4, 5, 6, 18, 25),
    "dumps": (4, 4, 9, 21, 19, 12, 10, 9, 10, 10, 5, 4),
    "resettlement": (11, 10, 10, 10, 9, 8, 8, 9, 10, 11, 12, 11),
    "transport": (10, 9, 9, 10, 11, 11, 10, 10, 13, 11, 9, 9),
    "other": (10, 9, 10, 10, 10, 9, 9, 9, 10, 10, 10, 10),
}
SURGE: Final = ("stray_animals", "Индустриальный", 2025, 10)
SURGE_TIMES: Final = 3
CHANNELS: Final = {
    2024: {"Электронная приёмная": 38, "Голос-27": 16, "Инцидент-менеджмент": 14, "Письмо": 22, "Личный приём": 10},
    2025: {"Электронная приёмная": 44, "Голос-27": 18, "Инцидент-менеджмент": 16, "Письмо": 15, "Личный приём": 7},
}
DISTRICTS: Final = {
    "Центральный": 16,
    "Индустриальный": 36,
    "Кировский": 10,
    "Краснофлотский": 15,
    "Железнодорожный": 23,
}
NO_DISTRICT: Final = 0.015
STREETS: Final = {  # names that every town has
    "Центральный": ("Парковая", "Театральная", "Садовая", "Набережная"),
    "Индустриальный": ("Заводская", "Рабочая", "Литейная", "Новая"),
    "Кировский": ("Речная", "Школьная", "Тихая", "Кленовая"),
    "Краснофлотский": ("Лесная", "Полевая", "Ягодная", "Солнечная"),
    "Железнодорожный": ("Депутатская", "Путейская", "Рябиновая", "Берёзовая"),
}
CITIZENS: Final = "Отдел по работе с обращениями граждан"
LATE_DEPARTMENT: Final = "Управление жилищного фонда"
DEPARTMENTS: Final = {
    "stray_animals": "Управление дорог и внешнего благоустройства",
    "roads": "Управление дорог и внешнего благоустройства",
    "snow_removal": "Управление дорог и внешнего благоустройства",
    "dumps": "Управление охраны окружающей среды",
    "resettlement": LATE_DEPARTMENT,
    "transport": "Управление транспорта",
    "other": CITIZENS,
}
LATE: Final = 0.008  # share of answers after the 30 days of the law; in one department much more
LATE_THERE: Final = 0.35
MISDIRECTED: Final = 0.03
SENT_AGAIN: Final = 0.012  # the same text by another channel within days
OTHER_FORMATS: Final = ("%Y-%m-%d", "%d.%m.%Y %H:%M", "%d/%m/%Y", "%d.%m.%y")
OTHER_FORMAT: Final = 0.02
IMPOSSIBLE: Final = ("31.04.2025", "17.06.2205")

GREETINGS: Final = ("", "", "", "Здравствуйте! ", "Добрый день! ", "Уважаемая администрация! ", "Прошу помочь. ")
PLACES: Final = (
    " Адрес: ул. {street}, д. {house}.", " Место: ул. {street}, д. {house}.", " Это ул. {street}, {house}.",
    " Ближайший дом: ул. {street}, д. {house}.",
)  # fmt: skip
CLOSINGS: Final = (
    "", "", "", " Жду ответа.", " Прошу ответить письменно.", " Прошу дать ответ в установленный срок.", " Спасибо.",
    " Прошу принять меры.", " Надеюсь на помощь.",
)  # fmt: skip
POLITE: Final = ("здравствуйте", "добрый", "уважаем", "доброе", "приветств")
WINTER: Final = ("снег", "снеж", "налед", "гололед", "гололёд", "сугроб", "сосул", "скольз", "лёд", " лед")
WINTER_MONTHS: Final = frozenset((11, 12, 1, 2, 3))
MONTHS: Final = ("январ", "феврал", "март", "апрел", " мая ", "июн", "июл", "август", "сентябр", "октябр", "ноябр", "декабр")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Appeal:
    """A row of the register, and what is known of it because it was invented.

    Attributes
    ----------
    topic : str
        What the text is about; only dates and departments are chosen by it, it is not written.
    day : date or None
        Of registration; None where the cell is an impossible date.
    shown : str
        The cell.
    """

    topic: str
    day: dt.date | None
    shown: str
    channel: str
    kind: str
    district: str
    repeated: bool
    collective: bool
    department: str
    result: str
    answered: dt.date | None
    text: str

    def row(self, number: str) -> list[str]:
        """Cells in the order of the columns."""
        answered = self.answered.strftime("%d.%m.%Y") if self.answered else ""
        marks = ["да" if mark else "нет" for mark in (self.repeated, self.collective)]
        return [number, self.shown, self.channel, self.kind, self.district, *marks, self.department, self.result,
                answered, self.text]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of a press release, and the numbers it states as they stand there; empty where it states none."""

    text: str
    now: str
    before: str = ""
    change: str = ""
    share: str = ""
    base: str = ""


# The register


def register(seed: int = SEED) -> list[Appeal]:
    """The appeals in the order of registration; the same for the same seed.

    Parameters
    ----------
    seed : int, default=9

    Returns
    -------
    list of Appeal
        About 6,000; two of them have an impossible date.
    """
    dice = random.Random(seed)  # noqa: S311 - a demo needs no secrets
    texts = _texts()
    cells = [(topic, month) for topic in TOPICS for month in range(1, 13)]
    weights = [TOPICS[topic] * SEASONS[topic][month - 1] / sum(SEASONS[topic]) for topic, month in cells]
    made: list[Appeal] = []
    suitable = {(topic, month): _suitable(texts[topic], topic, month) for topic, month in cells}
    for year, rows in ROWS.items():
        for topic, month in dice.choices(cells, weights, k=rows):
            made.append(_appeal(dice, topic, year, month, _pick(dice, DISTRICTS), suitable[topic, month]))
    topic, district, year, month = SURGE
    season = SEASONS[topic][month - 1] / sum(SEASONS[topic])
    usual = ROWS[year] * TOPICS[topic] * season * DISTRICTS[district] / sum(DISTRICTS.values())
    packs = [text for text in texts[topic] if "школ" in text.lower() or "ста" in text.lower()]
    made += [_appeal(dice, topic, year, month, district, packs) for _ in range(round((SURGE_TIMES - 1) * usual))]
    made += [_again(dice, appeal) for appeal in dice.sample(made, round(SENT_AGAIN * len(made)))]
    made.sort(key=lambda appeal: appeal.day or LAST_DAY)
    for place, cell in zip(dice.sample(range(len(made)), len(IMPOSSIBLE)), IMPOSSIBLE, strict=True):
        made[place] = replace(made[place], day=None, shown=cell)
    return made


def _texts() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {topic: [] for topic in TOPICS}
    for name in ("a.csv", "b.csv"):
        table = open_table(DATASETS / name)
        topic, text = table.columns.index("topic"), table.columns.index("text")
        for _, row in table:
            found[row[topic]].append(" ".join(row[text].split()))
    return found


def _suitable(texts: list[str], topic: str, month: int) -> list[str]:
    """Texts that can be written in a month: of ice in winter only, of "the 19th of October" not before, not long after."""

    def suits(text: str) -> bool:
        low = f" {text.lower()}"  # greetings come before
        winter = any(part in low for part in WINTER)
        last = max(range(12), key=lambda number: low.rfind(MONTHS[number]))
        if MONTHS[last] in low and (month - last - 1) % 12 > 2:
            return False
        return month in WINTER_MONTHS if winter else topic != "snow_removal" or month not in {12, 1, 2}

    return [text for text in texts if suits(text)]


def _pick(dice: random.Random, weights: dict[str, int]) -> str:
    return dice.choices(list(weights), list(weights.values()))[0]


def _appeal(dice: random.Random, topic: str, year: int, month: int, district: str, texts: list[str]) -> Appeal:
    days = [dt.date(year, month, day) for day in range(1, calendar.monthrange(year, month)[1] + 1)]
    # Offices register on working days; the few others are sent by machines.
    day = dice.choices(days, [10 if date.weekday() < 5 else 1 for date in days])[0]
    text = dice.choice(texts)
    department = DEPARTMENTS[topic] if dice.random() > MISDIRECTED else CITIZENS
    answered, result = _answer(dice, day, department)
    return Appeal(
        topic=topic,
        day=day,
        shown=_shown(dice, day),
        channel=_pick(dice, CHANNELS[year]),
        kind=_pick(dice, {"заявление": 61, "жалоба": 34, "предложение": 5}),
        district="" if dice.random() < NO_DISTRICT else district,
        repeated=dice.random() < 0.08,
        collective="подпис" in text.lower() or "коллектив" in text.lower() or dice.random() < 0.02,
        department=department,
        result=result,
        answered=answered,
        text=_framed(dice, text, district),
    )


def _answer(dice: random.Random, day: dt.date, department: str) -> tuple[dt.date | None, str]:
    late = dice.random() < (LATE_THERE if department == LATE_DEPARTMENT else LATE)
    days = dice.randint(33, 75) if late else round(dice.triangular(3, 30, 24))
    answered = day + dt.timedelta(days=days)
    if answered > LAST_DAY:
        return None, "на контроле"
    return answered, _pick(dice, {"разъяснено": 56, "меры приняты": 27, "перенаправлено": 11, "отказано": 6})


def _shown(dice: random.Random, day: dt.date) -> str:
    if dice.random() >= OTHER_FORMAT:
        return day.strftime("%d.%m.%Y")
    time = dt.datetime.combine(day, dt.time(dice.randint(8, 18), dice.randint(0, 59)))
    return time.strftime(dice.choice(OTHER_FORMATS))


def _framed(dice: random.Random, text: str, district: str) -> str:
    greeting = "" if text.lower().startswith(POLITE) else dice.choice(GREETINGS)
    # Low houses of the first street of a district return more often than others, as places with a lasting trouble do.
    house = min(dice.randint(1, 90), dice.randint(1, 90), dice.randint(1, 90))
    street = dice.choices(STREETS[district], (5, 3, 2, 2))[0]
    place = dice.choice(PLACES).format(street=street, house=house) if dice.random() < 0.75 else ""
    stop = "" if text.endswith((".", "!", "?", "…")) or not place else "."
    return greeting + text + stop + place + dice.choice(CLOSINGS)


def _again(dice: random.Random, appeal: Appeal) -> Appeal:
    day = min((appeal.day or LAST_DAY) + dt.timedelta(days=dice.randint(0, 4)), LAST_DAY)
    answered, result = _answer(dice, day, appeal.department)
    channel = _pick(dice, {name: n for name, n in CHANNELS[day.year].items() if name != appeal.channel})
    return replace(appeal, day=day, shown=_shown(dice, day), channel=channel, answered=answered, result=result)


# The press release


def claims(appeals: list[Appeal]) -> list[Claim]:
    """What a press release says about 2025: eight claims, of which the first and the sixth are wrong.

    Parameters
    ----------
    appeals : list of Appeal
        What the true claims are counted from.

    Returns
    -------
    list of Claim
    """

    def of(year: int, holds: Callable[[Appeal], bool] = lambda _: True, month: int | None = None) -> int:
        days = ((appeal, appeal.day) for appeal in appeals if appeal.day is not None)
        return sum(day.year == year and month in {None, day.month} and holds(appeal) for appeal, day in days)

    def by(channel: str) -> tuple[int, int]:
        now, before = (of(year, lambda appeal: appeal.channel == channel) for year in (2025, 2024))
        return now, before

    def more(now: int, before: int) -> str:
        return decimal(100 * abs(now - before) / before, 1)

    now, before = of(2025), of(2024)
    portal, _ = by("Электронная приёмная")
    district, district_before = (of(year, lambda appeal: appeal.district == "Индустриальный") for year in (2025, 2024))
    october, october_before = of(2025, month=10), of(2024, month=10)
    letters, letters_before = by("Письмо")
    visits, visits_before = by("Личный приём")
    return [
        Claim(
            f"В 2023 году на имя мэра города и его заместителей поступило {number(18970)} обращений, на 33 % больше, "
            f"чем в 2022 году ({number(13916)})",
            "18970", "13916", "33",
        ),
        Claim(
            f"Мэру города и его заместителям в 2023 году адресовано {number(18970)} из {number(33130)} обращений (57,3 %)",
            "18970", base="33130",
        ),
        Claim(
            f"В 2025 году поступило {counted(now)}, на {more(now, before)} % больше, чем в 2024 году "
            f"({number(before)})",
            str(now), str(before), more(now, before),
        ),
        Claim(
            f"Через электронную приёмную в 2025 году поступило {number(portal)} из {number(now)} обращений "
            f"({decimal(100 * portal / now, 1)} %)",
            str(portal), share=decimal(100 * portal / now, 1), base=str(now),
        ),
        Claim(
            f"Из Индустриального района в 2025 году поступило {counted(district)}, на {more(district, district_before)} % "
            f"больше, чем в 2024 году ({number(district_before)})",
            str(district), str(district_before), more(district, district_before),
        ),
        Claim(
            f"Письмом в 2025 году поступило {counted(letters)}, увеличение на {more(letters, letters_before)} % "
            f"к 2024 году ({number(letters_before)})",
            str(letters), str(letters_before), more(letters, letters_before),
        ),
        Claim(
            f"На личном приёме в 2025 году поступило {counted(visits)}, снижение на {more(visits, visits_before)} % "
            f"к 2024 году ({number(visits_before)})",
            str(visits), str(visits_before), "-" + more(visits, visits_before),
        ),
        Claim(
            f"В октябре 2025 года поступило {counted(october)}, на {more(october, october_before)} % больше, "
            f"чем в октябре 2024 года ({number(october_before)})",
            str(october), str(october_before), more(october, october_before),
        ),
    ]  # fmt: skip


def main(folder: Path) -> None:
    """Write ``register.csv`` and ``published.csv`` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    appeals = register()
    with write_table(folder / "register.csv", COLUMNS, EXCEL) as writer:
        writer.write(appeal.row(f"О-{place:05}") for place, appeal in enumerate(appeals, 1))
    with write_table(folder / "published.csv", CLAIM_COLUMNS, EXCEL) as writer:
        writer.write(list(astuple(claim)) for claim in claims(appeals))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write an invented register of two years and claims about it.")
    parser.add_argument("folder", type=Path)
    main(parser.parse_args().folder)
