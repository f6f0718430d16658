"""Recommendations to departments, by rules that a city can edit: a figure, a limit, a sentence.

A rule says nothing of its own: every number in its sentence is one of the report's figures, and where there is no such
figure the rule is silent. ``recommendations.toml`` of this package explains the keys.
"""

import re
import string
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib.resources import files
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from appealcls.errors import UsageError
from appealcls.reporting.figures import Figures, Line, Recommendation, Span, Surge
from appealcls.reporting.wording import counted, decimal, month_name, number, percent, signed_percent, times
from appealcls.topics import Taxonomy

__all__ = ["Rule", "load_rules", "recommend"]

_EVERY: Final = "*"
_WHOLE_CITY: Final = "весь город"
_NOBODY: Final = "Ответственное подразделение не указано"

_FIGURES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "surge": frozenset(["topic", "count", "appeals", "expected", "times", "district", "month"]),
        "growth": frozenset(["topic", "count", "appeals", "before", "change", "times"]),
        "share": frozenset(["topic", "count", "appeals", "share"]),
        "overdue": frozenset(["late", "open", "count"]),
        "repeated": frozenset(["count", "appeals", "share"]),
        "review": frozenset(["count", "appeals", "share"]),
    }
)
"""What a sentence may name, by condition."""

_WITH_LIMIT: Final = frozenset({"growth", "share", "repeated", "review"})
_WHOLE: Final = frozenset({"repeated", "review"})  # known of all appeals, not of a topic
_PLACES: Final = frozenset({"city", "district"})

_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "count": "обращений",
        "appeals": "обращений",
        "expected": "ожидалось",
        "times": "к ожидаемому",
        "district": "территория",
        "month": "месяц",
        "before": "за аналогичный период прошлого года",
        "change": "изменение",
        "share": "доля",
        "late": "ответов с нарушением срока",
        "open": "не рассмотрено в срок",
    }
)
"""What figures are called in :attr:`Recommendation.figures`."""

_ID: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_HEADER: Final = re.compile(r"^\s*\[\[\s*rule\s*\]\]")


@dataclass(frozen=True, slots=True)
class Rule:
    """When a department should do what.

    Attributes
    ----------
    id : str
    when : str
        ``surge``, ``growth``, ``share``, ``overdue``, ``repeated`` or ``review``.
    text : str
        With names of figures in braces.
    topics : tuple of str
        Ids; ``("*",)`` for every topic but the fallback.
    above : float
        The limit of growth or share, as a part of one.
    at_least : int
        Appeals.
    where : str
        ``city``, ``district``, or empty for both; of a surge only.
    months : tuple of int
        1 to 12; empty for any.
    department : str
        Empty for that of the topic.
    """

    id: str
    when: str
    text: str
    topics: tuple[str, ...] = (_EVERY,)
    above: float = 0.0
    at_least: int = 10
    where: str = ""
    months: tuple[int, ...] = field(default=())
    department: str = ""


def load_rules(path: str | PathLike[str] | None = None, taxonomy: Taxonomy | None = None) -> tuple[Rule, ...]:
    """Read a file of rules.

    Parameters
    ----------
    path : path, optional
        By default the rules of this package, for the topics of :meth:`Taxonomy.default`.
    taxonomy : Taxonomy, optional
        If given, a rule for a topic that is not in it is an error.

    Raises
    ------
    UsageError
        If the file cannot be read or is broken; the message names the line, the rule and the reason.

    Examples
    --------
    >>> load_rules()[0].id
    'snow_surge_winter'
    """
    if path is None:
        source = "recommendations.toml"
        text = files("appealcls.reporting.analysis").joinpath(source).read_text(encoding="utf-8")
    else:
        source = str(path)
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except OSError as error:
            raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from error
        except UnicodeDecodeError as error:
            raise UsageError(f"{path}: is not UTF-8 (byte {error.start}): save it as UTF-8") from error
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{source}: not valid TOML: {error}") from error
    unknown = sorted(set(data) - {"rule"})
    if unknown:
        raise UsageError(f"{source}: unknown key {unknown[0]!r}: give each rule a section [[rule]]")
    entries = data.get("rule", [])
    if not isinstance(entries, list):
        raise UsageError(f"{source}: a rule is a section [[rule]]")
    lines = [line for line, content in enumerate(text.splitlines(), 1) if _HEADER.match(content)]
    rules: dict[str, Rule] = {}
    for place, entry in enumerate(entries):
        where = f"{source}, line {lines[place] if place < len(lines) else 1}"
        rule = _rule(entry, where)
        if rule.id in rules:
            raise UsageError(f"{where}: there is a rule {rule.id!r} already")
        known = {_EVERY, *(rule.topics if taxonomy is None else taxonomy.ids)}
        missing = [topic for topic in rule.topics if topic not in known]
        if missing:
            raise UsageError(
                f"{where}, rule {rule.id}: no topic {missing[0]!r}; the topics are {', '.join(sorted(known - {_EVERY}))}"
            )
        rules[rule.id] = rule
    return tuple(rules.values())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_list(value: object, of: type) -> bool:
    return isinstance(value, list) and bool(value) and all(type(part) is of for part in value)


