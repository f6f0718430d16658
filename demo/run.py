"""The main job on real files: label archives in three formats, then report on a year of appeals and check claims about it.

Run by ``make demo``. Everything goes through the command line, as an analyst would do it.
"""

import shlex
import sys
from pathlib import Path

import make_year

from appealcls.cli import main

HERE = Path(__file__).parent
ARCHIVES = ("portal-utf8.csv", "excel-1251.csv", "register.xlsx")


def run(*arguments: str | Path) -> None:
    """One command, shown as it is typed."""
    words = [str(argument) for argument in arguments]
    print("\n$", shlex.join(["appealcls", *words]), flush=True)
    code = main(words)
    if code:
        sys.exit(code)


if __name__ == "__main__":
    output = HERE / "output"
    output.mkdir(exist_ok=True)
    run("predict", "Возле школы стая собак, дети боятся идти на уроки. И дорогу до школы почистите от снега.")
    for name in ARCHIVES:
        run("label", HERE / name, "-o", output / name)

    make_year.main(output)
    labelled = output / "year.csv"
    run("label", output / "register.csv", "-o", labelled, "--jobs", "2", "--duplicates", "exact")
    reports = [output / f"report-2025{suffix}" for suffix in (".html", ".docx", ".xlsx")]
    run("report", labelled, "--period", "2025", *(word for path in reports for word in ("-o", path)))
    run("report", "--check", output / "published.csv")
    run("report", labelled, "--period", "2025-10")

    print(f"Размеченные файлы и отчёты: {output.resolve()}")
    for path in sorted(output.iterdir()):
        print(f"  {path.name}  {path.stat().st_size / 1024:,.0f} КБ".replace(",", " "))
