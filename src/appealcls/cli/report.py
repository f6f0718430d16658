"""``appealcls report``: the figures of a labelled table as a document, and claims checked against them."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from appealcls import reporting
from appealcls.cli.options import command
from appealcls.errors import DataError, MissingExtraError, UsageError
from appealcls.reporting import Report
from appealcls.topics import Taxonomy

__all__ = ["add"]

_FORMATS: Final[dict[str, Callable[[Report], str | bytes]]] = {
    ".html": Report.to_html,
    ".docx": Report.to_docx,
    ".xlsx": Report.to_xlsx,
    ".md": Report.to_markdown,
    ".txt": Report.to_text,
    ".json": lambda made: json.dumps(made.to_dict(), ensure_ascii=False, indent=1) + "\n",
}


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = command(commands, "report", _run, "отчёт по размеченной таблице",
        "Считает обращения по темам, месяцам, районам и всем другим колонкам, какие есть, сравнивает с прошлым годом, ищет "
        "всплески и проверяет срок ответа. Колонки узнаются по именам. Вид отчёта — по окончанию имени: "
        f"{', '.join(_FORMATS)}; без -o отчёт показан на экране.")  # fmt: skip
    parser.add_argument("labelled", metavar="ФАЙЛ", nargs="?", help="таблица, которую записала команда label")
    parser.add_argument(
        "-o", "--output", metavar="ФАЙЛ", action="append", default=[], help="куда записать; можно несколько раз"
    )
    parser.add_argument(
        "--period", metavar="ПЕРИОД", help="2025-03, 2025-Q1, 2025-H1, 2025, 2025-03-01..2025-03-15, «март 2025» "
        "(по умолчанию последний год)"
    )  # fmt: skip
    parser.add_argument(
        "--column", metavar="ЧТО=ИМЯ", action="append", default=[], type=_pair, help="назвать колонку, которая не "
        "узнана: --column date=«Дата рег.». ЧТО: date (дата регистрации), answered (дата ответа), channel (канал), kind (вид), "
        "district (район), department (подразделение), result (результат), repeated (повторное), collective (коллективное), "
        "address (адрес), text (текст), topics (все темы), review (на проверку)"
    )  # fmt: skip
    parser.add_argument("--topic-column", metavar="ИМЯ", help="колонка с темой (по умолчанию topic)")
    parser.add_argument("--topics", metavar="ФАЙЛ", help="названия тем и подразделений: файл вида topics.toml")
    parser.add_argument("--rules", metavar="ФАЙЛ", help="правила рекомендаций: файл вида recommendations.toml")
    parser.add_argument("--model", metavar="ПАПКА", help="модель, которая разметила таблицу: поправка на её ошибки")
    parser.add_argument(
        "--check", metavar="ФАЙЛ", help="проверить числа, которые собираются опубликовать: таблица, .txt, .md или .docx"
    )


def _pair(value: str) -> tuple[str, str]:
    name, sign, column = value.partition("=")
    if not sign:
        raise argparse.ArgumentTypeError("нужно ЧТО=ИМЯ, например date=Дата")
    return name.strip(), column.strip()


def _run(options: argparse.Namespace) -> None:
    outputs = [Path(name) for name in options.output]
    for output in outputs:
        if output.suffix.lower() not in _FORMATS:
            raise UsageError(f"{output}: reports are written as {', '.join(_FORMATS)}")
        if not output.parent.is_dir():
            raise DataError(f"{output}: there is no folder {output.parent}")
    if options.labelled is None:
        if options.check is None or outputs:
            raise UsageError("which table is to be reported on? Name a file that `appealcls label` has written")
        _check(options.check, None)
        return
    made = reporting.report(
        options.labelled,
        period=options.period,
        taxonomy=Taxonomy.load(options.topics) if options.topics else None,
        topic_column=options.topic_column,
        columns=dict(options.column),
        rules=options.rules,
        model=options.model,
    )
    for output in outputs:
        _write(output, _FORMATS[output.suffix.lower()](made))
        print(f"Отчёт: {output}")
    if options.check is not None:
        _check(options.check, made)
    elif not outputs:
        print(made.to_text(color=sys.stdout.isatty()))


def _write(output: Path, content: str | bytes) -> None:
    """A report appears whole or not at all."""
    draft = output.with_name(f".{output.name}.part")
    try:
        draft.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "replace"))
        draft.replace(output)
    except OSError as error:
        raise DataError(f"{output}: cannot be written: {error.strerror or error}") from error
    finally:
        draft.unlink(missing_ok=True)


def _check(claims: str, made: Report | None) -> None:
    try:
        from appealcls.reporting.checking.checks import check_claims  # polars is loaded by those who report
    except ImportError as error:
        raise MissingExtraError("checking claims", error.name or "polars", "report") from error
    findings = check_claims(claims, made)
    wrong = [finding for finding in findings if finding.kind == "wrong"]
    _print_findings(f"Не следует из чисел: {len(wrong)}", wrong)
    _print_findings("Проверить нельзя", [finding for finding in findings if finding.kind != "wrong"])
    if not findings:
        print("Все утверждения следуют из чисел.")


def _print_findings(heading: str, findings: Sequence[Any]) -> None:
    if not findings:
        return
    print(f"{heading}\n")
    for finding in findings:
        print(f"  {finding.where}: {finding.claim}\n    {finding.problem}")
        if finding.expected:
            print(f"    Должно быть: {finding.expected}")
    print()