_CHECKS: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = MappingProxyType(
    {
        "id": (
            lambda v: isinstance(v, str) and bool(_ID.fullmatch(v)),
            "Latin letters, digits and '_', a letter first",
        ),
        "when": (lambda v: isinstance(v, str) and v in _FIGURES, f"one of {', '.join(_FIGURES)}"),
        "text": (lambda v: isinstance(v, str) and bool(v.strip()), "a sentence"),
        "topics": (lambda v: v == _EVERY or _is_list(v, str), 'a list of topic ids, or "*"'),
        "above": (lambda v: _is_number(v) and v >= 0, "a part of one, as 0.25 for 25 %"),
        "at_least": (lambda v: type(v) is int and v >= 1, "a number of appeals, at least 1"),
        "where": (lambda v: v in _PLACES, '"city" or "district"'),
        "months": (lambda v: _is_list(v, int) and all(1 <= m <= 12 for m in v), "a list of numbers 1 to 12"),
        "department": (lambda v: isinstance(v, str) and bool(v.strip()), "the name of a department"),
    }
)


def _rule(entry: object, where: str) -> Rule:
    """One [[rule]] of a file, checked."""
    if not isinstance(entry, dict):
        raise UsageError(f"{where}: a rule is a section [[rule]]")
    if isinstance(entry.get("id"), str):
        where = f"{where}, rule {entry['id']}"
    unknown = sorted(set(entry) - set(_CHECKS))
    if unknown:
        raise UsageError(f"{where}: unknown key {unknown[0]!r}; the keys are {', '.join(f.name for f in fields(Rule))}")
    for key in ("id", "when", "text", "topics"):
        if key not in entry:
            raise UsageError(f"{where}: {key} is missing")
    for key, value in entry.items():
        right, wanted = _CHECKS[key]
        if not right(value):
            raise UsageError(f"{where}: {key} = {value!r}: expected {wanted}")
    when = entry["when"]
    if ("above" in entry) != (when in _WITH_LIMIT):
        raise UsageError(f"{where}: above is {'missing' if when in _WITH_LIMIT else 'of no use'} with when = {when!r}")
    if "where" in entry and when != "surge":
        raise UsageError(f"{where}: where is of no use with when = {when!r}: only a surge has a place")
    if when in _WHOLE and ("department" not in entry or entry["topics"] != _EVERY):
        raise UsageError(f'{where}: {when} is known of all appeals: write topics = "*" and name the department')
    try:
        named = {name for _, name, _, _ in string.Formatter().parse(entry["text"]) if name is not None}
    except ValueError as error:
        raise UsageError(f"{where}: text: {error}: a brace that is to be shown is written twice") from error
    strange = sorted(named - _FIGURES[when])
    if strange:
        raise UsageError(
            f"{where}: text: no figure {{{strange[0]}}} with when = {when!r}; there are "
            + " ".join(f"{{{name}}}" for name in sorted(_FIGURES[when]))
        )
    checked: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in entry.items()}
    if checked["topics"] == _EVERY:
        checked["topics"] = (_EVERY,)
    return Rule(**checked)


def recommend(figures: Figures, taxonomy: Taxonomy, rules: Sequence[Rule]) -> tuple[Recommendation, ...]:
    """What the rules say about the figures.

    Parameters
    ----------
    figures : Figures
    taxonomy : Taxonomy
        Names the departments.
    rules : sequence of Rule
        The first that holds for a topic, place and condition is the one that speaks.

    Returns
    -------
    tuple of Recommendation
        By department, in the order of the taxonomy, then of the alphabet; within one in the order of the rules.
    """
    said: set[tuple[str, ...]] = set()
    found: list[Recommendation] = []
    for rule in rules:
        for about, topic, department, values in _cases(rule, figures, taxonomy):
            if (rule.when, *about) in said:
                continue
            said.add((rule.when, *about))
            named = [name for _, name, _, _ in string.Formatter().parse(rule.text) if name in _NAMES]
            shown = tuple((_NAMES[name], values[name]) for name in dict.fromkeys(map(str, named)))
            found.append(Recommendation(department, rule.id, topic, rule.text.format_map(values), shown))
    order = {name: place for place, name in enumerate(dict.fromkeys(topic.department for topic in taxonomy.topics))}
    found.sort(key=lambda said: (order.get(said.department, len(order)), said.department))  # stable: rules keep order
    return tuple(found)


