"""Checks before publishing: a report agrees with itself, and claimed figures follow from the counts.

Nothing passes silently: what could not be recomputed is listed as such. Two errors of published reports are why this
module is there: growth «на 33 %» from 13,916 to 18,970, and one table whose shares were of two different totals.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any, Final

from appealcls.reporting.checking.claims import Claim, Claimed, read_claims, read_number
from appealcls.reporting.checking.consistency import verify
from appealcls.reporting.checking.findings import Finding
from appealcls.reporting.checking.sources import COLUMNS, folded, read_source
from appealcls.reporting.figures import Figures
from appealcls.reporting.wording import NBSP, decimal, listed, number, percent, signed_number, signed_percent, times
from appealcls.tables import cell_text

__all__ = ["Finding", "check_claims", "verify"]

_TOTALS: Final = frozenset({"итого", "всего", "всего обращений", "total"})
_UNVERIFIABLE: Final = "unverifiable"


@dataclass(frozen=True, slots=True)
class _Row:
    where: str
    cells: Mapping[str, str]
    numbers: Mapping[str, Claimed]

    def count(self, name: str) -> int | None:
        value = self.numbers.get(name)
        return int(value.value) if value is not None and value.value == int(value.value) else None

    @property
    def is_total(self) -> bool:
        return folded(self.cells.get("topic", "")) in _TOTALS

    @property
    def claim(self) -> str:
        return "; ".join(cell for cell in self.cells.values() if cell)


def check_claims(
    source: str | PathLike[str] | Sequence[str | Mapping[str, Any]], figures: Figures | None = None
) -> tuple[Finding, ...]:
    """Recompute what somebody wants to publish.

    Parameters
    ----------
    source : path or sequence
        A table (see :func:`appealcls.tables.open_table`) with columns of claims or counts: «утверждение», «тема»,
        «стало», «было», «изменение, %», «из», «доля, %», or «2025», «2024»; a ``.txt``, ``.md`` or ``.docx``, whose
        sentences are read; or rows and sentences themselves.
    figures : Figures, optional
        Rows with a topic are compared with these.

    Returns
    -------
    tuple of Finding
        By row, those about the whole table last.

    Raises
    ------
    UsageError
        If a table has no column that is known.
    DataError
        If the file cannot be read.

    Examples
    --------
    >>> finding, = check_claims(["поступило 18 970 обращений, на 33 % больше, чем в 2022 году (13 916)"])
    >>> finding.problem.replace(NBSP, " ")
    '13 916 → 18 970 — это +36,3 %, а не +33 %'
    """
    rows: list[_Row] = []
    findings: list[Finding] = []
    for where, cells in read_source(source):
        row, unread = _row(where, cells)
        rows.append(row)
        findings += unread
        found = {finding.problem: finding for finding in reversed(list(_row_findings(row, figures)))}
        findings += reversed(found.values())  # what both the cells and their sentence say wrong is said once
    return (*findings, *_table_findings(rows))


def _row(where: str, cells: Mapping[str, Any]) -> tuple[_Row, list[Finding]]:
    texts = {kind: cell_text(cell).strip() for kind, cell in cells.items()}
    numbers: dict[str, Claimed] = {}
    unread = []
    for kind in COLUMNS:
        if kind in {"text", "topic"} or not texts.get(kind):
            continue
        value = read_number(texts[kind])
        if value is None:
            unread.append(Finding(where, texts[kind], f"не число: «{texts[kind]}»", kind=_UNVERIFIABLE))
        elif isinstance(cells[kind], float) and kind in {"share", "change"} and abs(cells[kind]) <= 1:
            # A workbook keeps 12.5 % as 0.125, with all its digits.
            numbers[kind] = Claimed(100 * cells[kind], 0.05, decimal(100 * cells[kind]))
        else:
            numbers[kind] = value
    return _Row(where, texts, numbers), unread


# One row


def _row_findings(row: _Row, figures: Figures | None) -> Iterator[Finding]:
    now, before, base = (row.count(name) for name in ("now", "before", "base"))
    checked = False
    if "change" in row.numbers:
        change = row.numbers["change"]
        direction = 0 if change.value == 0 else 1 if change.value > 0 else -1
        unsigned = Claimed(abs(change.value), change.half, change.written.lstrip("+-\u2212"), change.roughness)
        missing = "" if now is not None and before is not None else "нет двух чисел, из которых получено изменение"
        claim = Claim(row.claim, direction, unsigned, "change", before=before, now=now, unclear=missing)
        yield from _claim_findings(row.where, claim)
        checked = True
    if "share" in row.numbers:
        missing = "" if now is not None else "нет числа, доля которого указана"
        if base is not None or missing:
            claim = Claim(row.claim, 0, row.numbers["share"], "share", part=now, whole=base, unclear=missing)
            yield from _claim_findings(row.where, claim)
        checked = True
    if row.cells.get("text"):
        for claim in read_claims(row.cells["text"]):
            yield from _claim_findings(row.where, claim)
        checked = True
    if figures is not None and row.cells.get("topic"):
        yield from _topic_findings(row, figures)
        checked = True
    if not checked and row.claim and not row.is_total:
        yield Finding(row.where, row.claim, "нечего пересчитать: нет ни доли, ни изменения", kind=_UNVERIFIABLE)


def _claim_findings(where: str, claim: Claim) -> Iterator[Finding]:
    if claim.unclear:
        yield Finding(where, claim.text, claim.unclear, kind=_UNVERIFIABLE)
    elif claim.part is not None and claim.whole is not None and claim.percent is not None:
        if claim.part > claim.whole or not claim.whole:
            problem = f"{number(claim.part)} из {number(claim.whole)}: часть больше целого"
            yield Finding(where, claim.text, problem)
        elif not claim.percent.holds(100 * claim.part / claim.whole):
            true = _shown(claim.part / claim.whole, claim.percent)
            problem = f"{number(claim.part)} из {number(claim.whole)} — это {true}, а не {_percent(claim.percent)}"
            yield Finding(where, claim.text, problem, true)
    elif claim.before is not None and claim.now is not None:
        yield from _change_findings(where, claim, claim.before, claim.now)


def _change_findings(where: str, claim: Claim, before: int, now: int) -> Iterator[Finding]:
    pair = f"{number(before)} → {number(now)}"
    true = (now > before) - (now < before)
    wrong_way = claim.direction not in {0, true}
    is_ = {1: "это рост", -1: "это снижение", 0: "изменения нет"}[true]
    way = f"{is_}, а не {'рост' if claim.direction > 0 else 'снижение'}"
    if claim.percent is not None:
        sign = {1: "+", -1: "\u2212", 0: ""}[claim.direction]
        if not before:
            problem = f"{pair}: изменение от нуля в процентах не выражается"
            yield Finding(where, claim.text, problem, signed_number(now), kind=_UNVERIFIABLE)
            return
        ratio = (now - before) / before
        if wrong_way or not claim.percent.holds(100 * abs(ratio)):
            shown = _shown(ratio, claim.percent, signed=True)
            said = sign + _percent(claim.percent).lstrip("+-\u2212")
            problem = f"{pair} — это {shown}, а не {said}" + (f"; {way}" if wrong_way else "")
            yield Finding(where, claim.text, problem, shown)
    elif claim.times is not None:
        low, high = sorted((before, now))
        if not low:
            yield Finding(where, claim.text, f"{pair}: во сколько раз, от нуля не считается", kind=_UNVERIFIABLE)
        elif wrong_way or not claim.times.holds(high / low):
            problem = f"{pair} — это {times(high / low)}, а не в {claim.times.written} раза" + (
                f"; {way}" if wrong_way else ""
            )
            yield Finding(where, claim.text, problem, times(high / low))
    elif claim.difference is None and wrong_way:
        yield Finding(where, claim.text, f"{pair}: {way}", signed_number(now - before))
    if claim.difference is not None and (wrong_way or not claim.difference.holds(abs(now - before))):
        sign = "+" if claim.direction > 0 else "\u2212"
        problem = f"{pair} — это {signed_number(now - before)}, а не {sign}{number(int(claim.difference.value))}"
        yield Finding(where, claim.text, problem, signed_number(now - before))


def _percent(claimed: Claimed) -> str:
    return f"{claimed.written}{NBSP}%"


def _shown(share: float, claimed: Claimed, *, signed: bool = False) -> str:
    """The true value, with as many places as show the difference: those of the claim, at least one."""
    digits = max(1, round(claimed.half * 2 < 1) and len(f"{claimed.half * 2:.9f}".rstrip("0").partition(".")[2]))
    return signed_percent(share, digits) if signed else percent(share, digits)


def _topic_findings(row: _Row, figures: Figures) -> Iterator[Finding]:
    wanted = folded(row.cells["topic"])
    tables = (figures.topics, *figures.breakdowns)
    found = [
        (table, line) for table in tables for line in table.lines if wanted in {folded(line.name), folded(line.key)}
    ]
    if row.is_total:
        line, base = figures.totals.appeals, figures.totals.appeals.count
    elif found:
        line, base = found[0][1], found[0][0].base
    else:
        problem = f"в отчёте нет строки «{row.cells['topic']}»"
        yield Finding(row.where, row.claim, problem, kind=_UNVERIFIABLE)
        return
    for name, true in (("now", line.count), ("before", line.last_year), ("base", base)):
        value = row.numbers.get(name)
        if value is None:
            continue
        if true is None:
            problem = f"в данных нет прошлого года, {value.written} не проверено"
            yield Finding(row.where, row.claim, problem, kind=_UNVERIFIABLE)
        elif not value.holds(true):
            problem = f"«{line.name}»: по данным {number(true)}, а не {value.written}"
            yield Finding(row.where, row.claim, problem, number(true))
    share = row.numbers.get("share")
    if share is not None and "now" not in row.numbers and not share.holds(100 * line.share(base)):
        true_share = _shown(line.share(base), share)
        problem = f"«{line.name}»: по данным {true_share}, а не {_percent(share)}"
        yield Finding(row.where, row.claim, problem, true_share)


# The table


def _table_findings(rows: Sequence[_Row]) -> Iterator[Finding]:
    with_share = [row for row in rows if "share" in row.numbers and not row.is_total]
    groups = _by_base(with_share)
    # «48 из 384 (12,5 %)» is clear beside shares of another total; «12,5 %» alone is not.
    if len(groups) > 1 and any(row.count("base") is None for row in with_share):
        parts = [f"{_base_shown(low, high)} ({', '.join(row.where for row in group)})" for low, high, group in groups]
        problem = f"доли в одной таблице посчитаны от разных итогов: {listed(parts)}"
        yield Finding("вся таблица", "доли", problem)
    for _, _, group in groups:
        if len(group) < 2 or (len(groups) > 1 and group[0].count("base") is None):
            continue
        total = sum(row.numbers["share"].value for row in group)
        slack = sum(row.numbers["share"].half for row in group) + 1e-9
        if abs(total - 100) > slack:
            base = group[0].count("base")
            counts = [row.count("now") for row in group]
            whole = base is not None and None not in counts and sum(filter(None, counts)) == base
            shown = f"{decimal(total)}{NBSP}%"
            if total > 100 or whole:
                problem = f"доли дают в сумме {shown}, а не 100{NBSP}%"
                yield Finding("вся таблица", "сумма долей", problem, f"100{NBSP}%")
            else:
                problem = f"доли дают в сумме {shown}: строки таблицы не все, или не хватает долей"
                yield Finding("вся таблица", "сумма долей", problem, kind=_UNVERIFIABLE)


def _base_shown(low: float, high: float) -> str:
    if low == high:
        return f"от {number(int(low))}"
    return f"от {number(int(-(-low // 1)))}" + (f"\u2013{number(int(high))}" if int(high) > -(-low // 1) else "")


def _by_base(rows: Sequence[_Row]) -> list[tuple[float, float, list[_Row]]]:
    """Rows whose shares can be of one total: the least and the greatest it can be, and the rows."""
    groups: list[tuple[float, float, list[_Row]]] = []
    undecided = []
    for row in rows:
        now, base, share = row.count("now"), row.count("base"), row.numbers["share"]
        if base is not None:
            low = high = float(base)
        elif now and share.value > share.half:
            low, high = 100 * now / (share.value + share.half), 100 * now / (share.value - share.half)
        else:
            undecided.append(row)
            continue
        for place, (least, most, group) in enumerate(groups):
            if max(low, least) <= min(high, most):
                groups[place] = (max(low, least), min(high, most), [*group, row])
                break
        else:
            groups.append((low, high, [row]))
    if not groups:
        return [(0.0, 0.0, undecided)] if undecided else []
    low, high, group = groups[0]
    return [(low, high, [*group, *undecided]), *groups[1:]]
