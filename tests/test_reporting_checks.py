"""Wrong claims are found, right ones are not, and what cannot be recomputed is said; a report that errs is caught."""

from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from appealcls.errors import DataError, UsageError
from appealcls.reporting.checking.checks import check_claims, verify
from appealcls.reporting.figures import Figures, Surge
from appealcls.reporting.rendering import docx, markdown, terminal
from appealcls.reporting.wording import NBSP, number, percent, signed_percent

_COUNT = st.integers(1, 50_000)
_CASES = (Path(__file__).parent / "cases" / "claims.txt").read_text(encoding="utf-8")


def _problems(*claims: str) -> list[tuple[str, str]]:
    return [(finding.kind, finding.problem.replace(NBSP, " ")) for finding in check_claims(claims)]


@pytest.mark.parametrize(
    ("claim", "problem"),
    [
        (
            "поступило 18 970 обращений, на 33 % больше, чем в 2022 году (13 916)",
            "13 916 → 18 970 — это +36,3 %, а не +33 %",
        ),
        ("увеличение на 0,4 %: 234 → 225", "234 → 225 — это −3,8 %, а не +0,4 %; это снижение, а не рост"),
        ("доля 14 % (48 из 384)", "48 из 384 — это 12,5 %, а не 14 %"),
        ("Количество жалоб снизилось с 100 до 120", "100 → 120: это рост, а не снижение"),
        ("рост в 1,4 раза: с 100 до 150", "100 → 150 — это в 1,5 раза, а не в 1,4 раза"),
        ("на 5 000 обращений больше (18 970 против 13 916)", "13 916 → 18 970 — это +5 054, а не +5 000"),
        ("более чем на 40 % больше: 18 970 против 13 916", "13 916 → 18 970 — это +36,3 %, а не +40 %"),
        ("48 из 384 обращений, доля 0,13 %", "48 из 384 — это 12,50 %, а не 0,13 %"),
    ],
)
def test_wrong_claims_are_found(claim: str, problem: str) -> None:
    """Errors of published reports and their like are recomputed."""
    assert _problems(claim) == [("wrong", problem)]


@pytest.mark.parametrize(
    "claim",
    [
        "В 2023 году поступило 18 970 обращений (в 2022 г. – 13 916), рост составил 36,3 %.",
        "число обращений увеличилось на 36,3% и составило 18970 (АППГ — 13916)",
        "снижение на 3,8 % (с 234 до 225)",
        "было 225, стало 234: рост на 4 %",
        "доля 12,5 % (48 из 384)",
        "на 5 054 обращения больше (18 970 против 13 916)",
        "За 9 месяцев 2023 года поступило 5 230 обращений, на 639 меньше, чем за 9 месяцев 2022 года (5 869)",
        "более чем на 35 % больше: 18 970 против 13 916",
        "Поступило 18 970 обращений, на 36,3 % больше (13 916), из них 1 897 повторных (10 %)",
    ],
)
def test_right_claims_pass(claim: str) -> None:
    """What is right to the last place that is written is not disturbed; years and dates are no counts."""
    assert _problems(claim) == []


@pytest.mark.parametrize(
    "claim",
    [
        "обращений стало больше",
        "рост на 10 %",
        "доля составила 12 %",
        "рост 10 % при 12, 14 и 15",
        "рост на 1,2 процентного пункта, с 11 до 12",
        "рост на 5 % и 7 %: 100 → 105",
        "с ростом на 5 % и снижением: 100 → 105",
        "рост на 5 %: с 0 до 5",
        "поступило 384 обращения",
    ],
)
def test_what_cannot_be_recomputed_is_said(claim: str) -> None:
    """Nothing passes silently."""
    assert [kind for kind, _ in _problems(claim)] == ["unverifiable"]


@pytest.mark.parametrize("line", [line for line in _CASES.splitlines() if line and line[0] != "#"])
def test_cases(line: str) -> None:
    """Each claim of the table gives what stands beside it, and nothing else."""
    claim, kind, part = (cell.strip() for cell in line.split("|"))
    found = _problems(claim)
    assert [kind for kind, _ in found] == [kind] * bool(kind)
    assert all(part in problem for _, problem in found)


