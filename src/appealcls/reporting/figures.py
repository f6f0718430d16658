"""The figures of a report: pure data, without a thought of how they will look.

Every count names what it counts, every share names its base, and nothing is stored that can be computed from its
neighbours: a change is worked out from the two counts it compares, whenever it is asked for.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

__all__ = [
    "Base",
    "Breakdown",
    "Change",
    "CrossTable",
    "DataNotes",
    "Estimate",
    "Figures",
    "Line",
    "MonthCount",
    "Period",
    "Place",
    "Recommendation",
    "Span",
    "Surge",
    "Terms",
    "Totals",
    "WordGrowth",
]

Base = Literal["appeals", "classified", "questions", "answered"]
"""What a share is a share of: all appeals, those with a topic, all questions raised in them, those with an answer."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days from ``start`` to ``stop``, both included."""

    start: dt.date
    stop: dt.date

    @property
    def days(self) -> int:
        """Number of days, at least 1."""
        return (self.stop - self.start).days + 1


@dataclass(frozen=True, slots=True)
class Period:
    """The time a report is about, and the spans it is compared with.

    A period that the data do not fill is compared like with like: all spans end on the same day of their own time.

    Attributes
    ----------
    kind : str
        ``month``, ``quarter``, ``half-year``, ``year`` or ``custom``.
    whole : Span
        The period as the calendar has it.
    covered : Span
        The part of it that the data cover; equal to ``whole`` unless the period is partial.
    last_year : Span or None
        The same days a year before (АППГ); None where the data do not reach back.
    previous : Span or None
        The period before, cut like this one; None where the data do not reach back.
    year : Span or None
        From the 1st of January to the end of ``covered``; None for a period that begins the year or spans several.
    year_before : Span or None
        ``year`` a year before; None where the data do not reach back.
    """

    kind: Literal["month", "quarter", "half-year", "year", "custom"]
    whole: Span
    covered: Span
    last_year: Span | None = None
    previous: Span | None = None
    year: Span | None = None
    year_before: Span | None = None

    @property
    def partial(self) -> bool:
        """Whether the data end before the period does, or begin after it."""
        return self.covered != self.whole


