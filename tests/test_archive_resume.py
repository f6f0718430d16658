"""A run that was killed, stopped, or ran out of disk goes on where it was, and its output does not show it."""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

import appealcls
from appealcls.archive import ArchiveSummary, Progress, label_archive
from appealcls.archive.journal import Journal, Labels, digest_texts
from appealcls.errors import DataError, UsageError
from appealcls.model import Thresholds
from appealcls.tables import Row, open_table, write_table
from appealcls.tables.delimited import DelimitedTable

_BATCH = 25
_ROWS = 1000
_TEXTS = ("Яма на дороге у дома", "Стая собак у школы", "Автобус не пришёл", "", "Свалка шин;\nза «гаражами»", "qwxz")

# The same work in smaller batches and more slowly, so that a short run has many moments to be killed in.
_RUNNER = f"""
import json, sys, time
from appealcls.archive import label_archive
from appealcls.errors import AppealclsError
from appealcls.archive.journal import Journal
from appealcls.tables import delimited, jsonlines, parquet, workbook

for table in delimited.DelimitedTable, jsonlines.JsonLinesTable, parquet.ParquetTable, workbook.WorkbookTable:
    table.batches.__defaults__ = ({_BATCH},)
add = Journal.add

def add_slowly(journal, digest, labels):
    add(journal, digest, labels)
    time.sleep(0.01)

Journal.add = add_slowly
try:
    summary = label_archive(**json.loads(sys.argv[1]))
except AppealclsError as error:
    sys.exit(f"{{type(error).__name__}}: {{error}}")
print(json.dumps([summary.rows, summary.resumed, summary.review, sum(summary.problems.values())]))
"""


def _appeals(path: Path, rows: int = _ROWS) -> Path:
    with write_table(path, ["id", "text", "note"]) as writer:
        writer.write(
            [str(i), f"{text} {i}" if (text := _TEXTS[i % len(_TEXTS)]) else "", "п;р\n«м»"] for i in range(rows)
        )
    return path


def _start(
    source: Path, target: Path, before: Callable[[], None] | None = None, **options: Any
) -> subprocess.Popen[str]:
    """The runner in a session of its own, so that its workers can be ended with it."""
    given = json.dumps({"source": str(source), "target": str(target), **options})
    return subprocess.Popen(
        [sys.executable, "-c", _RUNNER, given],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=before,  # noqa: PLW1509 - there are no threads at this moment
    )  # fmt: skip


def _finish(source: Path, target: Path, **options: Any) -> list[int]:
    """Rows, rows resumed, rows for review and problems of a run that comes to its end."""
    with _start(source, target, **options) as process:
        out, err = process.communicate(timeout=100)
    assert process.returncode == 0, err
    found: list[int] = json.loads(out)
    return found


def _kept(target: Path) -> int:
    """Rows whose labels a run has left."""
    journal = target.with_name(f".{target.name}.labels")
    if not journal.exists():
        return 0
    whole = journal.read_bytes().split(b"\n")[1:-1]
    return sum(len(json.loads(line.split(b" ", 1)[1])["topic"]) for line in whole)