@settings(max_examples=60)
@given(_COUNT, _COUNT, st.integers(0, 2), st.integers(-300, 300))
def test_claims_are_right_within_their_rounding(before: int, now: int, digits: int, error: int) -> None:
    """A change written by our own rules passes; one that is wrong by a whole last place or more does not."""
    if before == now:
        return
    true = 100 * abs(now - before) / before
    right = round(true, digits)
    word = "больше" if now > before else "меньше"
    claim = f"на {{}} % {word}: {number(now)} против {number(before)}"
    assert _problems(claim.format(f"{right:.{digits}f}".replace(".", ","))) == []
    wrong = right + error * 10**-digits
    if abs(error) >= 2 and wrong > 0:
        found = _problems(claim.format(f"{wrong:.{digits}f}".replace(".", ",")))
        assert [kind for kind, _ in found] == ["wrong"]


def test_our_own_wording_passes() -> None:
    """Signs, minus and non-breaking spaces of the report are read."""
    rows = [{"Стало": number(225), "Было": number(234), "Изменение, %": signed_percent(-9 / 234)}]
    rows += [{"Стало": number(18970), "Было": number(13916), "Изменение, %": signed_percent(5054 / 13916)}]
    assert check_claims(rows) == ()
    assert check_claims([{"количество": "48", "из": "384", "доля, %": percent(48 / 384)}]) == ()


def test_two_denominators_in_one_table_are_found() -> None:
    """Shares of 384 appeals and of 470 questions do not belong together, unless each row names its base."""
    counts, bases, shares = (48, 235, 336), (384, 470, 384), ("12,5", "50", "87,5")
    rows = [
        {"Тема": f"т{i}", "Количество": c, "Доля, %": s} for i, (c, s) in enumerate(zip(counts, shares, strict=True))
    ]
    (finding,) = check_claims(rows)
    assert "от 384 (строка 1, строка 3) и от" in finding.problem
    written = [row | {"Из": base} for row, base in zip(rows, bases, strict=True)]
    assert check_claims(written) == ()
    named = [written[0], written[1] | {"Из": None}, written[2]]
    assert "от 384 (строка 1, строка 3) и от" in check_claims(named)[0].problem


def test_shares_add_up() -> None:
    """Above 100, or below it with all rows there, shares are wrong; below it with rows missing, that is said."""
    rows = [{"тема": name, "количество": n, "из": 100, "доля": s} for name, n, s in (("а", 60, "60"), ("б", 40, "40"))]
    assert check_claims(rows) == ()
    assert check_claims([*rows, {"тема": "Итого", "количество": 100, "доля": "100"}]) == ()
    assert [f.kind for f in check_claims(rows + rows[:1])] == ["wrong"]
    assert [f.kind for f in check_claims([*rows[:1], {"тема": "б", "количество": 30, "из": 100, "доля": "30"}])] == [
        "unverifiable"
    ]


def test_tables_of_every_kind_are_read(tmp_path: Path) -> None:
    """CSV of Russian Excel, and lines of plain text; the finding names the line. A table of nothing known is an error."""
    table = tmp_path / "table.csv"
    table.write_bytes("Тема;Было;Стало;Изменение, %\nСнег;13 916;18 970;33\nДороги;100;110;10\n".encode("cp1251"))
    (finding,) = check_claims(table)
    assert (finding.where, finding.expected) == ("строка 2", f"+36,3{NBSP}%")
    lines = tmp_path / "claims.txt"
    lines.write_text("рост на 10 %: 100 → 110\n\nувеличение на 0,4 %: 234 → 225\n", encoding="utf-8")
    assert [finding.where for finding in check_claims(lines)] == ["строка 3"]
    table.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(UsageError, match="no column of claims"):
        check_claims(table)


def test_topics_are_compared_with_the_report(report_samples: dict[str, Figures]) -> None:
    """Counts of a topic, of last year and of all appeals are those of the figures, or it is said what they are."""
    figures = report_samples["full"]
    line = figures.topics.lines[0]
    right = {"тема": line.name, "количество": line.count, "аппг": line.last_year, "из": figures.topics.base}
    total = {"тема": "Всего", "количество": figures.totals.appeals.count}
    assert check_claims([right, total], figures) == ()
    (finding,) = check_claims([right | {"количество": line.count + 1}], figures)
    assert (finding.kind, finding.expected) == ("wrong", number(line.count))
    assert [f.kind for f in check_claims([{"тема": "Нет такой", "количество": 5}], figures)] == ["unverifiable"]


@pytest.mark.parametrize("name", ["partial", "no_dates", "one_row", "empty"])
def test_reports_that_agree_with_themselves_pass(report_samples: dict[str, Figures], name: str) -> None:
    """Nothing is found in figures that are right."""
    assert verify(report_samples[name]) == ()


