"""Label a table of appeals of any size: every row and column stays, the topics are added."""

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, fields
from itertools import islice
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Final, NamedTuple

from appealcls import store
from appealcls.archive.duplicates import ID_COLUMNS, DuplicateFinder, Matching
from appealcls.archive.endpoints import Target, open_source
from appealcls.archive.journal import Journal, Labels, digest_texts
from appealcls.archive.workers import label, label_batches
from appealcls.errors import DataError, UsageError
from appealcls.model import TopicModel
from appealcls.store import Model
from appealcls.tables import (
    BATCH,
    EXCEL,
    TEXT_COLUMNS,
    Batch,
    Row,
    Table,
    cell_text,
    find_column,
    write_table,
)

__all__ = ["ADDED_COLUMNS", "DUPLICATE_COLUMN", "ArchiveSummary", "Progress", "iter_labelled", "label_archive"]

ADDED_COLUMNS: Final = ("topic", "topic_name", "confidence", "needs_review", "topics", "problem")
"""What labelling adds: id, Russian name, probability 0–1, true or false, all ids found joined by ``|``, and what was
wrong with a row that got no topic."""

DUPLICATE_COLUMN: Final = "duplicate_of"
"""Added where duplicates are looked for: the id of the first appeal with this text."""

NO_TEXT: Final = "нет текста"
TOO_LONG: Final = "текст длиннее {} знаков"

_LONGEST: Final = 1_000_000  # characters of a text: a book, and no appeal
_ERROR_COLUMNS: Final = ("строка", "колонка", "ошибка", "значение")

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class ArchiveSummary:
    """What was labelled.

    Attributes
    ----------
    source, target : Path or str
        Of a database, its table.
    rows : int
        Rows in and out.
    topics : Counter
        How many rows got each topic; the key None counts those that got none.
    review : int
        Rows marked for review.
    problems : Counter
        How many rows got no topic, or lost something in the format of the output, by reason, in Russian.
    duplicates : int or None
        Rows that repeat an earlier one; None where that was not asked.
    resumed : int
        Rows whose labels were kept from an interrupted run.
    errors : Path or None
        The list of problems, if there were any.
    skipped : tuple of str
        Sheets of a workbook that were not read, having other columns.
    """

    source: Path
    target: Path | str
    rows: int = 0
    topics: Counter[str | None] = field(default_factory=Counter)
    review: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    duplicates: int | None = None
    resumed: int = 0
    errors: Path | None = None
    skipped: tuple[str, ...] = ()


class Progress(NamedTuple):
    """How far a run is: rows written, and bytes (of a workbook: rows) read of how many, None where that is not known."""

    rows: int
    done: int | None
    total: int | None