def _group_is_ended(process: subprocess.Popen[str]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "jobs"),
    [
        ("csv", 1), ("csv", 2), ("csv.gz", 1), ("csv.zst", 2), ("tsv", 1), ("jsonl", 1), ("jsonl.gz", 2), ("xlsx", 1),
        ("xlsx", 2), ("parquet", 1), ("parquet", 2),
    ],
)  # fmt: skip
def test_a_run_that_is_killed_any_number_of_times_gives_the_same_bytes(tmp_path: Path, kind: str, jobs: int) -> None:
    """The command is killed at random moments and given again: the output is that of a quiet run, nothing else is left."""
    source, quiet, target = _appeals(tmp_path / f"in.{kind}"), tmp_path / f"quiet.{kind}", tmp_path / f"out.{kind}"
    begin = time.perf_counter()
    counted = _finish(source, quiet, jobs=jobs)
    takes = time.perf_counter() - begin
    assert counted[:2] == [_ROWS, 0]
    dice, killed, resumed = random.Random(f"{kind} {jobs}"), 0, 0
    while killed < 2:
        with _start(source, target, jobs=jobs) as process:
            time.sleep(dice.uniform(0.3, 1.0) * takes)
            # A process alone, as by the system when memory is short, or with all its workers, as when the power fails.
            dice.choice([os.kill, os.killpg])(process.pid, signal.SIGKILL)
            process.wait(timeout=100)
            _group_is_ended(process)
        if process.returncode == -signal.SIGKILL:
            killed += 1
        else:
            target.unlink()
    assert not target.exists() or target.read_bytes() == quiet.read_bytes()  # under its name there is nothing, or all
    kept = _kept(target)
    rows, resumed, *others = _finish(source, target, jobs=jobs)
    assert (rows, others) == (_ROWS, counted[2:])
    assert resumed == kept  # what was labelled is not labelled again
    assert target.read_bytes() == quiet.read_bytes()
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {
        source.name, *(f"{path.name}{suffix}" for path in (quiet, target) for suffix in ("", ".errors.csv")),
    }  # fmt: skip
    lists = [path.with_name(f"{path.name}.errors.csv").read_bytes() for path in (quiet, target)]
    assert lists[0] == lists[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "limit"),
    [("csv", 15_000), ("csv", 40_000), ("xlsx", 15_000), ("xlsx", 35_000), ("parquet", 15_000), ("jsonl.gz", 15_000)],
)
def test_a_full_disk_is_told_and_the_run_goes_on_when_there_is_room(tmp_path: Path, kind: str, limit: int) -> None:
    """No file may grow beyond a limit: a DataError says which could not be written; later the same command goes on."""
    source, target = _appeals(tmp_path / f"in.{kind}"), tmp_path / f"out.{kind}"

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    with _start(source, target, limited) as process:
        _, err = process.communicate(timeout=100)
        _group_is_ended(process)
    assert process.returncode == 1, err
    assert err.startswith("DataError: "), err
    assert "cannot be written" in err
    assert "Traceback" not in err
    assert not target.exists()
    assert not list(tmp_path.glob(".*.part"))
    kept = _kept(target)
    assert kept > 0
    assert _finish(source, target)[:2] == [_ROWS, kept]
    _finish(source, tmp_path / f"quiet.{kind}")
    assert target.read_bytes() == (tmp_path / f"quiet.{kind}").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_is_a_word_and_an_exit_code_and_the_command_goes_on(tmp_path: Path, jobs: str) -> None:
    """Ctrl-C on the real command: exit code 130, a word on how to continue, nothing half done under the output's name."""
    source, target = _appeals(tmp_path / "in.csv", 60_000), tmp_path / "out.csv"
    command = [sys.executable, "-X", "utf8", "-m", "appealcls", "label", str(source), "-o", str(target), "--jobs", jobs]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", start_new_session=True
    ) as process:
        while not _kept(target):
            assert process.poll() is None
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the workers as well
        out, err = process.communicate(timeout=100)
        _group_is_ended(process)
    assert process.returncode == 130, err
    assert out == ""
    assert err.strip() == "appealcls: прервано; чтобы продолжить, повторите ту же команду"
    assert {path.name for path in tmp_path.iterdir()} - {"out.csv.errors.csv"} == {"in.csv", ".out.csv.labels"}
    kept = _kept(target)
    assert kept >= 2000
    done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")
    assert f"Продолжена прерванная работа: {kept} строк размечены раньше" in done.stdout
    label_archive(source, tmp_path / "quiet.csv")
    assert target.read_bytes() == (tmp_path / "quiet.csv").read_bytes()


@pytest.mark.slow
def test_a_worker_that_is_killed_is_told_and_the_run_goes_on(tmp_path: Path) -> None:
    """A process that labels and is killed, as the system does when memory is short, is a DataError with a way on."""
    source, target = _appeals(tmp_path / "in.csv", 60_000), tmp_path / "out.csv"

    def kill(progress: Progress) -> None:
        for child in psutil.Process().children(recursive=True):
            if "loky" in " ".join(child.cmdline()) and "resource_tracker" not in " ".join(child.cmdline()):
                child.kill()

    with pytest.raises(DataError, match="was ended from outside"):
        label_archive(source, target, jobs=2, progress=kill)
    assert not target.exists()
    summary = label_archive(source, target, jobs=2)
    assert summary.resumed >= 2000
    label_archive(source, tmp_path / "quiet.csv")
    assert target.read_bytes() == (tmp_path / "quiet.csv").read_bytes()


