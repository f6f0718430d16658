"""Batches of texts → their labels: in this process, in several, or on a cluster; always in the order they came in."""

import signal
import tempfile
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeVar

from appealcls import store
from appealcls.errors import DataError, MissingExtraError, UsageError
from appealcls.journal import Labels
from appealcls.model import TopicModel

__all__ = ["BACKENDS", "label_batches"]

BACKENDS: Final = ("loky", "dask")
"""Of joblib: processes of this machine; a Dask cluster."""

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
        If the scheduler does not answer.
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
    try:
        from joblib import Parallel, delayed, effective_n_jobs, parallel_config
    except ImportError as error:
        raise MissingExtraError("labelling with several jobs", "joblib", "jobs") from error
    with (
        _cluster(scheduler) if scheduler else nullcontext() as client,
        tempfile.TemporaryDirectory(prefix="appealcls-") as folder,
    ):
        # A process of this machine opens the model once from a file; a cluster has no common disk and gets it sent.
        given = model if scheduler else str(store.save(model, Path(folder) / "model"))
        options: dict[str, Any] = {"client": client, "scatter": [model]} if scheduler else {}
        with parallel_config(backend, n_jobs=jobs, **options), Parallel(return_as="generator", batch_size=1) as pool:
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
            finally:
                with warnings.catch_warnings():  # of joblib, that work is thrown away: somebody has stopped it
                    warnings.simplefilter("ignore", UserWarning)
                    for results in opened:
                        results.close()


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Processes that are started here do not get Ctrl-C, which a terminal sends to all: this one ends them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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
        client = Client(scheduler, timeout=_PATIENCE)
    except (OSError, ValueError) as error:
        raise DataError(f"the scheduler {scheduler} does not answer: {error}: is it running?") from error
    with client:
        yield client


_PATIENCE: Final = 15  # seconds until a scheduler must have answered