_Case = tuple[tuple[str, ...], str | None, str, dict[str, str]]
"""What it is about, the topic, the department, the figures."""


def _cases(rule: Rule, figures: Figures, taxonomy: Taxonomy) -> Iterator[_Case]:
    if rule.when == "surge":
        for surge in figures.surges:
            if _speaks_of(rule, surge.topic, taxonomy) and _surge_fits(rule, surge, figures):
                department = _department(rule, surge.topic, taxonomy)
                yield (surge.topic, surge.district or ""), surge.topic, department, _surge_figures(surge)
        return
    if not _in_season(rule, None if figures.period is None else figures.period.covered):
        return
    if rule.when == "overdue":
        yield from _overdue(rule, figures, taxonomy)
    elif rule.when in _WHOLE:
        line: Line | None = getattr(figures.totals, rule.when)
        if line is not None and _is_above(rule, line.count, line.share(figures.totals.appeals.count)):
            yield (rule.department,), None, rule.department, _count_figures(line, figures.totals.appeals.count)
    else:
        for line in figures.topics.lines:
            change = line.on_last_year
            measure = line.share(figures.topics.base) if rule.when == "share" else change.ratio if change else None
            if measure is None or not _speaks_of(rule, line.key, taxonomy) or not _is_above(rule, line.count, measure):
                continue
            values = _count_figures(line, figures.topics.base) | {"topic": line.name}
            if change is not None and change.ratio is not None:
                values |= {"before": number(change.before), "change": signed_percent(change.ratio)}
                values["times"] = times(change.now / change.before)
            yield (line.key,), line.key, _department(rule, line.key, taxonomy), values


def _speaks_of(rule: Rule, topic: str, taxonomy: Taxonomy) -> bool:
    return topic in rule.topics or (rule.topics == (_EVERY,) and topic != taxonomy.fallback)


def _department(rule: Rule, topic: str, taxonomy: Taxonomy) -> str:
    return rule.department or (taxonomy[topic].department if topic in taxonomy else "") or _NOBODY


def _is_above(rule: Rule, count: int, measure: float) -> bool:
    return count >= rule.at_least and measure > rule.above


def _in_season(rule: Rule, span: Span | None) -> bool:
    """Whether all months of a time are the rule's."""
    if not rule.months:
        return True
    if span is None:
        return False
    first, last = (day.year * 12 + day.month - 1 for day in (span.start, span.stop))
    return all(month % 12 + 1 in rule.months for month in range(first, min(last, first + 11) + 1))


def _surge_fits(rule: Rule, surge: Surge, figures: Figures) -> bool:
    if surge.observed < rule.at_least or (rule.where and (rule.where == "city") != (surge.district is None)):
        return False
    if surge.month is not None:
        return not rule.months or surge.month[1] in rule.months
    return _in_season(rule, None if figures.period is None else figures.period.covered)


def _surge_figures(surge: Surge) -> dict[str, str]:
    return {
        "topic": surge.topic_name,
        "count": number(surge.observed),
        "appeals": counted(surge.observed),
        "expected": decimal(surge.expected),
        "times": times(surge.ratio) if surge.expected else "—",
        "district": surge.district or _WHOLE_CITY,
        "month": month_name(*surge.month) if surge.month else "весь период",
    }


def _count_figures(line: Line, base: int) -> dict[str, str]:
    return {"count": number(line.count), "appeals": counted(line.count), "share": percent(line.share(base))}


def _overdue(rule: Rule, figures: Figures, taxonomy: Taxonomy) -> Iterator[_Case]:
    known = {taxonomy[topic].department.casefold() for topic in rule.topics if topic in taxonomy}
    for department, late, still_open in () if figures.terms is None else figures.terms.overdue_by_department:
        if late + still_open < rule.at_least or not (rule.topics == (_EVERY,) or department.casefold() in known):
            continue
        values = {"late": number(late), "open": number(still_open), "count": number(late + still_open)}
        yield (department,), None, rule.department or department, values