def _spoiled(figures: Figures) -> dict[str, Figures]:
    line, cross, estimate = figures.topics.lines[0], figures.crosses[0], figures.estimates[0]
    assert figures.period is not None
    assert figures.period.last_year is not None
    assert figures.terms is not None
    lines = (replace(line, count=line.count + 1), *figures.topics.lines[1:])
    span = figures.period.last_year
    return {
        "сумма строк": replace(figures, topics=replace(figures.topics, lines=lines)),
        "порядок строк": replace(figures, topics=replace(figures.topics, lines=figures.topics.lines[::-1])),
        "итог по графам": replace(figures, crosses=(replace(cross, total=cross.total + 1),)),
        "прошлый год": replace(
            figures, period=replace(figures.period, last_year=replace(span, start=span.stop, stop=span.start))
        ),
        "ответы по длительности": replace(figures, terms=replace(figures.terms, longer=figures.terms.longer + 1)),
        estimate.name: replace(figures, estimates=(replace(estimate, low=estimate.estimate + 1),)),
        "строки": replace(figures, notes=replace(figures.notes, rows=figures.notes.rows + 1)),
        "«Дороги»": replace(
            figures, surges=(Surge("x", "Дороги", "Кировский", 20, 5.0, 0.001, 0.01, examples=("тел. 30-00-00",)),)
        ),
    }


def test_reports_that_err_are_caught(report_samples: dict[str, Figures]) -> None:
    """A wrong sum, order, span, interval or a phone in an example is named."""
    sound = replace(report_samples["full"], surges=(), recommendations=())
    assert verify(sound) == ()
    for claim, figures in _spoiled(sound).items():
        assert claim in {finding.claim for finding in verify(figures)}


def test_columns_may_be_named_by_years() -> None:
    """The latest year is now, the one before it before; a year beside АППГ is now."""
    for names in (("2024", "2025 год", "Рост, %"), ("АППГ", "2025", "Изменение, %"), ("2024 г.", "2025 г.", "Рост")):
        row = dict(zip(names, (60, 30, "+50"), strict=True))
        (finding,) = check_claims([{"Тема": "а", **row}])
        assert "60 → 30" in finding.problem
        assert check_claims([{"Тема": "а", **row, names[2]: "-50"}]) == ()


def test_a_text_is_read_by_paragraphs_and_only_what_can_be_recomputed(tmp_path: Path) -> None:
    """A sentence that goes on in the next line is one claim; headings, tables and plain sentences are none."""
    path = tmp_path / "draft.txt"
    path.write_text(
        "ОБЗОР\n─────\n\nВ 2025 году поступило 120 обращений.\n\nТема      2025   2024\n\n"
        "Поступило 18 970 обращений, это на 33 %\nбольше, чем годом ранее (13 916).\n",
        encoding="utf-8",
    )
    (finding,) = check_claims(path)
    assert (finding.where, finding.kind) == ("строка 8", "wrong")


@pytest.mark.parametrize("suffix", [".docx", ".md", ".txt"])
def test_our_own_report_holds(tmp_path: Path, suffix: str, report_samples: dict[str, Figures]) -> None:
    """What a report says of itself follows from its counts; a changed figure in it is found."""
    made = {".docx": docx.render, ".md": markdown.render, ".txt": terminal.render}[suffix](report_samples["full"])
    path = tmp_path / f"report{suffix}"
    path.write_bytes(made if isinstance(made, bytes) else str(made).encode())
    assert [finding for finding in check_claims(path) if finding.kind == "wrong"] == []


def test_a_letter_is_checked_in_its_words_and_tables(tmp_path: Path) -> None:
    """Paragraphs and tables of a .docx; what is no letter is a DataError."""
    letter = Document()
    letter.add_paragraph("Поступило 18 970 обращений, на 33 % больше, чем годом ранее (13 916).")
    table = letter.add_table(rows=2, cols=4)
    for row, cells in zip(
        table.rows, (("Тема", "2025", "2024", "Изменение, %"), ("Снег", "30", "60", "+50")), strict=True
    ):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    letter.save(str(tmp_path / "a.docx"))
    assert [finding.where for finding in check_claims(tmp_path / "a.docx")] == ["абзац 1", "таблица 1, строка 2"]
    (tmp_path / "b.docx").write_bytes(b"PK")
    with pytest.raises(DataError, match="letter"):
        check_claims(tmp_path / "b.docx")
