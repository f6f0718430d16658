"""A report on one million labelled rows: seconds and peak memory of all its figures, and of the page.

A seeded table of three years with short invented texts is written by one process and reported on by another, so that
neither its making nor this program weighs in the measure. Seconds run around the figures (reading, counts, terms, surges,
words, places, recommendations), around the HTML, and around the whole process, start of Python included; processor time is
that of all threads; memory is the peak of resident memory that the system reports when the process has ended (``ru_maxrss``). Every round is a new process; the first is not counted (it brings the file into the system's cache).
"""

import argparse
import csv
import datetime as dt
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from common import table

SEED: Final = 59
FIRST: Final = dt.date(2023, 1, 1)
DAYS: Final = 1096  # three years
PERIODS: Final = ("2025", "2025-10")
TARGET: Final = (5.0, 500.0)  # seconds of the figures, MB
DISTRICTS: Final = ("Центральный", "Индустриальный", "Кировский", "Краснофлотский", "Железнодорожный", "")
CHANNELS: Final = ("Электронная приёмная", "Письмо", "Личный приём", "Мобильное приложение")
DEPARTMENTS: Final = ("Управление дорог", "Управление транспорта", "Отдел по работе с обращениями граждан")
TOPICS: Final = {
    "roads": ("Яма на дороге у дома {}, машины объезжают по тротуару", "Прошу отремонтировать проезд к дому {}"),
    "snow_removal": ("Во дворе дома {} не чищен снег, пройти нельзя", "Не вывозят снег от дома {} вторую неделю"),
    "stray_animals": ("Стая собак у школы {}, дети боятся ходить на уроки", "Отловите собак во дворе дома {}"),
    "transport": ("Автобус {} ходит раз в час, утром в салон не войти", "Верните маршрут {}, ехать не на чем"),
    "dumps": ("За домом {} свалили строительный мусор", "Контейнеры у дома {} не вывозят, мусор разносит ветер"),
    "resettlement": ("Когда расселят аварийный дом {}?", "Дом {} признан аварийным, трещины в стенах"),
    "other": ("Прошу сообщить часы приёма по вопросу {}", "Хочу поблагодарить работников участка {}"),
}


def write(path: Path, rows: int) -> None:
    """The table, as labelling leaves it."""
    generator = random.Random(SEED)
    topics = list(TOPICS)
    dates = [(FIRST + dt.timedelta(day)).strftime("%d.%m.%Y") for day in range(DAYS + 60)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["№", "Дата регистрации", "Дата ответа", "Канал", "Район", "Исполнитель", "Повторное", "Текст", "topic",
             "topic_name", "confidence", "needs_review", "topics"]
        )  # fmt: skip
        for number in range(1, rows + 1):
            day, topic = int(generator.random() * DAYS), topics[int(generator.random() ** 2 * len(topics))]
            answered = dates[day + int(generator.random() * 40)] if generator.random() < 0.97 else ""
            second = topics[number % len(topics)]
            sure = round(0.3 + 0.7 * generator.random(), 4)
            writer.writerow(
                (number, dates[day], answered, CHANNELS[number % 4], DISTRICTS[int(generator.random() * 6)],
                 DEPARTMENTS[number % 3], "да" if generator.random() < 0.1 else "нет",
                 TOPICS[topic][number % 2].format(number % 200), topic, topic, sure,
                 "true" if sure < 0.5 else "false", topic if second == topic or number % 5 else f"{topic}|{second}")
            )  # fmt: skip


def report_file(path: Path, period: str) -> None:
    """Report; print seconds and what was found, as JSON."""
    begin = time.perf_counter()
    import appealcls

    made = appealcls.report(path, period=period)
    counted = time.perf_counter()
    size = len(made.to_html())
    written = time.perf_counter()
    found = {"figures": counted - begin, "page": written - counted, "rows": made.notes.rows, "characters": size}
    print(json.dumps(found))


def measure(path: Path, period: str) -> dict[str, float]:
    """One process that reports: its own figures, with ``process`` and ``processor`` (seconds), and ``peak`` (MB)."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, __file__, "--count", str(path), "--period", period], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    with process.stdout:
        line = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)  # so that Popen does not wait for it again
    if process.returncode:
        raise SystemExit("reporting failed")
    found: dict[str, float] = json.loads(line)
    found["process"] = time.perf_counter() - begin
    found["processor"] = usage.ru_utime + usage.ru_stime
    found["peak"] = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6  # kilobytes on Linux
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count (default: 5)")
    parser.add_argument("--write", type=Path, metavar="FILE", help=argparse.SUPPRESS)
    parser.add_argument("--count", type=Path, metavar="FILE", help=argparse.SUPPRESS)
    parser.add_argument("--period", default=PERIODS[0], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        write(options.write, options.rows)
        return
    if options.count:
        report_file(options.count, options.period)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labelled.csv"
        subprocess.run([sys.executable, __file__, "--write", str(path), "--rows", str(options.rows)], check=True)
        size = path.stat().st_size / 1e6
        found = {period: [measure(path, period) for _ in range(options.rounds + 1)][1:] for period in PERIODS}
    print(f"{options.rows} rows, {size:.0f} MB; medians of {options.rounds} processes\n")
    steps = ("figures", "page", "process", "processor", "peak")
    print(
        table(
            ("period", "figures, s", "HTML, s", "process, s", "processor, s", "peak, MB"),
            [
                (period, *(f"{statistics.median(one[step] for one in rounds):.2f}" for step in steps))
                for period, rounds in found.items()
            ],
        )
    )
    seconds = max(one["figures"] for rounds in found.values() for one in rounds)
    peak = max(one["peak"] for rounds in found.values() for one in rounds)
    print(
        f"\nFigures at worst: {seconds:.2f} s and {peak:.0f} MB; target: at most {TARGET[0]:.0f} s and {TARGET[1]:.0f} MB"
    )


if __name__ == "__main__":
    main()
