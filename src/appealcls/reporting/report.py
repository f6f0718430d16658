"""The report: figures that know how to be written down."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

from appealcls.reporting.figures import Figures, count
from appealcls.reporting.markdown import render
from appealcls.topics import Taxonomy

__all__ = ["Report", "report"]


@dataclass(frozen=True, slots=True)
class Report(Figures):
    """What was asked, and how to write it down; the figures are those of :class:`Figures`."""

    def to_markdown(self) -> str:
        """A document in Markdown, in Russian."""
        return render(self)


def report(
    rows: str | PathLike[str] | Iterable[Mapping[str, Any]],
    *,
    taxonomy: Taxonomy | None = None,
    topic_column: str | None = None,
) -> Report:
    """Report on labelled appeals; parameters and errors are those of :func:`appealcls.reporting.figures.count`.

    Examples
    --------
    >>> print(report([{"topic": "roads"}, {"topic": "dumps"}]).to_markdown().splitlines()[0])
    # Обращения граждан по темам
    """
    figures = count(rows, taxonomy=taxonomy, topic_column=topic_column)
    return Report(figures.total, figures.classified, figures.review, figures.topics)