# The journal


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables in batches of a few rows."""
    monkeypatch.setattr(DelimitedTable.batches, "__defaults__", (_BATCH,))


class _StopError(Exception):
    pass


def _stop_after(rows: int) -> Callable[[Progress], None]:
    def stop(progress: Progress) -> None:
        if progress.rows >= rows:
            raise _StopError

    return stop


def _interrupted(source: Path, target: Path, rows: int = 200, **options: Any) -> None:
    with pytest.raises(_StopError):
        label_archive(source, target, progress=_stop_after(rows), **options)


@pytest.mark.usefixtures("small_batches")
def test_a_journal_that_was_cut_anywhere_is_good_as_far_as_it_is_whole(tmp_path: Path) -> None:
    """Wherever the last line breaks off, and whatever nonsense follows, whole lines count and the output is the same."""
    source, target = _appeals(tmp_path / "in.csv", 300), tmp_path / "out.csv"
    journal = tmp_path / ".out.csv.labels"
    label_archive(source, tmp_path / "quiet.csv")
    _interrupted(source, target)
    whole = journal.read_bytes()
    lines = whole.splitlines(keepends=True)
    assert len(lines) == 1 + 200 / _BATCH
    dice = random.Random(1)
    places = {0, 1, 8, 9, len(lines[0]) - 1, len(lines[0]), len(lines[0]) + 1, len(whole) - 1, len(whole)}
    for cut in sorted({*places, *(dice.randrange(len(whole)) for _ in range(20))}):
        for nonsense in (b"", b"\x00" * 5000, b"\n\n", b"00000000 {}\n"):
            journal.write_bytes(whole[:cut] + nonsense)
            content = journal.read_bytes()
            good = sum(content.startswith(b"".join(lines[: number + 1])) for number in range(1, len(lines))) * _BATCH
            summary = label_archive(source, target)
            assert summary.resumed == good
            assert target.read_bytes() == (tmp_path / "quiet.csv").read_bytes()
            assert not journal.exists()


@pytest.mark.usefixtures("small_batches")
def test_another_run_is_not_continued(tmp_path: Path, model: appealcls.TopicModel) -> None:
    """Other input, model, column or options are refused with the way out; --restart begins anew."""
    source, target = _appeals(tmp_path / "in.csv", 300), tmp_path / "out.csv"
    other = appealcls.TopicModel(model.arrays, model.taxonomy, model.settings, Thresholds(0.99, 0.5))
    _interrupted(source, target)
    before = (tmp_path / ".out.csv.labels").read_bytes()
    changes: list[dict[str, Any]] = [
        {"source": _appeals(tmp_path / "longer.csv", 301)}, {"model": other}, {"text_column": "note"},
        {"duplicates": "exact"}, {"strict": True}, {"excel_csv": True},
    ]  # fmt: skip
    for change in changes:
        with pytest.raises(UsageError, match=r"\.out\.csv\.labels.*--restart"):
            label_archive(**{"source": source, "target": target, **change})
        assert (tmp_path / ".out.csv.labels").read_bytes() == before
        assert not target.exists()
    summary = label_archive(source, target, other, restart=True)
    assert (summary.rows, summary.resumed) == (300, 0)
    label_archive(source, tmp_path / "quiet.csv", other)
    assert target.read_bytes() == (tmp_path / "quiet.csv").read_bytes()


@pytest.mark.usefixtures("small_batches")
def test_a_text_that_was_changed_meanwhile_is_noticed(tmp_path: Path) -> None:
    """The same size and the same columns, and another text among those that were labelled: nothing wrong is written."""
    source, target = _appeals(tmp_path / "in.csv", 300), tmp_path / "out.csv"
    _interrupted(source, target)
    text = source.read_bytes()
    source.write_bytes(text.replace("Стая собак у школы 7".encode(), "Стая кошек у школы 7".encode(), 1))
    with pytest.raises(UsageError, match=r"in\.csv: has changed since.*--restart"):
        label_archive(source, target)
    assert not target.exists()
    assert label_archive(source, target, restart=True).resumed == 0


@pytest.mark.usefixtures("small_batches")
def test_the_number_of_jobs_may_change_between_runs(tmp_path: Path) -> None:
    """A run with two processes is continued with one, and the other way round."""
    source, target = _appeals(tmp_path / "in.csv", 300), tmp_path / "out.csv"
    _interrupted(source, target, 100, jobs=2)
    kept = _kept(target)
    assert kept >= 100
    _interrupted(source, target, 200, jobs=1)
    assert _kept(target) >= 200
    kept = _kept(target)
    assert label_archive(source, target, jobs=2).resumed == kept
    label_archive(source, tmp_path / "quiet.csv")
    assert target.read_bytes() == (tmp_path / "quiet.csv").read_bytes()


def test_a_strict_run_that_stops_keeps_nothing(tmp_path: Path) -> None:
    """Its input has to be mended first, so there is nothing to go on with."""
    (tmp_path / "in.csv").write_text("text\nЯма\n\n \n", encoding="utf-8")
    with pytest.raises(DataError, match="line 4: нет текста"):
        label_archive(tmp_path / "in.csv", tmp_path / "out.csv", strict=True)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_two_processes_do_not_write_one_output(tmp_path: Path) -> None:
    """While a run is at work, a second one of the same output is sent away, and the first is not disturbed."""
    source, target = _appeals(tmp_path / "in.csv", 100), tmp_path / "out.csv"

    def meddle(progress: Progress) -> None:
        with pytest.raises(DataError, match="another process is writing"):
            Journal(tmp_path / ".out.csv.labels", {})

    assert label_archive(source, target, progress=meddle).rows == 100
    assert len(list(open_table(target))) == 100


def test_a_journal_gives_back_what_it_was_given(tmp_path: Path) -> None:
    """Labels of any batch, empty ones too, come back in their order."""
    batches = [Labels(["a", None], [0.5, 0.0], [True, False], ["a|б", ""]), Labels([], [], [], [])]
    journal = Journal(tmp_path / "j", {"x": 1})
    for labels in batches:
        journal.add("d", labels)
    journal.close()
    journal = Journal(tmp_path / "j", {"x": 1})
    assert list(journal) == [("d", labels) for labels in batches]
    journal.add("e", batches[0])
    assert len(list(journal)) == 2  # what was kept when it was opened
    journal.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_journal_that_is_begun_anew_forgets_and_an_empty_one_does_not_stay(tmp_path: Path) -> None:
    """After a restart nothing is known, of this run or another; a run that has labelled nothing leaves no file."""
    labels = Labels(["a"], [0.5], [True], ["a"])
    for job in ({"x": 1}, {"x": 2}):
        journal = Journal(tmp_path / "j", job, restart=True)
        assert list(journal) == []
        journal.add("d", labels)
        journal.close()
    journal = Journal(tmp_path / "j", {"x": 2})
    assert list(journal) == [("d", labels)]
    journal.close()
    Journal(tmp_path / "j", {}, restart=True).close()
    assert list(tmp_path.iterdir()) == []


def test_a_digest_knows_where_a_text_ends() -> None:
    """The same letters, divided in another way, are other texts."""
    batches: list[Row] = [["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], ["", "abc"], [], [""], ["1,2"], ["\ud800"]]
    assert len({digest_texts(texts) for texts in batches}) == len(batches)


def test_a_summary_of_a_continued_run_counts_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts are of the whole output, not of the part that was labelled last."""
    monkeypatch.setattr(DelimitedTable.batches, "__defaults__", (_BATCH,))
    source, target = _appeals(tmp_path / "in.csv", 300), tmp_path / "out.csv"
    quiet = label_archive(source, tmp_path / "quiet.csv", duplicates="exact")
    _interrupted(source, target, duplicates="exact")
    summary = label_archive(source, target, duplicates="exact")

    def counts(one: ArchiveSummary) -> tuple[Any, ...]:
        return one.rows, one.topics, one.review, one.problems, one.duplicates

    assert counts(summary) == counts(quiet)
    assert summary.resumed == 200
