"""The main job on real files: label three archives in three formats, then report on one of them.

Run by ``make demo``. Everything goes through the command line, as an analyst would do it.
"""

import shlex
import sys
from pathlib import Path

from appealcls.cli import main

HERE = Path(__file__).parent
ARCHIVES = ("portal-utf8.csv", "excel-1251.csv", "register.xlsx")


def run(*arguments: str | Path) -> None:
    """One command, shown as it is typed."""
    words = [str(argument) for argument in arguments]
    print("\n$", shlex.join(["appealcls", *words]))
    code = main(words)
    if code:
        sys.exit(code)


if __name__ == "__main__":
    output = HERE / "output"
    output.mkdir(exist_ok=True)
    run("predict", "Возле школы стая собак, дети боятся идти на уроки. И дорогу до школы почистите от снега.")
    for name in ARCHIVES:
        run("label", HERE / name, "-o", output / name)
    labelled, figures = output / ARCHIVES[-1], output / "report.md"
    run("report", labelled, "-o", figures)
    print(f"\n{figures.read_text(encoding='utf-8')}")
    print(f"Размеченные файлы: {output.resolve()}")
    print(f"  {', '.join(sorted(path.name for path in output.iterdir()))}")
