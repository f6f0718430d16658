"""Cold start: what a fresh process takes until its first prediction, in seconds and in memory.

Whole processes, one after another in every round; the first round is not counted (it brings files into the system's
cache and compiles modules). Time runs from the start of the process to the first line that it prints, its prediction.
Memory is the peak of resident memory that the system reports when the process has ended (``ru_maxrss``); where two
processes share a library each counts it.

Ours is started twice: with a text of words that the model knows, for which no morphology is needed, and with one that
has an unknown word, for which pymorphy3 and its dictionary are opened. Against it: a scikit-learn pipeline (TF-IDF of
words, linear SVM) by joblib, fastText with pairs of words, as trained and quantized, and nothing but ``import numpy``
and ``import appealcls``.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from common import MODEL, TRAIN, folder_size, one_line, read_rows, spread, table, train_fasttext

KNOWN: Final = "Во дворе дома большая яма на дороге"
UNKNOWN: Final = "Во дворе дома большая яма на дороге, гиппопотамище поместится"
OURS: Final = "appealcls, unknown word"
OURS_KNOWN: Final = "appealcls, known words"


class Start(NamedTuple):
    """One process: seconds to its first line, peak memory in MB, and the line."""

    seconds: float
    megabytes: float
    line: str


def prepare(folder: Path) -> None:
    """Train what is compared with.

    This runs in a process of its own. A child starts as a copy of its parent, and the peak of memory that the system
    reports for it includes that copy: the process that measures must stay small.
    """
    import joblib
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    rows = read_rows(TRAIN)
    words = TfidfVectorizer(min_df=2, sublinear_tf=True)
    joblib.dump(
        make_pipeline(words, LinearSVC(C=0.5, random_state=0)).fit(rows.texts, rows.labels), folder / "sk.joblib"
    )
    fast = train_fasttext(rows, one_line)
    fast.save_model(str(folder / "ft.bin"))
    fast.quantize()
    fast.save_model(str(folder / "ft.ftz"))


def programs(folder: Path) -> dict[str, str]:
    """What each process runs, by name; every one prints a line as soon as it has an answer."""
    ours = "import sys, appealcls; print(appealcls.predict({!r}).topic, 'pymorphy3' in sys.modules, flush=True)"
    # model.predict of fasttext-wheel breaks under NumPy 2; see common.fasttext_predictor.
    fast = "import fasttext; print(fasttext.load_model({!r}).f.predict({!r}, 1, 0.0, 'strict')[0][1], flush=True)"
    scikit = f"import joblib; print(joblib.load({str(folder / 'sk.joblib')!r}).predict([{UNKNOWN!r}])[0], flush=True)"
    return {
        OURS: ours.format(UNKNOWN),
        OURS_KNOWN: ours.format(KNOWN),
        "scikit-learn, TF-IDF of words": scikit,
        "fastText": fast.format(str(folder / "ft.bin"), one_line(UNKNOWN)),
        "fastText, quantized": fast.format(str(folder / "ft.ftz"), one_line(UNKNOWN)),
        "import numpy": "import numpy; print('ready', flush=True)",
        "import appealcls": "import appealcls; print('ready', flush=True)",
    }


def start(program: str) -> Start:
    """Run a program in a new process."""
    with tempfile.TemporaryFile() as errors:
        begin = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=errors)
        assert process.stdout is not None
        with process.stdout:
            line = process.stdout.readline().decode().strip()
            seconds = time.perf_counter() - begin
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)  # so that Popen does not wait for it again
        if process.returncode or not line:
            errors.seek(0)
            raise SystemExit(f"failed: {program}\n{errors.read().decode()}")
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)  # bytes there, kilobytes elsewhere
    return Start(seconds, peak / 1e6, line)


def measure(run: dict[str, str], rounds: int) -> dict[str, list[Start]]:
    """Every program once in every round, after one round that does not count."""
    starts: dict[str, list[Start]] = {name: [] for name in run}
    for number in range(rounds + 1):
        for name, program in run.items():
            found = start(program)
            if number:
                starts[name].append(found)
    for name, opened in ((OURS, "True"), (OURS_KNOWN, "False")):
        if starts[name][0].line.split()[1] != opened:
            raise SystemExit(f"{name}: pymorphy3 opened should be {opened}; choose other words for the text")
    return starts


def ratios(ours: Sequence[float], others: Sequence[float]) -> str:
    """How many times ours goes into the other, round by round."""
    return spread([b / a for a, b in zip(ours, others, strict=True)])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9, help="rounds that count (default: 9)")
    parser.add_argument("--prepare", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.prepare:
        prepare(options.prepare)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([sys.executable, __file__, "--prepare", name], check=True)
        sizes = {"appealcls, models/default": folder_size(MODEL)} | {
            title: folder_size(folder / file)
            for title, file in (
                ("scikit-learn", "sk.joblib"),
                ("fastText", "ft.bin"),
                ("fastText, quantized", "ft.ftz"),
            )
        }
        starts = measure(programs(folder), options.rounds)

    seconds = {name: [found.seconds for found in group] for name, group in starts.items()}
    print(f"{options.rounds} rounds; seconds to the first prediction, and peak memory; ratios within a round\n")
    print(
        table(
            ("", "seconds: median (min–max)", "peak MB", f"÷ {OURS}", f"÷ {OURS_KNOWN}"),
            [
                (
                    title,
                    spread(seconds[title]),
                    f"{statistics.median(found.megabytes for found in group):.0f}",
                    ratios(seconds[OURS], seconds[title]),
                    ratios(seconds[OURS_KNOWN], seconds[title]),
                )
                for title, group in starts.items()
            ],
        )
    )
    print("\nOn disk: " + ", ".join(f"{title} {size / 1e6:.1f} MB" for title, size in sizes.items()))


if __name__ == "__main__":
    main()
