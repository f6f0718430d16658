"""Batches of texts → their labels: in this process, in several, or on a cluster; always in the order they came in."""

import signal
import tempfile
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeVar

from appealcls import store
from appealcls.archive.journal import Labels
from appealcls.errors import DataError, MissingExtraError, UsageError
from appealcls.model import TopicModel

__all__ = ["BACKENDS", "label_batches"]

BACKENDS: Final = ("loky", "dask")
"""Processes of this machine, by joblib; a Dask cluster."""

_AHEAD: Final = 4  # batches for each job that may wait for the writer

T = TypeVar("T")


@contextmanager
def label_batches(
    model: TopicModel, jobs: int, backend: str = "loky", scheduler: str | None = None
) -> Iterator[Callable[[Iterable[tuple[T, Sequence[str]]]], Iterator[tuple[T, Labels]]]]:
    """A function that labels batches of texts, each with something that it belongs to.

    Parameters
    ----------
    model : TopicModel
    jobs : int
        Processes; -1 for one on each core. 1 with ``loky`` labels in this process. On a cluster it is the number of
        batches under way, -1 for as many as it has threads.
    backend : {'loky', 'dask'}
    scheduler : str, optional
        Address of the Dask scheduler, ``tcp://host:8786``.

    Raises
    ------
    UsageError
        If the backend is none of these, or Dask is to be used and no scheduler is named, or the other way round.
    DataError
        If the scheduler does not answer, has no workers, or is lost, or a process of this machine is.
    MissingExtraError
        If joblib or Dask is not installed.
    """
    if backend not in BACKENDS:
        raise UsageError(f"there is no backend {backend!r}: use one of {', '.join(BACKENDS)}")
    if (backend == "dask") != (scheduler is not None):
        raise UsageError("a Dask cluster needs both: backend dask, and the address of its scheduler (tcp://host:8786)")
    if backend == "loky" and jobs == 1:
        yield lambda work: ((owner, label(model, texts)) for owner, texts in work)
        return
    if scheduler is not None:
        with _cluster(scheduler) as client:
            yield lambda work: _on_cluster(client, scheduler, model, jobs, work)
        return
    try:
        from joblib import Parallel, delayed, effective_n_jobs
    except ImportError as error:
        raise MissingExtraError("labelling with several jobs", "joblib", "jobs") from error
    with (
        tempfile.TemporaryDirectory(prefix="appealcls-") as folder,
        Parallel(jobs, "loky", return_as="generator", batch_size=1) as pool,
    ):
        given = str(store.save(model, Path(folder) / "model"))  # each process opens it once
        task, under_way = delayed(label), effective_n_jobs(jobs)
        opened: list[Generator[Any, None, None]] = []

        def start(texts: Iterator[Sequence[str]]) -> Generator[Labels, None, None]:
            with _no_interrupt():
                return pool(task(given, part) for part in texts)  # type: ignore[no-any-return]

        def label_all(work: Iterable[tuple[T, Sequence[str]]]) -> Iterator[tuple[T, Labels]]:
            opened.append(_in_order(work, start, under_way))
            return opened[-1]

        try:
            yield label_all
        except BrokenExecutor as error:
            raise DataError(
                "a process that labels was ended from outside (is memory short?): repeat the command to continue, with "
                "fewer jobs"
            ) from error
        finally:
            with warnings.catch_warnings():  # of joblib, that work is thrown away: somebody has stopped it
                warnings.simplefilter("ignore", UserWarning)
                for results in opened:
                    results.close()


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Processes that are started here inherit that Ctrl-C is not for them: a terminal sends it to all, this one ends all.

    For these milliseconds it is not for this process either. Outside the main thread nothing is changed.
    """
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before if before is not None else signal.SIG_DFL)


def label(model: TopicModel | str, texts: Sequence[str]) -> Labels:
    """Label a batch; a model is given as it is, or by its folder."""
    found = (_opened(model) if isinstance(model, str) else model).predict_columns(texts)
    return Labels(
        found.topic,
        [round(value, 4) for value in found.confidence.tolist()],
        found.needs_review.tolist(),
        ["|".join(topics) for topics in found.topics],
    )


@lru_cache(maxsize=1)
def _opened(folder: str) -> TopicModel:
    return store.load(folder)


def _in_order(
    work: Iterable[tuple[T, Sequence[str]]],
    pool: Callable[[Iterator[Sequence[str]]], Generator[Labels, None, None]],
    jobs: int,
) -> Generator[tuple[T, Labels], None, None]:
    """Results with their owners. The pool takes new work whenever it has done some, however slow the writer is; so the
    stream ends for it when too much is waiting, and begins again when that is written: memory does not grow.
    """  # noqa: D205 - one thought
    source = iter(work)
    waiting: deque[T] = deque()
    failure: list[BaseException] = []
    ended = False

    def texts() -> Iterator[Sequence[str]]:
        nonlocal ended
        while len(waiting) < _AHEAD * jobs:
            try:
                owner, part = next(source)
            except StopIteration:
                ended = True
                return
            except BaseException as error:  # joblib's threads would swallow it; it is raised below
                failure.append(error)
                ended = True
                return
            waiting.append(owner)
            yield part

    while not ended:
        with closing(pool(texts())) as results:
            for labels in results:
                yield waiting.popleft(), labels
    if failure:
        raise failure[0]


@contextmanager
def _cluster(scheduler: str) -> Iterator[Any]:
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingExtraError("labelling on a cluster", "distributed", "dask") from error
    try:
        client = Client(scheduler, timeout=_PATIENCE, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise DataError(f"the scheduler {scheduler} does not answer: {error}: is it running?") from error
    with client:
        try:
            client.wait_for_workers(1, timeout=_PATIENCE)
        except TimeoutError as error:
            raise DataError(f"the scheduler {scheduler} has no workers: start some: dask worker {scheduler}") from error
        yield client


def _on_cluster(
    client: Any, scheduler: str, model: TopicModel, jobs: int, work: Iterable[tuple[T, Sequence[str]]]
) -> Generator[tuple[T, Labels], None, None]:
    """Results with their owners. Not by joblib, which gives up when a worker is lost with results that nobody has yet
    fetched; the scheduler has them made anew.
    """  # noqa: D205 - one thought
    from distributed import KilledWorker

    under_way = jobs if jobs > 0 else max(1, sum(client.ncores().values()))
    waiting: deque[tuple[T, Any]] = deque()
    try:
        # The result of a task, unlike data that are sent, can be made anew when those who had it are gone.
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "(?s).*large graph")  # 9 MB, once
            given = client.submit(_same, model, pure=False)
        for owner, texts in work:
            waiting.append((owner, client.submit(label, given, list(texts), pure=False)))
            if len(waiting) >= _AHEAD * under_way:
                owner, labels = waiting.popleft()
                yield owner, labels.result()
        while waiting:
            owner, labels = waiting.popleft()
            yield owner, labels.result()
    except (OSError, CancelledError, KilledWorker) as error:
        why = " ".join(str(error).split()).rstrip(".")  # some of these errors are several lines long
        raise DataError(
            f"the cluster {scheduler} was lost: {why}: repeat the command to continue when it is back"
        ) from error


def _same(model: TopicModel) -> TopicModel:
    return model


_PATIENCE: Final = 15  # seconds until a scheduler must have answered, and until it must have workers
