"""``appealcls label``: topics for a table of appeals."""

import argparse
import time
from typing import Any

from appealcls import archive, store
from appealcls.archive import BACKENDS
from appealcls.cli.options import command, jobs, model_option
from appealcls.cli.output import counting, percent, text_table
from appealcls.topics import Taxonomy

__all__ = ["add"]


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = command(commands, "label", _run, "добавить темы к таблице обращений",
        "Читает таблицу и пишет ту же с колонками topic, topic_name, confidence, needs_review, topics, problem. Все строки "
        "и колонки остаются, порядок сохраняется; строки, которые не удалось прочесть, перечислены в ВЫХОД.errors.csv. "
        "Прерванную работу продолжает та же команда.")  # fmt: skip
    parser.add_argument(
        "input", metavar="ФАЙЛ", help="таблица с обращениями: .csv, .tsv, .jsonl (также .gz, .zst), .xlsx, .parquet, "
        "папка .parquet или адрес базы данных (postgresql+psycopg://…, sqlite:///…)"
    )  # fmt: skip
    parser.add_argument(
        "-o", "--output", metavar="ВЫХОД", required=True, help="куда записать; вид файла — по окончанию имени"
    )
    parser.add_argument(
        "--text-column", metavar="ИМЯ", help="колонка с текстом; иначе ищется по имени: text, текст, обращение …"
    )
    model_option(parser)
    parser.add_argument("--sheet", metavar="ИМЯ", help="лист книги Excel (иначе все, у которых колонки первого)")
    parser.add_argument("--excel-csv", action="store_true", help="CSV для русского Excel: «;» и метка UTF-8")
    parser.add_argument(
        "--duplicates", choices=("exact", "near"), help="найти повторные тексты (слово в слово или почти): "
        "колонка duplicate_of"
    )  # fmt: skip
    parser.add_argument("--id-column", metavar="ИМЯ", help="колонка с номером обращения, для --duplicates")
    parser.add_argument("--strict", action="store_true", help="остановиться на первой строке, которую не прочесть")
    parser.add_argument("--restart", action="store_true", help="начать заново, а не продолжать прерванную работу")
    work = parser.add_argument_group("параллельная работа")
    work.add_argument("--jobs", metavar="N", type=jobs, default=1, help="сколько процессов размечает (по умолчанию 1)")
    work.add_argument("--backend", choices=BACKENDS, default="loky", help="процессы этой машины или кластер Dask")
    work.add_argument("--scheduler", metavar="АДРЕС", help="планировщик Dask: tcp://host:8786")
    base = parser.add_argument_group("базы данных")
    base.add_argument("--table", metavar="ИМЯ", help="таблица, из которой читать")
    base.add_argument("--query", metavar="SQL", help="запрос, результат которого читать")
    base.add_argument("--key", metavar="КОЛОНКА", help="ключ: по нему упорядочено чтение")
    base.add_argument("--output-table", metavar="ИМЯ", help="новая таблица для результата, если ВЫХОД — база данных")
    base.add_argument(
        "--add-columns", action="store_true", help="дописать колонки в таблицу --table базы ВЫХОД, по ключу"
    )


def _run(options: argparse.Namespace) -> None:
    model = store.load(options.model)
    begin = time.perf_counter()
    with counting("размечено") as advance:
        summary = archive.label_archive(
            options.input,
            options.output,
            model,
            text_column=options.text_column,
            sheet=options.sheet,
            jobs=options.jobs,
            backend=options.backend,
            scheduler=options.scheduler,
            duplicates=options.duplicates,
            id_column=options.id_column,
            strict=options.strict,
            excel_csv=options.excel_csv,
            restart=options.restart,
            table=options.table,
            query=options.query,
            key=options.key,
            output_table=options.output_table,
            add_columns=options.add_columns,
            progress=advance,
        )
    seconds = time.perf_counter() - begin
    if not summary.rows:
        print(f"В таблице {summary.source} нет ни одной строки, только названия колонок.")
    print(_topic_table(summary.topics, model.taxonomy, summary.rows))
    print(f"\nНа проверку: {summary.review} из {summary.rows} ({percent(summary.review, summary.rows)})")
    if summary.duplicates is not None:
        print(f"Повторных текстов: {summary.duplicates} ({percent(summary.duplicates, summary.rows)})")
    for problem, count in summary.problems.most_common():
        print(f"Ошибки: {count} — {problem}")
    if summary.errors is not None:
        print(f"Список ошибок: {summary.errors}")
    if summary.skipped:
        print(f"Листы с другими колонками не размечены и не переписаны: {', '.join(f'«{name}»' for name in summary.skipped)}; "
              "назовите лист: --sheet")  # fmt: skip
    if summary.resumed:
        print(f"Продолжена прерванная работа: {summary.resumed} строк размечены раньше")
    speed = f"{(summary.rows - summary.resumed) / max(seconds, 1e-9):,.0f}".replace(",", " ")
    print(f"Скорость: {speed} обр./с")
    base = isinstance(summary.target, str)
    print(f"Размеченная таблица базы данных: «{summary.target}»" if base else f"Размеченный файл: {summary.target}")


def _topic_table(counts: Any, taxonomy: Taxonomy, total: int) -> str:
    rows = [(topic.name, topic.id, counts[topic.id], percent(counts[topic.id], total)) for topic in taxonomy.topics]
    if counts[None]:
        rows.append(("(тема не определена)", "", counts[None], percent(counts[None], total)))
    rows.sort(key=lambda row: -row[2])
    return text_table([*rows, ("Всего", "", total, "")], ("тема", "id", "обращений", "доля"), left=2)
