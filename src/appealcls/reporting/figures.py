"""The figures of a report: counted from labelled rows, without a thought of how they will look."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from os import PathLike, fspath
from typing import Any, Final

from appealcls.errors import DataError, UsageError
from appealcls.tables import cell_text, find_column, open_table
from appealcls.topics import Taxonomy

__all__ = ["Figures", "TopicCount", "count"]

_TOPIC_COLUMNS: Final = ("topic", "тема", "topic_id")
_REVIEW_COLUMNS: Final = ("needs_review", "на проверку")
_YES: Final = frozenset({"true", "1", "да", "истина"})


@dataclass(frozen=True, slots=True)
class TopicCount:
    """One topic: how many appeals, and which share of all appeals with a topic (0 to 1)."""

    topic: str
    name: str
    department: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What was asked.

    Attributes
    ----------
    total : int
        Appeals.
    classified : int
        Appeals that have a topic: the base of all shares.
    review : int or None
        Appeals marked for review; None where the rows do not say.
    topics : tuple of TopicCount
        All topics of the taxonomy, also those nobody asked about, the commonest first.
    """

    total: int
    classified: int
    review: int | None
    topics: tuple[TopicCount, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-able data."""
        return asdict(self)


def count(
    rows: str | PathLike[str] | Iterable[Mapping[str, Any]],
    *,
    taxonomy: Taxonomy | None = None,
    topic_column: str | None = None,
) -> Figures:
    """Count labelled appeals.

    Parameters
    ----------
    rows : path or iterable of mappings
        A table that ``label`` has written, or rows with at least a column of topics.
    taxonomy : Taxonomy, optional
        By default the package's own; topics that it lacks are added under their ids.
    topic_column : str, optional
        By default found by name.

    Raises
    ------
    DataError, UsageError
        If the file cannot be read, or there is no column of topics.

    Examples
    --------
    >>> count([{"topic": "roads"}, {"topic": "roads"}, {"topic": "dumps"}]).topics[0].count
    2
    """
    taxonomy = taxonomy or Taxonomy.default()
    tally: Counter[str] = Counter()
    review: int | None = None
    if isinstance(rows, str | PathLike):
        table = open_table(fspath(rows))
        topic_at = find_column(table.columns, topic_column, _TOPIC_COLUMNS, "topics", "--topic-column")
        folded = [column.casefold() for column in table.columns]
        review_at = next((folded.index(name) for name in _REVIEW_COLUMNS if name in folded), None)
        for _, row in table:
            tally[cell_text(row[topic_at]).strip()] += 1
            if review_at is not None:
                review = (review or 0) + (cell_text(row[review_at]).strip().lower() in _YES)
    else:
        for number, mapping in enumerate(rows):
            name = topic_column or next((name for name in _TOPIC_COLUMNS if name in mapping), None)
            if name is None or name not in mapping:
                raise UsageError(f"row {number} has no topic; its keys are {', '.join(map(str, mapping))}")
            tally[cell_text(mapping[name]).strip()] += 1
            if "needs_review" in mapping:
                review = (review or 0) + (cell_text(mapping["needs_review"]).strip().lower() in _YES)
    total = tally.total()
    if not total:
        raise DataError("there are no rows to report on")
    classified = total - tally.pop("", 0)
    known = {topic.id: (topic.name, topic.department) for topic in taxonomy.topics}
    ids = [*taxonomy.ids, *sorted(set(tally) - set(known))]
    topics = [
        TopicCount(
            topic, *known.get(topic, (topic, "")), tally[topic], tally[topic] / classified if classified else 0.0
        )
        for topic in ids
    ]
    # Equal counts stay in the order of the taxonomy.
    return Figures(total, classified, review, tuple(sorted(topics, key=lambda topic: -topic.count)))
