"""Label a file of appeals: every row and column stays, the topics are added."""

import logging
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import Any, Final

from appealcls import store, tables
from appealcls.errors import MissingExtraError, UsageError
from appealcls.model import TopicModel
from appealcls.prediction import Predictions

__all__ = ["ADDED_COLUMNS", "ArchiveSummary", "label_archive"]

ADDED_COLUMNS: Final = ("topic", "topic_name", "confidence", "needs_review", "topics")
"""What labelling adds: id, Russian name, probability 0–1, true or false, all ids found joined by ``|``."""

_BATCH: Final = 2000  # rows labelled together: two blocks of the model, so memory does not grow with the file

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class ArchiveSummary:
    """What was labelled.

    Attributes
    ----------
    source, target : Path
    rows : int
        Rows in and out.
    topics : Counter
        How many rows got each topic; the key None counts those that got none.
    review : int
        Rows marked for review.
    without_text : int
        Rows whose cell of text was empty.
    """

    source: Path
    target: Path
    rows: int = 0
    topics: Counter[str | None] = field(default_factory=Counter)
    review: int = 0
    without_text: int = 0


def label_archive(
    source: str | PathLike[str],
    target: str | PathLike[str],
    model: TopicModel,
    *,
    text_column: str | None = None,
    jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> ArchiveSummary:
    """Label a table.

    Rows keep their order. An input column that is called like an added one is kept as ``<name>_input``. A row without
    text gets an empty topic and is marked for review.

    Parameters
    ----------
    source, target : path
        See :func:`appealcls.tables.open_table` and :class:`appealcls.tables.write_table`; the kinds may differ.
    model : TopicModel
    text_column : str, optional
        By default found by name.
    jobs : int, default=1
        Processes that label; -1 for one on each core. The result is the same for any number.
    progress : callable, optional
        Called with the number of rows done, after each batch.

    Returns
    -------
    ArchiveSummary

    Raises
    ------
    UsageError
        If a column is missing, a suffix unknown, or source and target are one file.
    DataError
        If a file cannot be read or written; then there is no target.
    MissingExtraError
        If several jobs are asked for and joblib is not installed.
    """
    summary = ArchiveSummary(Path(source), Path(target))
    if summary.target.exists() and summary.source.exists() and summary.target.samefile(summary.source):
        raise UsageError(f"{target}: input and output are the same file: name another output")
    table = tables.open_table(source)
    text = tables.find_column(table.columns, text_column, tables.TEXT_COLUMNS, "texts", "--text-column")
    names: dict[str | None, str] = {topic.id: topic.name for topic in model.taxonomy.topics}
    columns = _input_columns(table.columns)
    with (
        tables.write_table(target, [*columns, *ADDED_COLUMNS], table.dialect.for_output) as writer,
        _labeller(model, jobs) as label,
    ):
        for rows, found in label((_texts(rows, text), rows) for rows in _batches((row for _, row in table), _BATCH)):
            writer.write(_add(rows, text, found, names, summary))
            if progress is not None:
                progress(summary.rows)
    _log.info("labelled %d rows of %s", summary.rows, summary.source)
    return summary


def _input_columns(columns: list[str]) -> list[str]:
    """Names of the input's columns in the output: those that the added ones take get another."""
    taken = {*columns, *ADDED_COLUMNS}
    kept = []
    for name in columns:
        new, number = name, 1
        while new in ADDED_COLUMNS or (new != name and new in taken):
            new = f"{name}_input" if number == 1 else f"{name}_input{number}"
            number += 1
        taken.add(new)
        kept.append(new)
    return kept


def _texts(rows: list[tables.Row], text: int) -> list[str]:
    return [tables.cell_text(row[text]) for row in rows]


def _add(
    rows: list[tables.Row], text: int, found: Predictions, names: Mapping[str | None, str], summary: ArchiveSummary
) -> Iterator[tables.Row]:
    """The rows with what was found, counted on the way."""
    summary.rows += len(rows)
    summary.review += int(found.needs_review.sum())
    for row, topic, topics, confidence, review in zip(
        rows, found.topic, found.topics, found.confidence.tolist(), found.needs_review.tolist(), strict=True
    ):
        if not tables.cell_text(row[text]).strip():
            topic, topics = None, ()
            summary.without_text += 1
        summary.topics[topic] += 1
        added: list[Any] = [topic or "", names.get(topic, ""), round(confidence, 4), review, "|".join(topics)]
        yield [*row, *added]


_Work = Iterable[tuple[list[str], list[tables.Row]]]
_Done = Iterator[tuple[list[tables.Row], Predictions]]


@contextmanager
def _labeller(model: TopicModel, jobs: int) -> Iterator[Callable[[_Work], _Done]]:
    """A function that labels batches in their order, here or in other processes."""
    if jobs == 1:
        yield lambda work: ((rows, model.predict_columns(texts)) for texts, rows in work)
        return
    try:
        from joblib import Parallel, delayed
    except ImportError as error:
        raise MissingExtraError("labelling with several jobs", "joblib", "jobs") from error
    with tempfile.TemporaryDirectory(prefix="appealcls-") as folder:
        # Each process opens the model once; passing it along with every batch would cost more than the labelling.
        path = str(store.save(model, Path(folder) / "model"))
        parallel = Parallel(n_jobs=jobs, return_as="generator")
        yield lambda work: parallel(delayed(_label_batch)(path, texts, rows) for texts, rows in work)


def _label_batch(path: str, texts: list[str], rows: list[tables.Row]) -> tuple[list[tables.Row], Predictions]:
    return rows, _opened(path).predict_columns(texts)


@lru_cache(maxsize=1)
def _opened(path: str) -> TopicModel:
    return store.load(path)


def _batches(rows: Iterable[tables.Row], size: int) -> Iterator[list[tables.Row]]:
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
