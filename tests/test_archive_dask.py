"""A real Dask cluster labels as one process does, also when one of its machines is lost on the way."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from appealcls.archive import Progress, label_archive
from appealcls.errors import DataError, UsageError
from appealcls.tables import write_table

pytest.importorskip("distributed", reason="the extra appealcls[dask] is not installed")
pytestmark = pytest.mark.slow

_TEXTS = ("Яма на дороге у дома", "Стая собак у школы", "Автобус не пришёл", "", "Свалка шин;\nза «гаражами»", "qwxz")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def _process(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{arguments[0]}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments], stdout=log, stderr=log, cwd=folder, start_new_session=True
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait(timeout=20)


def _wait_for(port: int) -> None:
    for _ in range(300):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the scheduler has not come up")


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a scheduler on the loopback, and its two workers, each a process."""
    folder, port = tmp_path_factory.mktemp("dask"), _free_port()
    address = f"tcp://127.0.0.1:{port}"
    with ExitStack() as stack:
        stack.enter_context(
            _process(folder, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-show")
        )
        _wait_for(port)
        workers = [
            stack.enter_context(
                _process(folder, "worker", address, "--host", "127.0.0.1", "--no-nanny", "--nthreads", "1", "--no-dashboard",
                         "--name", name, "--local-directory", str(folder / name))
            )
            for name in ("one", "two")
        ]  # fmt: skip
        yield address, workers


def _appeals(path: Path, rows: int) -> Path:
    with write_table(path, ["id", "text", "note"]) as writer:
        writer.write([str(i), f"{text} {i}" if (text := _TEXTS[i % len(_TEXTS)]) else "", "п;р"] for i in range(rows))
    return path


@pytest.mark.parametrize("lost", [False, True], ids=["both workers", "one is lost"])
def test_a_cluster_gives_the_bytes_of_one_process(
    tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]], lost: bool
) -> None:
    """Two workers in processes of their own write what one process writes, though one of them is killed at work."""
    address, workers = cluster
    source = _appeals(tmp_path / "in.csv", 60_001)
    quiet = label_archive(source, tmp_path / "quiet.csv")

    def lose(progress: Progress) -> None:
        if lost and workers[0].poll() is None and progress.rows >= 6000:
            os.kill(workers[0].pid, signal.SIGKILL)

    summary = label_archive(source, tmp_path / "out.csv", backend="dask", scheduler=address, jobs=4, progress=lose)
    assert (workers[0].poll() is not None) == lost
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "quiet.csv").read_bytes()
    assert (summary.rows, summary.topics, summary.review) == (60_001, quiet.topics, quiet.review)
    assert not list(tmp_path.glob(".*"))


def test_a_cluster_run_that_is_stopped_goes_on_without_the_cluster(
    tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    """What a cluster has labelled is kept like what a process has; the run may be ended on this machine alone."""
    source = _appeals(tmp_path / "in.csv", 20_000)

    class StopError(Exception):
        pass

    def stop(progress: Progress) -> None:
        if progress.rows >= 8000:
            raise StopError

    with pytest.raises(StopError):
        label_archive(source, tmp_path / "out.csv", backend="dask", scheduler=cluster[0], jobs=-1, progress=stop)
    assert threading.active_count() < 50
    summary = label_archive(source, tmp_path / "out.csv")
    assert (summary.rows, summary.resumed) == (20_000, 8000)
    label_archive(source, tmp_path / "quiet.csv")
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "quiet.csv").read_bytes()


def test_a_cluster_that_is_lost_is_told_and_the_run_goes_on(tmp_path: Path) -> None:
    """When the scheduler dies there is a DataError, not a wait for ever; what was labelled is kept."""
    source, port = _appeals(tmp_path / "in.csv", 60_000), _free_port()
    address = f"tcp://127.0.0.1:{port}"
    with (
        _process(tmp_path, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-show") as one,
        _process(tmp_path, "worker", address, "--host", "127.0.0.1", "--no-nanny", "--nthreads", "1", "--no-dashboard",
                 "--local-directory", str(tmp_path / "one")),
    ):  # fmt: skip
        _wait_for(port)

        def lose(progress: Progress) -> None:
            one.kill()

        with pytest.raises(DataError, match=rf"the cluster {address} was lost.*repeat the command"):
            label_archive(source, tmp_path / "out.csv", backend="dask", scheduler=address, jobs=2, progress=lose)
    assert not (tmp_path / "out.csv").exists()
    assert label_archive(source, tmp_path / "out.csv").resumed >= 2000


def test_a_scheduler_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer is a DataError with the address; an address without the backend, or the reverse, is wrong usage."""
    monkeypatch.setattr("appealcls.archive.workers._PATIENCE", 1)
    source, address = _appeals(tmp_path / "in.csv", 10), f"tcp://127.0.0.1:{_free_port()}"
    with pytest.raises(DataError, match=rf"{address} does not answer"):
        label_archive(source, tmp_path / "out.csv", backend="dask", scheduler=address)
    with pytest.raises(DataError, match="does not answer"):
        label_archive(source, tmp_path / "out.csv", backend="dask", scheduler="no address")
    with pytest.raises(UsageError, match="needs both"):
        label_archive(source, tmp_path / "out.csv", backend="dask")
    with pytest.raises(UsageError, match="needs both"):
        label_archive(source, tmp_path / "out.csv", scheduler=address)
    with pytest.raises(UsageError, match="there is no backend 'spark'"):
        label_archive(source, tmp_path / "out.csv", backend="spark")
    assert not (tmp_path / "out.csv").exists()


def test_a_cluster_without_workers_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduler that nobody works for does not keep the user waiting for ever."""
    monkeypatch.setattr("appealcls.archive.workers._PATIENCE", 2)
    source, port = _appeals(tmp_path / "in.csv", 10), _free_port()
    with _process(tmp_path, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-show"):
        _wait_for(port)
        with pytest.raises(DataError, match="has no workers"):
            label_archive(source, tmp_path / "out.csv", backend="dask", scheduler=f"tcp://127.0.0.1:{port}")
