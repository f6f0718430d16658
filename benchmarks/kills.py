"""Labelling that is killed again and again must give the output of a quiet run.

Writes an archive of appeals of datasets/train, drawn with a fixed seed, in every format, and labels it with
``appealcls label``, with one job and with two. Runs are killed (SIGKILL) at moments drawn from the time that a quiet run
takes, the process alone or with its workers, and the same command is given again until it ends by itself; then the
output, its list of errors and the folder are compared with those of the quiet run.

--kills sets how often (100 by default), --rows the size of the archive, --seed the dice.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from common import TRAIN, read_rows, table

from appealcls.tables import write_table

KINDS: Final = ("csv", "csv.gz", "csv.zst", "tsv", "jsonl", "xlsx", "parquet")
JOBS: Final = (1, 2)


def make_archive(path: Path, rows: int) -> None:
    """An archive with the columns of a register; one row in a hundred has no text."""
    texts, dice = read_rows(TRAIN).texts, random.Random(1)
    with write_table(path, ["id", "date", "text"]) as writer:
        writer.write(
            [str(number), f"2025-03-{dice.randint(1, 31):02d}", dice.choice(texts) if dice.random() > 0.01 else ""]
            for number in range(rows)
        )


def start(source: Path, target: Path, jobs: int) -> subprocess.Popen[bytes]:
    """The command, in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "appealcls", "label", str(source), "-o", str(target), "--jobs", str(jobs)],
        stdout=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def finish(source: Path, target: Path, jobs: int) -> float:
    """Seconds that the command takes when it is left in peace."""
    begin = time.perf_counter()
    if start(source, target, jobs).wait():
        raise SystemExit(f"failed: {source}")
    return time.perf_counter() - begin


def kill(process: subprocess.Popen[bytes], dice: random.Random, takes: float) -> bool:
    """Whether the process was killed, and had not ended by itself before."""
    time.sleep(dice.uniform(0.05, 1.0) * takes)
    dice.choice([os.kill, os.killpg])(process.pid, signal.SIGKILL)
    code = process.wait()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # workers that have outlived it
    return code == -signal.SIGKILL


def outputs(folder: Path) -> dict[str, bytes]:
    """All that a run has left."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def main() -> None:
    """Kill and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    dice = random.Random(options.seed)
    lines: list[tuple[int, int, int, int]] = []
    rows: list[list[str]] = []
    cases = [(kind, jobs) for kind in KINDS for jobs in JOBS]
    for number, (kind, jobs) in enumerate(cases):
        wanted = options.kills * (number + 1) // len(cases) - options.kills * number // len(cases)
        with tempfile.TemporaryDirectory() as name:
            source, quiet, folder = Path(name) / f"in.{kind}", Path(name) / "quiet", Path(name) / "killed"
            make_archive(source, options.rows)
            quiet.mkdir()
            folder.mkdir()
            takes = finish(source, quiet / f"out.{kind}", jobs)
            expected, kills, runs, outcomes = outputs(quiet), 0, 0, []
            while True:
                runs += 1
                if kills == wanted:
                    finish(source, folder / f"out.{kind}", jobs)
                elif kill(start(source, folder / f"out.{kind}", jobs), dice, takes):
                    kills += 1
                    continue
                outcomes.append(outputs(folder) == expected)
                if kills == wanted:
                    break
                for path in folder.iterdir():
                    path.unlink()
            lines.append((runs, kills, len(outcomes), sum(outcomes)))
            rows.append([kind, str(jobs), f"{takes:.1f}", *map(str, lines[-1])])
            print(*rows[-1], file=sys.stderr)
    rows.append(["all", "", "", *(str(sum(counts)) for counts in zip(*lines, strict=True))])
    print(table(["format", "jobs", "quiet run, s", "runs", "kills", "outputs", "identical"], rows))


if __name__ == "__main__":
    main()
