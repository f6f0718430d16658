"""Labelling an archive against a script of pandas and fastText: wall time and memory of whole processes.

Writes a CSV of appeals of datasets/train, drawn with a fixed seed, then times, one after the other and several times
over: ``appealcls label`` with one and with two jobs, and a script that reads the file with pandas, labels it with fastText
(words and pairs, trained on the same texts) and writes it with pandas. Ratios are taken within a round, so that a machine
that slows down slows down both. Memory is the sum over the processes of a command, pages that they share counted once (PSS, Linux), sampled.

--rows sets the size (200,000 by default); --linear labels tenfold as well; --workbook times an XLSX of 100,000 rows
against reading it with python-calamine and writing it with XlsxWriter, and nothing else.
"""

import argparse
import csv
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psutil
from common import TRAIN, one_line, read_rows, spread, table, train_fasttext

SEED: Final = 1
PAUSE: Final = 0.02  # seconds between two looks at the memory

PANDAS_FASTTEXT: Final = """
import sys
import fasttext
import pandas as pd
model = fasttext.load_model(sys.argv[3])
data = pd.read_csv(sys.argv[1])
labels, probabilities = model.predict([text.replace("\\n", " ") for text in data["text"]])
data["topic"] = [label[0][9:] for label in labels]
data["confidence"] = [float(probability[0]) for probability in probabilities]
data.to_csv(sys.argv[2], index=False)
"""

READ_AND_WRITE: Final = """
import sys
import xlsxwriter
from python_calamine import CalamineWorkbook
rows = CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).to_python()
book = xlsxwriter.Workbook(sys.argv[2], {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
sheet = book.add_worksheet()
for number, row in enumerate(rows):
    sheet.write_row(number, 0, row)
book.close()
"""


def make_csv(path: Path, rows: int) -> None:
    """An archive with the columns of a register."""
    texts, dice = read_rows(TRAIN).texts, random.Random(SEED)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["id", "date", "channel", "district", "text"])
        for number in range(rows):
            day = f"2025-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}"
            out.writerow([number, day, "Портал", dice.choice(["Центральный", "Кировский"]), dice.choice(texts)])


def measured(command: Sequence[str]) -> tuple[float, float]:
    """Seconds and the highest memory, in MB, of a command and its children."""
    begin, peak = time.perf_counter(), 0.0
    process = psutil.Popen(list(command), stdout=subprocess.DEVNULL)
    while process.poll() is None:
        size = 0
        for part in [process, *_children(process)]:
            try:
                size += part.memory_full_info().pss
            except psutil.Error:  # it has just ended
                continue
        peak = max(peak, size / 2**20)
        time.sleep(PAUSE)
    if process.returncode:
        raise SystemExit(f"failed: {' '.join(command)}")
    return time.perf_counter() - begin, peak


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except psutil.Error:
        return []


def compare(commands: dict[str, Sequence[str]], base: str, rounds: int) -> None:
    """Print seconds, their ratio to the base and memory."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            found[name].append(measured(command))
    lines = []
    for name, runs in found.items():
        ratios = [seconds / other for (seconds, _), (other, _) in zip(runs, found[base], strict=True)]
        memory = [peak / other for (_, peak), (_, other) in zip(runs, found[base], strict=True)]
        lines.append(
            [name, spread([s for s, _ in runs]), spread(ratios), f"{max(p for _, p in runs):.0f}", spread(memory)]
        )
    print(table(["", "seconds", f"× {base}", "peak MB", "× memory"], lines))


def main() -> None:
    """Make the files, run the commands and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--linear", action="store_true", help="ten times as many rows too")
    parser.add_argument("--workbook", action="store_true", help="an XLSX of 100,000 rows instead")
    options = parser.parse_args()
    label = [sys.executable, "-m", "appealcls", "label"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "archive.csv"
        if options.workbook:
            make_csv(source, 100_000)
            book = folder / "archive.xlsx"
            subprocess.run([*label, str(source), "-o", str(book)], check=True, stdout=subprocess.DEVNULL)
            alone = "reading and writing alone"
            compare(
                {
                    alone: [sys.executable, "-c", READ_AND_WRITE, str(book), str(folder / "plain.xlsx")],
                    "label": [*label, str(book), "-o", str(folder / "out.xlsx")],
                    "label --jobs 2": [*label, str(book), "-o", str(folder / "out2.xlsx"), "--jobs", "2"],
                },
                alone,
                options.rounds,
            )
            return
        make_csv(source, options.rows)
        print(f"{options.rows} rows, {source.stat().st_size / 1e6:.0f} MB")
        train_fasttext(read_rows(TRAIN), one_line).save_model(str(folder / "fasttext.bin"))
        peer = "pandas + fastText"
        script = [sys.executable, "-c", PANDAS_FASTTEXT, str(source), str(folder / "peer.csv")]
        compare(
            {
                peer: [*script, str(folder / "fasttext.bin")],
                "label": [*label, str(source), "-o", str(folder / "one.csv")],
                "label --jobs 2": [*label, str(source), "-o", str(folder / "two.csv"), "--jobs", "2"],
            },
            peer,
            options.rounds,
        )
        if options.linear:
            many = folder / "many.csv"
            make_csv(many, 10 * options.rows)
            seconds, peak = measured([*label, str(many), "-o", str(folder / "ten.csv"), "--jobs", "2"])
            less, _ = measured([*label, str(source), "-o", str(folder / "two.csv"), "--jobs", "2"])
            print(f"\nten times the rows: {seconds:.1f} s, {seconds / less:.2f} × the time, peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
