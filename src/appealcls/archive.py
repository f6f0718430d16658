"""Label a file of appeals: every row and column stays, the topics are added."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, Final

from appealcls import tables
from appealcls.errors import UsageError
from appealcls.model import TopicModel

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
    """
    summary = ArchiveSummary(Path(source), Path(target))
    if summary.target.exists() and summary.source.exists() and summary.target.samefile(summary.source):
        raise UsageError(f"{target}: input and output are the same file: name another output")
    table = tables.open_table(source)
    text = tables.find_column(table.columns, text_column, tables.TEXT_COLUMNS, "texts", "--text-column")
    columns = [f"{name}_input" if name in ADDED_COLUMNS else name for name in table.columns]
    with tables.write_table(target, [*columns, *ADDED_COLUMNS], table.dialect.for_output) as writer:
        for batch in _batches((row for _, row in table), _BATCH):
            writer.write(_label(batch, text, model, summary))
            if progress is not None:
                progress(summary.rows)
    _log.info("labelled %d rows of %s", summary.rows, summary.source)
    return summary


def _label(rows: list[tables.Row], text: int, model: TopicModel, summary: ArchiveSummary) -> Iterator[tables.Row]:
    texts = ["" if row[text] is None else str(row[text]) for row in rows]
    found = model.predict_columns(texts)
    names = {topic.id: topic.name for topic in model.taxonomy.topics}
    confidences, reviews = found.confidence.tolist(), found.needs_review.tolist()
    summary.rows += len(rows)
    summary.review += sum(reviews)
    for row, words, topic, topics, confidence, review in zip(
        rows, texts, found.topic, found.topics, confidences, reviews, strict=True
    ):
        if not words.strip():
            topic, topics = None, ()  # noqa: PLW2901 - nothing was written, so there is not even "other"
            summary.without_text += 1
        summary.topics[topic] += 1
        added: list[Any] = [topic or "", names.get(topic or "", ""), round(confidence, 4), review, "|".join(topics)]
        yield [*row, *added]


def _batches(rows: Iterable[tables.Row], size: int) -> Iterator[list[tables.Row]]:
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
