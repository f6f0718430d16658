"""Write the demo archives: invented appeals in the three forms in which offices really export them.

The texts are those of ``datasets/test``, which no model is trained on; date, channel and district are made up from a
fixed seed, winter for those who write of snow. Run from the repository: ``python demo/make_archive.py``.
"""

import csv
import datetime as dt
import random
from pathlib import Path

from appealcls.tables import Row, open_table, write_table

HERE = Path(__file__).parent
COLUMNS = ["№", "Дата поступления", "Канал", "Район", "Текст обращения"]
CHANNELS = ["Портал", "Электронная почта", "Письмо", "Личный приём", "Социальные сети"]
DISTRICTS = ["Центральный", "Индустриальный", "Кировский", "Краснофлотский", "Железнодорожный"]
ROWS = 100  # in each file
SEED = 27
WINTER = ("снег", "снеж", "налед", "гололед", "гололёд", "сугроб", "сосул", "скольз", "лёд", " лед")


def rows() -> list[Row]:
    """Three hundred appeals with typed cells."""
    dice = random.Random(SEED)  # noqa: S311 - a demo needs no secrets
    texts = [
        str(row[table.columns.index("text")])
        for name in ("a.csv", "b.csv")
        for table in [open_table(HERE.parent / "datasets" / "test" / name)]
        for _, row in table
    ]
    texts = [text for text in texts if text.encode("cp1251", "ignore").decode("cp1251") == text]
    made: list[Row] = []
    for number, text in enumerate(dice.sample(texts, 3 * ROWS), 1):
        winter = any(part in text.lower() for part in WINTER)
        month = dice.choice([1, 2, 3, 11, 12] if winter else [4, 5, 6, 7, 8, 9, 10])
        day = dt.date(2025, month, dice.randint(1, 28))
        made.append([number, day, dice.choice(CHANNELS), dice.choice(DISTRICTS), text])
    return sorted(made, key=lambda row: row[1])


def main() -> None:
    """Write the files."""
    made = rows()
    parts = [made[i * ROWS : (i + 1) * ROWS] for i in range(3)]
    with write_table(HERE / "portal-utf8.csv", COLUMNS) as writer:
        writer.write(parts[0])
    # As Russian Excel saves "CSV": semicolons, Windows-1251, dates as they are shown.
    with (HERE / "excel-1251.csv").open("w", encoding="cp1251", newline="") as file:
        out = csv.writer(file, delimiter=";", lineterminator="\r\n")
        out.writerow(COLUMNS)
        out.writerows([number, day.strftime("%d.%m.%Y"), *rest] for number, day, *rest in parts[1])
    with write_table(HERE / "register.xlsx", COLUMNS) as writer:
        writer.write(parts[2])


if __name__ == "__main__":
    main()