def label_archive(
    source: str | PathLike[str] | Table,
    target: str | PathLike[str],
    model: Model = None,
    *,
    text_column: str | None = None,
    sheet: str | None = None,
    jobs: int = 1,
    backend: str = "loky",
    scheduler: str | None = None,
    duplicates: Matching | None = None,
    id_column: str | None = None,
    strict: bool = False,
    excel_csv: bool = False,
    restart: bool = False,
    table: str | None = None,
    query: str | None = None,
    key: str | None = None,
    output_table: str | None = None,
    add_columns: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> ArchiveSummary:
    """Label a table.

    Rows keep their order. An input column that is called like an added one is kept as ``<name>_input``. A row that
    cannot be read, or has no text, stays in the output with an empty topic, marked for review, with its reason in the
    column ``problem``; all such rows are listed in ``<target>.errors.csv``.

    A run that was interrupted, however rudely, goes on from where it was when it is called again: labels are kept in
    ``.<target>.labels`` beside the target until that is complete. The target is the same, byte for byte, with any
    number of jobs, backends and interruptions.

    Parameters
    ----------
    source : path, str or Table
        A file (see :func:`appealcls.tables.open_table`), the address of a database, or an open table.
    target : path or str
        A file (see :class:`appealcls.tables.write_table`), of whatever kind, or the address of a database.
    model : TopicModel, path or str, optional
        By default the one that comes with the package.
    text_column : str, optional
        By default found by name.
    sheet : str, optional
        Of a workbook; by default all that have the columns of the first.
    jobs : int, default=1
        Processes that label; -1 for one on each core.
    backend, scheduler : str, optional
        See :func:`appealcls.archive.workers.label_batches`.
    duplicates : {'exact', 'near'}, optional
        Look for repeated texts and add the column ``duplicate_of``.
    id_column : str, optional
        What ``duplicate_of`` holds; by default found by name, else the number of the row.
    strict : bool, default=False
        Stop at the first problem instead.
    excel_csv : bool, default=False
        Write a CSV that a Russian Excel opens by a double click, whatever the input was.
    restart : bool, default=False
        Forget what an interrupted run has left.
    table, query, key : str, optional
        What to read from a database, and the column that orders it: see :func:`appealcls.tables.urls.open_database`.
    output_table : str, optional
        The new table of a database that is the target.
    add_columns : bool, default=False
        Add the columns to the table of the database that is read, by its key, instead.
    progress : callable, optional
        Called after each batch.

    Returns
    -------
    ArchiveSummary

    Raises
    ------
    UsageError
        If a column is missing, a suffix unknown, source and target are one file, or an interrupted run of this target
        had other input, model or options.
    DataError
        If a file cannot be read or written, or, when ``strict``, at the first problem; then there is no target.
    MissingExtraError
        If a package that the formats or options want is not installed.
    """
    model = store.resolve(model)
    given = open_source(source, sheet=sheet, table=table, query=query, key=key)
    wanted = Target(fspath(target), output_table, add_columns, excel_csv)
    summary = ArchiveSummary(given.path, wanted.path or wanted.table or str(given.path), skipped=tuple(given.skipped))
    if wanted.path is not None and wanted.path.exists() and given.path.exists() and wanted.path.samefile(given.path):
        raise UsageError(f"{target}: input and output are the same file: name another output")
    text = find_column(given.columns, text_column, TEXT_COLUMNS, "texts", "--text-column")
    added = [*ADDED_COLUMNS, *([DUPLICATE_COLUMN] if duplicates else [])]
    run = _Run(given, text, model, summary, strict, _duplicates(given, duplicates, id_column))
    options = {
        "text_column": given.columns[text], "sheet": sheet, "duplicates": duplicates, "id_column": id_column,
        "excel_csv": excel_csv, "strict": strict,
    }  # fmt: skip
    job = {"input": given.fingerprint(), "model": model_digest(model), "options": options}
    columns = _input_columns(given.columns, added)
    kinds = [*given.kinds, str, str, float, bool, str, str, *([str] if duplicates else [])]
    with ExitStack() as stack:
        # First: it keeps a second process of the same output out, whose draft would take the place of this one's.
        journal = Journal(wanted.labels, job, restart)
        stack.callback(journal.close)
        writer = stack.enter_context(wanted.writer(given, columns, added, kinds))
        errors = stack.enter_context(_Errors(wanted.path))
        pool = stack.enter_context(label_batches(model, jobs, backend, scheduler))
        try:
            for batch, labels in run.labelled(journal, pool):
                before = summary.rows
                writer.write_with(batch, run.cells(batch, labels))
                errors.note(summary, batch, before, [writer.noted.pop(0) for _ in list(writer.noted)])
                if progress is not None:
                    progress(Progress(summary.rows, *(given.progress or (None, None))))
        except _BadRowError:
            journal.remove()  # the input has to be mended, and will not be the one these labels belong to
            raise
    journal.remove()
    summary.errors = errors.path
    _log.info("labelled %d rows of %s", summary.rows, summary.source)
    return summary


class _BadRowError(DataError):
    """The first problem of a strict run."""


@dataclass(slots=True)
class _Run:
    """What goes from the table to the writer."""

    table: Table
    text: int
    model: TopicModel
    summary: ArchiveSummary
    strict: bool
    duplicates: "_Duplicates | None"
    names: Mapping[str | None, str] = field(init=False)

    def __post_init__(self) -> None:
        self.names = {topic.id: topic.name for topic in self.model.taxonomy.topics}

    def labelled(
        self,
        journal: Journal,
        pool: Callable[[Iterable[tuple[tuple[Batch, str], list[str]]]], Iterator[tuple[tuple[Batch, str], Labels]]],
    ) -> Iterator[tuple[Batch, Labels]]:
        """All batches with their labels, those that the journal knows from there, the others into it."""
        batches = ((batch, self._texts(batch)) for batch in self.table.batches())
        for digest, labels in journal:
            batch, texts = next(batches, (None, []))
            if batch is None or digest_texts(texts) != digest:
                raise UsageError(
                    f"{self.table.path}: has changed since the run that {journal.path} was left by: start anew with "
                    "--restart (restart=True)"
                )
            self.summary.resumed += len(texts)
            yield batch, labels
        for (batch, digest), labels in pool(((batch, digest_texts(texts)), texts) for batch, texts in batches):
            journal.add(digest, labels)
            yield batch, labels

    def _texts(self, batch: Batch) -> list[str]:
        """The texts of a batch; where there is none to label, an empty one, and a problem."""
        column, problems = self.text, batch.problems
        texts = [cell if isinstance(cell := row[column], str) else cell_text(cell) for row in batch.rows]
        for place, text in enumerate(texts):
            if not text or text.isspace():
                problems.setdefault(place, NO_TEXT)
            elif len(text) > _LONGEST:
                problems.setdefault(place, TOO_LONG.format(_LONGEST))
        for place in problems:
            texts[place] = ""
        if self.strict and batch.problems:
            place = min(batch.problems)
            raise _BadRowError(f"{self.table.path}, line {batch.numbers[place]}: {batch.problems[place]}")
        return texts

    def cells(self, batch: Batch, labels: Labels) -> list[Row]:
        """What is added to each row; counted on the way."""
        summary, names, problems = self.summary, self.names, batch.problems
        added: list[Row] = [
            [topic or "", names.get(topic, ""), confidence, review, topics, ""]
            for topic, confidence, review, topics in zip(*labels, strict=True)
        ]
        summary.topics.update(labels.topic)
        summary.review += sum(labels.review)
        for place, problem in problems.items():
            summary.topics[labels.topic[place]] -= 1
            summary.topics[None] += 1
            summary.review += not labels.review[place]
            added[place] = ["", "", 0.0, True, "", problem]
        if problems:
            summary.topics = +summary.topics  # without topics that none is left of
        summary.problems.update(problems.values())
        if self.duplicates is not None:
            found = self.duplicates.find(batch, self.text)
            summary.duplicates = (summary.duplicates or 0) + sum(map(bool, found))
            for row, first in zip(added, found, strict=True):
                row.append(first)
        summary.rows += len(added)
        return added


class _Duplicates:
    """Repeated appeals of a table, by the ids that it gives them."""

    def __init__(self, matching: Matching, column: int | None) -> None:
        self._finder = DuplicateFinder(matching)
        self._column = column

    def find(self, batch: Batch, text: int) -> list[str]:
        """For each row, the id of the first with its text, or nothing."""
        ids = list(map(str, batch.numbers))
        if self._column is not None:  # a row without an id is named by its number, or its copies would seem to be new
            ids = [cell_text(row[self._column]) or name for row, name in zip(batch.rows, ids, strict=True)]
        texts = ["" if n in batch.problems else cell_text(row[text]) for n, row in enumerate(batch.rows)]
        return self._finder.find(texts, ids)


def _duplicates(table: Table, matching: Matching | None, id_column: str | None) -> _Duplicates | None:
    if matching is None:
        if id_column is not None:
            raise UsageError("--id-column is only used with --duplicates")
        return None
    known = [column for column in table.columns if " ".join(column.split()).casefold() in ID_COLUMNS]
    wanted = id_column or (known[0] if known else None)
    place = find_column(table.columns, wanted, ID_COLUMNS, "ids", "--id-column") if wanted is not None else None
    return _Duplicates(matching, place)


class _Errors:
    """``<target>.errors.csv``: made when there is something to list; one that an earlier run has left is removed.

    A database has no place for it: there the column ``problem`` tells all.
    """

    def __init__(self, target: Path | None) -> None:
        self._target = None if target is None else target.with_name(f"{target.name}.errors.csv")
        self._writer: write_table | None = None
        self.path: Path | None = None

    def __enter__(self) -> "_Errors":
        return self

    def note(self, summary: ArchiveSummary, batch: Batch, before: int, noted: list[tuple[int, str, str, str]]) -> None:
        """List the problems of a batch: its own, and those that the output's format made."""
        rows: list[Row] = [[batch.numbers[place], "", problem, ""] for place, problem in batch.problems.items()]
        for row, column, problem, value in noted:
            summary.problems[problem] += 1
            rows.append([batch.numbers[row - before], column, problem, value])
        if rows and self._target is not None:
            if self._writer is None:
                self._writer = write_table(self._target, _ERROR_COLUMNS, EXCEL)
            self._writer.write(sorted(rows, key=lambda row: row[0]))

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if self._writer is not None:
            self._writer.__exit__(kind, error, trace)
            self.path = self._target
        elif kind is None and self._target is not None:
            self._target.unlink(missing_ok=True)


def iter_labelled(
    rows: Iterable[Mapping[str, Any]], model: Model = None, *, text: str = "text", batch: int = BATCH
) -> Iterator[dict[str, Any]]:
    """Label a stream of rows, as a service gets them.

    Parameters
    ----------
    rows : iterable of mappings
        Read lazily, ``batch`` at a time.
    model : TopicModel, path or str, optional
        By default the one that comes with the package.
    text : str, default='text'
        Key of the text.
    batch : int, default=2000
        Rows labelled together: many for throughput, one for an answer at once.

    Yields
    ------
    dict
        The row with :data:`ADDED_COLUMNS` (which replace keys of the same name), in the order of ``rows``; a row
        without text gets an empty topic.

    Raises
    ------
    UsageError
        If a row has no such key.

    Examples
    --------
    >>> import appealcls
    >>> rows = [{"id": 7, "text": "Яма на дороге у дома 5"}]
    >>> [(row["id"], row["topic"]) for row in appealcls.iter_labelled(rows)]
    [(7, 'roads')]
    """
    if batch < 1:
        raise UsageError(f"batch must be 1 or more, not {batch}")
    model = store.resolve(model)
    names = {topic.id: topic.name for topic in model.taxonomy.topics}
    stream = iter(rows)
    while part := list(islice(stream, batch)):
        for row in part:
            if not isinstance(row, Mapping):
                raise UsageError(f"a row must be a mapping of keys to cells, not {type(row).__name__}")
            if text not in row:
                raise UsageError(f"a row has no {text!r}; its keys are {', '.join(map(str, row))}: name one with text=")
        texts = [cell_text(row[text]) for row in part]
        for row, given, topic, confidence, review, topics in zip(part, texts, *label(model, texts), strict=True):
            if given.strip():
                added: Row = [topic or "", names.get(topic or "", ""), confidence, review, topics, ""]
            else:
                added = ["", "", 0.0, True, "", NO_TEXT]
            yield {**row, **dict(zip(ADDED_COLUMNS, added, strict=True))}


def model_digest(model: TopicModel) -> str:
    """What tells a model from another one: a digest of all that its answers depend on."""
    state = hashlib.blake2b(digest_size=16)
    for part in fields(model.arrays):
        array = getattr(model.arrays, part.name)
        state.update(f"{part.name}{array.dtype}{array.shape}".encode())
        state.update(array)
    state.update(repr((model.settings, model.thresholds, model.taxonomy)).encode())
    return state.hexdigest()


def _input_columns(columns: list[str], added: list[str]) -> list[str]:
    """Names of the input's columns in the output: those that the added ones take, in any case, get another."""
    taken = {name.casefold() for name in (*columns, *added)}
    kept = []
    for name in columns:
        new, number = name, 1
        while new.casefold() in added or (new != name and new.casefold() in taken):
            new = f"{name}_input" if number == 1 else f"{name}_input{number}"
            number += 1
        taken.add(new.casefold())
        kept.append(new)
    return kept