@dataclass(frozen=True, slots=True)
class Change:
    """From one count to another."""

    before: int
    now: int

    @property
    def difference(self) -> int:
        """Positive for growth."""
        return self.now - self.before

    @property
    def ratio(self) -> float | None:
        """Growth as a part of ``before``: 0.363 for 36.3 % more; None where ``before`` is 0."""
        return self.difference / self.before if self.before else None


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table: how often something was counted, now and in the spans of comparison (None: no such span)."""

    key: str
    name: str
    count: int
    last_year: int | None = None
    previous: int | None = None
    year: int | None = None
    year_before: int | None = None

    def share(self, base: int) -> float:
        """Part of ``base``, 0 to 1; 0 of an empty base."""
        return self.count / base if base else 0.0

    @property
    def on_last_year(self) -> Change | None:
        """Change against the same span a year before."""
        return None if self.last_year is None else Change(self.last_year, self.count)

    @property
    def on_previous(self) -> Change | None:
        """Change against the period before."""
        return None if self.previous is None else Change(self.previous, self.count)

    @property
    def since_january(self) -> Change | None:
        """Change of the year so far against the same part of the year before."""
        return None if self.year is None or self.year_before is None else Change(self.year_before, self.year)


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A table of counts by one property.

    Attributes
    ----------
    of : str
        The property: ``topic``, ``question``, ``channel``, ``kind``, ``form``, ``district``, ``department``, ``result``.
    base_of : Base
        What the shares are shares of.
    base : int
        How many there are; ``sum(line.count for line in lines)``.
    lines : tuple of Line
        The commonest first, equal counts in the order of the taxonomy or the alphabet.
    unknown : int
        Appeals of the period where the property is not given; not in ``base``.
    """

    of: str
    base_of: Base
    base: int
    lines: tuple[Line, ...]
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts over all appeals of the period; each a :class:`Line`, so that it can be compared.

    Attributes
    ----------
    appeals : Line
        All appeals.
    classified : Line
        Those with a topic.
    questions : Line or None
        Topics raised in all appeals; None where the table has only the main topic.
    review : Line or None
        Those that are marked for review.
    repeated, collective, duplicates : Line or None
        By the register's columns, and by the column ``duplicate_of`` that labelling writes.
    """

    appeals: Line
    classified: Line
    questions: Line | None = None
    review: Line | None = None
    repeated: Line | None = None
    collective: Line | None = None
    duplicates: Line | None = None


@dataclass(frozen=True, slots=True)
class CrossTable:
    """Counts by two properties, totals included.

    Attributes
    ----------
    of : tuple of str
        The properties of rows and columns, e.g. ``("topic", "district")``, ``("topic", "month")``.
    rows, columns : tuple of (key, name)
    counts : tuple of tuple of int, shape (rows, columns)
    row_totals, column_totals : tuple of int
    total : int
        Appeals in the table: those where both properties are given.
    """

    of: tuple[str, str]
    rows: tuple[tuple[str, str], ...]
    columns: tuple[tuple[str, str], ...]
    counts: tuple[tuple[int, ...], ...]
    row_totals: tuple[int, ...]
    column_totals: tuple[int, ...]
    total: int


@dataclass(frozen=True, slots=True)
class MonthCount:
    """Appeals in a month (1 to 12), and in the same month a year before (None: the data do not reach back)."""

    year: int
    month: int
    count: int
    last_year: int | None
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many appeals of a topic there really were, corrected for the errors that the model is known to make.

    Attributes
    ----------
    topic, name : str
    count : int
        As labelled.
    estimate, low, high : float
        Appeals; the interval holds the true number with 95 %.
    """

    topic: str
    name: str
    count: int
    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Terms:
    """How the 30 days of 59-ФЗ (article 12) were kept, among the appeals of the period.

    Attributes
    ----------
    in_time, late : int
        Answered by the last day of the term; answered after it.
    open_in_time, open_overdue : int
        Not answered when the data end, with days left; without.
    up_to_15, up_to_30, longer : int
        Answered within so many days from registration; their sum is ``in_time + late``.
    invalid : int
        Answered before registration, by the dates given; counted nowhere else.
    median_days : float or None
        From registration to answer; None where nothing is answered.
    overdue_by_department : tuple of (department, late, open_overdue)
        Only those that have any, the most first.
    until : date or None
        The day the data end, by which an answer is open or overdue; None where it is not told.
    """

    in_time: int
    late: int
    open_in_time: int
    open_overdue: int
    up_to_15: int
    up_to_30: int
    longer: int
    invalid: int = 0
    median_days: float | None = None
    overdue_by_department: tuple[tuple[str, int, int], ...] = ()
    until: dt.date | None = None

    @property
    def answered(self) -> int:
        """Appeals with a valid date of answer."""
        return self.in_time + self.late


@dataclass(frozen=True, slots=True)
class WordGrowth:
    """A word that is written more than before: appeals with it per 1,000 of the topic, now and before."""

    lemma: str
    now: float
    before: float
    z: float


@dataclass(frozen=True, slots=True)
class Surge:
    """More appeals than the past makes likely.

    Attributes
    ----------
    topic, topic_name : str
    district : str or None
        None for the whole city.
    observed : int
    expected : float
        By the seasonal past.
    p_value, q_value : float
        One-sided; ``q_value`` controls the false-discovery rate over all that was tested (Benjamini–Hochberg).
    words : tuple of WordGrowth
        That grew most.
    examples : tuple of str
        Typical appeals, shortened, personal data masked.
    month : tuple of (year, month) or None
        The month it fell into, where the period is a year or longer; None for the whole period.
    """

    topic: str
    topic_name: str
    district: str | None
    observed: int
    expected: float
    p_value: float
    q_value: float
    words: tuple[WordGrowth, ...] = ()
    examples: tuple[str, ...] = ()
    month: tuple[int, int] | None = None

    @property
    def ratio(self) -> float:
        """Observed over expected; infinite where nothing was expected."""
        return self.observed / self.expected if self.expected else float("inf")


