"""The report: figures that know how to be written down."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from appealcls import store
from appealcls.errors import DataError, MissingExtraError
from appealcls.reporting.figures import Figures
from appealcls.topics import Taxonomy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from os import PathLike

    from appealcls.reporting.checking.findings import Finding
    from appealcls.topics import Taxonomy

__all__ = ["Report", "report"]


@dataclass(frozen=True, slots=True)
class Report(Figures):
    """What was asked, and how to write it down; the figures are those of :class:`Figures`."""

    def to_html(self) -> str:
        """One self-contained page with charts, for the screen, a phone and print."""
        from appealcls.reporting.rendering import html  # each format loads its own libraries, when it is asked for

        return html.render(self)

    def to_docx(self) -> bytes:
        """The official letter."""
        from appealcls.reporting.rendering import docx  # as above

        return docx.render(self)

    def to_xlsx(self) -> bytes:
        """A workbook with a sheet for each table and native charts."""
        from appealcls.reporting.rendering import xlsx  # as above

        return xlsx.render(self)

    def to_markdown(self) -> str:
        """Markdown."""
        from appealcls.reporting.rendering import markdown  # as above

        return markdown.render(self)

    def to_text(self, width: int = 100, *, color: bool = False) -> str:
        """Plain text for a terminal, ``width`` characters wide."""
        from appealcls.reporting.rendering import terminal  # as above

        return terminal.render(self, width, color=color)

    def check(self, claims: str | PathLike[str] | Sequence[str | Mapping[str, Any]]) -> tuple[Finding, ...]:
        """What does not follow from the counts, its own or these: see :func:`.checking.checks.check_claims`."""
        from appealcls.reporting.checking.checks import check_claims  # polars is loaded by those who report

        return check_claims(claims, self)


def report(
    rows: str | PathLike[str] | Iterable[Mapping[str, Any]],
    *,
    period: str | int | None = None,
    taxonomy: Taxonomy | None = None,
    topic_column: str | None = None,
    columns: Mapping[str, str] | None = None,
    rules: str | PathLike[str] | None = None,
    model: str | PathLike[str] | None = None,
) -> Report:
    """Report on labelled appeals.

    Columns are recognised by their names, in Russian and English; only what they hold is reported, and the report says
    what was missing. Before it is handed out its figures are checked against one another.

    Parameters
    ----------
    rows : path or iterable of mappings
        A table that ``label`` has written, or rows with at least a column of topics.
    period : str or int, optional
        ``2025-03``, ``2025-Q1``, ``2025-H1``, ``2025``, ``2025-03-01..2025-03-15``, or in Russian: «март 2025»,
        «1 квартал 2025». By default the last year of the data, or all of them where they are shorter than that.
    taxonomy : Taxonomy, optional
        Names, order and departments of the topics; by default the model's, if one is named, else the package's own. Other
        topics are added under their ids; if all are others, they alone are reported on.
    topic_column : str, optional
        By default found by name.
    columns : mapping of property to column, optional
        For columns that are not recognised: ``{"date": "Дата рег."}``. See :mod:`.reading.columns` for the properties.
    rules : path, optional
        Rules of the recommendations; by default those that come with the package.
    model : path or str, optional
        The model that gave the topics: its known errors correct the counts. By default the one that comes with the
        package, where a column of confidences tells that a model gave them.

    Raises
    ------
    DataError
        If the file cannot be read, or there is nothing in it.
    UsageError
        If a column is missing, or the period is none or lies outside the data.
    MissingExtraError
        If polars, or what a format wants, is not installed: ``pip install 'appealcls[report]'``.

    Examples
    --------
    >>> made = report([{"topic": "roads"}, {"topic": "roads"}, {"topic": "dumps"}])
    >>> [(line.key, line.count) for line in made.topics.lines[:2]]
    [('roads', 2), ('dumps', 1)]
    """
    try:
        from appealcls.reporting.analysis import counting, places, prevalence, recommend, surges, words
        from appealcls.reporting.checking.consistency import verify
        from appealcls.reporting.reading.appeals import Appeals
    except ImportError as error:
        raise MissingExtraError("reporting", error.name or "polars", "report") from error

    appeals = Appeals.load(rows, columns=columns, topic_column=topic_column)
    taxonomy = taxonomy or _taxonomy(appeals.topics, model)
    figures = counting.count(appeals, taxonomy=taxonomy, period=None if period is None else str(period))
    if model is not None or "confidence" in appeals.data.columns:
        figures = replace(figures, estimates=_estimates(figures, model, prevalence.estimates))
    if figures.period is not None:
        searched = surges.search(appeals.data, figures.period, taxonomy)
        figures = replace(figures, surges=searched.surges, surges_tested=searched.tested)
    figures = words.add_words(figures, appeals.data, appeals.texts)
    figures = places.add_places(figures, appeals.data, appeals.texts, appeals.addresses)
    chosen = recommend.load_rules(rules)
    figures = replace(figures, recommendations=recommend.recommend(figures, taxonomy, chosen))
    wrong = verify(figures)
    if wrong:
        raise DataError(
            f"the figures contradict one another ({wrong[0].where}: {wrong[0].problem}): please report this"
        )
    return Report(**{part.name: getattr(figures, part.name) for part in fields(Figures)})


def _taxonomy(topics: Sequence[str], model: str | PathLike[str] | None) -> Taxonomy:
    """The topics that a table is about: those of its model, ours, or, where it has none of them, its own."""
    if model is not None:
        return store.read_taxonomy(model)
    ours = Taxonomy.default()
    return ours if len(topics) < 2 or set(topics) & set(ours.ids) else Taxonomy.from_labels(topics)


def _estimates(figures: Figures, model: str | PathLike[str] | None, correct: Any) -> Any:
    """Counts corrected for the errors of the model; none where it does not tell them, or never gave these topics."""
    evaluation = store.read_metadata(model).get("evaluation")
    if not evaluation:
        return ()
    ids = [topic["topic"] for topic in evaluation["topics"]]
    if not {line.key for line in figures.topics.lines if line.count} <= set(ids):
        return ()
    return correct(figures.topics, evaluation["confusion"], ids)
