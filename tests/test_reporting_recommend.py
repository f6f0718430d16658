"""Rules speak where the figures bear them out, in figures only; a broken file of rules says where and why."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from appealcls.errors import UsageError
from appealcls.reporting.analysis.recommend import Rule, load_rules, recommend
from appealcls.reporting.figures import Figures, Line, Period, Span, Surge, Terms
from appealcls.topics import Taxonomy

_TAXONOMY = Taxonomy.default()
_RULE = """
[[rule]]
id = "one"
topics = ["roads"]
when = "growth"
above = 0.2
text = "Рекомендовать: {appeals}, {change}"
"""


@pytest.fixture
def figures(report_samples: dict[str, Figures]) -> Figures:
    """A report about January 2025 without surges and terms; roads grew by half, repeated are a fifth."""
    full = report_samples["full"]
    span = Span(dt.date(2025, 1, 1), dt.date(2025, 1, 31))
    lines = tuple(
        Line(t.id, t.name, 150, 100) if t.id == "roads" else Line(t.id, t.name, 50, 50) for t in _TAXONOMY.topics
    )
    return replace(
        full,
        period=Period("month", span, span),
        topics=replace(full.topics, base=450, lines=lines),
        totals=replace(full.totals, appeals=Line("appeals", "Всего", 500), repeated=Line("repeated", "Повторные", 100)),
        surges=(),
        terms=None,
    )


def _surge(topic: str, district: str | None = None, month: tuple[int, int] | None = None) -> Surge:
    return Surge(topic, _TAXONOMY[topic].name, district, 80, 30.5, 0.001, 0.01, month=month)


def test_the_rules_of_the_package_are_whole() -> None:
    """They load, fit the default topics, say what is recommended, and some of them are about each topic."""
    rules = load_rules(taxonomy=_TAXONOMY)
    assert all(rule.text.startswith("Рекомендовать ") and rule.text.endswith(".") for rule in rules)
    assert {topic for rule in rules for topic in rule.topics} == {*_TAXONOMY.ids, "*"} - {_TAXONOMY.fallback}


def test_growth_share_and_repeated(figures: Figures) -> None:
    """Each speaks above its limit and not at it, with the count, the base and the change of the report."""
    rules = (
        Rule("growth", "growth", "{appeals}, {before}, {change}", above=0.49),
        Rule("share", "share", "{topic}: {share}", above=0.3),
        Rule("repeated", "repeated", "{share} ({count})", above=0.19, department="Отдел"),
    )
    told = {said.rule: said for said in recommend(figures, _TAXONOMY, rules)}
    assert told["growth"].text == "150\xa0обращений, 100, +50,0\xa0%"
    assert told["growth"].department == _TAXONOMY["roads"].department
    assert told["growth"].figures[-1] == ("изменение", "+50,0\xa0%")
    assert told["share"].text == f"{_TAXONOMY['roads'].name}: 33,3\xa0%"
    assert (told["repeated"].text, told["repeated"].topic) == ("20,0\xa0% (100)", None)
    higher = tuple(replace(rule, above=limit) for rule, limit in zip(rules, (0.5, 1 / 3, 0.2), strict=True))
    assert recommend(figures, _TAXONOMY, higher) == ()


def test_surges_by_place_and_season(figures: Figures) -> None:
    """A rule for districts is silent about the city; one for winter about July; a month of a year is judged by itself."""
    rule = Rule("r", "surge", "{district}: {count} / {expected}", ("dumps",), where="district", months=(12, 1, 2))
    surges = (_surge("dumps"), _surge("roads", "Кировский"), _surge("dumps", "Кировский"))
    told = recommend(replace(figures, surges=surges), _TAXONOMY, (rule,))
    assert [said.text for said in told] == ["Кировский: 80 / 30,5"]
    july = Span(dt.date(2025, 7, 1), dt.date(2025, 7, 31))
    assert recommend(replace(figures, surges=surges, period=Period("month", july, july)), _TAXONOMY, (rule,)) == ()
    monthly = (_surge("dumps", "Кировский", month=(2025, 7)), _surge("dumps", "Северный", month=(2025, 2)))
    told = recommend(replace(figures, surges=monthly), _TAXONOMY, (rule,))
    assert [said.text for said in told] == ["Северный: 80 / 30,5"]


def test_overdue_departments_are_named(figures: Figures) -> None:
    """Each department of the table hears its own numbers, a rule for a topic only the department of the topic."""
    transport = _TAXONOMY["transport"].department
    terms = Terms(5, 3, 0, 2, 5, 0, 3, overdue_by_department=(("Кто-то", 1, 2), (transport.upper(), 2, 0)))
    every = Rule("every", "overdue", "{late}, {open}", at_least=1)
    first = Rule("first", "overdue", "Т: {late}", ("transport",), at_least=1)
    told = recommend(replace(figures, terms=terms), _TAXONOMY, (first, every))
    assert {(said.rule, said.department, said.text) for said in told} == {
        ("first", transport.upper(), "Т: 2"),
        ("every", "Кто-то", "1, 2"),
    }


def test_departments_come_in_order_and_the_fallback_is_nobodys(figures: Figures) -> None:
    """Grouped by department as the taxonomy lists them; «*» leaves out «Прочее»."""
    told = recommend(figures, _TAXONOMY, (Rule("all", "share", "{share}", above=0.01),))
    departments = [said.department for said in told]
    order = list(dict.fromkeys(topic.department for topic in _TAXONOMY.topics))
    assert departments == sorted(departments, key=order.index)
    assert {said.topic for said in told} == set(_TAXONOMY.ids) - {_TAXONOMY.fallback}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('id = "one"', "", "id is missing"),
        ('id = "one"', 'id = "раз"', "Latin letters"),
        ("above = 0.2", "", "above is missing"),
        ("above = 0.2", 'above = "20 %"', "a part of one"),
        ("above = 0.2", "above = 0.2\nwhere = 'city'", "only a surge has a place"),
        ("above = 0.2", "above = 0.2\nmonths = [13]", "numbers 1 to 12"),
        ("above = 0.2", "above = 0.2\ncolour = 1", "unknown key 'colour'"),
        ('"growth"', '"grows"', "one of surge"),
        ('"growth"', '"repeated"', "name the department"),
        ("{change}", "{late}", r"no figure \{late\}"),
        ("{change}", "{change", "text: "),
        ('["roads"]', '["raods"]', "no topic 'raods'"),
        ("[[rule]]", "[[rul", "not valid TOML"),
        ("[[rule]]", "[[rules]]", "unknown key 'rules'"),
    ],
)
def test_a_broken_rule_is_named(tmp_path: Path, old: str, new: str, reason: str) -> None:
    """The error says the file, and what is wrong."""
    path = tmp_path / "rules.toml"
    path.write_text(_RULE.replace(old, new), encoding="utf-8")
    with pytest.raises(UsageError, match=reason) as error:
        load_rules(path, _TAXONOMY)
    assert "rules.toml" in str(error.value)


def test_the_line_of_a_rule_is_named(tmp_path: Path) -> None:
    """A second rule of the same id is an error of its own line; a file that is not there says so."""
    path = tmp_path / "rules.toml"
    path.write_text(_RULE, encoding="utf-8")
    assert load_rules(path) == (Rule("one", "growth", "Рекомендовать: {appeals}, {change}", ("roads",), 0.2),)
    path.write_text(_RULE + _RULE, encoding="utf-8")
    with pytest.raises(UsageError, match="line 9: there is a rule 'one' already"):
        load_rules(path)
    with pytest.raises(UsageError, match="cannot be read"):
        load_rules(tmp_path / "missing.toml")