@dataclass(frozen=True, slots=True)
class Place:
    """A street or house that returns: appeals that name it, by topic (the commonest first)."""

    name: str
    house: str | None
    count: int
    topics: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What a department should do, by a rule of the data file, with the figures it rests on.

    Attributes
    ----------
    department : str
    rule : str
        Id of the rule.
    topic : str or None
    text : str
        In Russian, figures filled in.
    figures : tuple of (name in Russian, value as shown)
    """

    department: str
    rule: str
    topic: str | None
    text: str
    figures: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DataNotes:
    """What the rows did not say.

    Attributes
    ----------
    rows : int
        Read.
    without_date, unreadable_dates, impossible_dates : int
        Rows left out of everything that needs a date: an empty cell; one that is no date; a day outside 1990 … next year.
    outside : int
        Dated rows before or after the period (the spans of comparison are counted from them).
    date_examples : tuple of (row number, cell)
        Up to five of the unreadable and impossible ones.
    missing : tuple of str
        Properties that no column gives: ``date``, ``channel``, ``district``, ``kind``, ``repeated``, ``collective``,
        ``department``, ``result``, ``answered``, ``address``, ``text``, ``topics``, ``review``.
    columns : tuple of (property, column)
        Which column gave what.
    sampled_texts : int or None
        How many texts were read for words and places, where not all were.
    """

    rows: int
    without_date: int = 0
    unreadable_dates: int = 0
    impossible_dates: int = 0
    outside: int = 0
    date_examples: tuple[tuple[int, str], ...] = ()
    missing: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    sampled_texts: int | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """What was asked, how much of it, and what it was compared with.

    Attributes
    ----------
    title : str
        Name of the taxonomy.
    period : Period or None
        None where the table has no dates: everything is counted, nothing compared.
    totals : Totals
    topics : Breakdown
        By main topic, all topics of the taxonomy, also those nobody asked about; base: classified appeals.
    breakdowns : tuple of Breakdown
        By question, channel, kind, form, district, department, result: those that the table has columns for.
    crosses : tuple of CrossTable
    months : tuple of MonthCount
        Of the period's year up to its end; empty without dates.
    estimates : tuple of Estimate
        Empty where no model's errors are known.
    terms : Terms or None
    surges : tuple of Surge
        The least likely first.
    words : tuple of (topic id, words that grew most)
    places : tuple of Place
        The commonest first.
    recommendations : tuple of Recommendation
        By department.
    notes : DataNotes
    surges_tested : int or None
        Topics, each in the whole city and in every district, that were looked at for surges; 0 where the data do not
        reach back far enough for any, None where nobody looked.
    """

    title: str
    period: Period | None
    totals: Totals
    topics: Breakdown
    notes: DataNotes
    breakdowns: tuple[Breakdown, ...] = ()
    crosses: tuple[CrossTable, ...] = ()
    months: tuple[MonthCount, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    terms: Terms | None = None
    surges: tuple[Surge, ...] = ()
    words: tuple[tuple[str, tuple[WordGrowth, ...]], ...] = ()
    places: tuple[Place, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()
    surges_tested: int | None = None

    def breakdown(self, of: str) -> Breakdown | None:
        """The table of one property; None where there is none."""
        return next((table for table in (self.topics, *self.breakdowns) if table.of == of), None)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able data: dates as ISO 8601."""
        data: dict[str, Any] = _plain(asdict(self))
        return data


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, dt.date) else value
