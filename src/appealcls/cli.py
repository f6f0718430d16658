"""The command line: the only module that prints, exits, and opens a path because a user typed it.

Exit codes: 0 fine, 1 the work failed, 2 wrong usage.
"""

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import appealcls
from appealcls import archive, evaluation, store, training
from appealcls.errors import AppealclsError, DataError, UsageError
from appealcls.model import TopicModel
from appealcls.prediction import Prediction
from appealcls.reporting import report
from appealcls.topics import Taxonomy
from appealcls.workers import BACKENDS

__all__ = ["main"]

FINE, FAILED, WRONG_USAGE = 0, 1, 2
_INTERRUPTED: Final = 130  # 128 + SIGINT, as shells have it
_SHOWN_WORDS: Final = 8
_WIDEST_CONFUSION: Final = 12  # topics; a wider table is of no use on a screen
_REPORT_SUFFIXES: Final = (".md", ".json")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that has no «№» shows "?" and goes on
    try:
        options = _parser().parse_args(argv)
        logging.basicConfig(
            level=logging.INFO if options.verbose else logging.WARNING,
            format="appealcls: %(message)s",
            stream=sys.stderr,
        )
        command: Callable[[argparse.Namespace], None] = options.command
        command(options)
        sys.stdout.flush()
    except SystemExit as stop:  # argparse has printed what is wrong
        return int(stop.code or 0)
    except UsageError as error:
        print(f"appealcls: {error}", file=sys.stderr)
        return WRONG_USAGE
    except AppealclsError as error:
        print(f"appealcls: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:  # `appealcls … | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except OSError as error:
        print(f"appealcls: {error.filename or ''}: {error.strerror or error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("appealcls: прервано; чтобы продолжить, повторите ту же команду", file=sys.stderr)
        return _INTERRUPTED
    return FINE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="appealcls",
        description="Темы обращений граждан: разметить файл, определить тему одного текста, обучить и проверить модель.",
        epilog="Справка о команде: appealcls КОМАНДА --help.  Пример: appealcls label обращения.xlsx -o с_темами.xlsx",
    )
    parser.add_argument("--version", action="version", version=f"appealcls {appealcls.__version__}")
    parser.add_argument("-v", "--verbose", action="store_true", help="рассказывать о ходе работы")
    commands = parser.add_subparsers(title="команды", metavar="КОМАНДА", required=True)

    label = _command(commands, "label", _label, "добавить темы к таблице обращений",
        "Читает таблицу и пишет ту же с колонками topic, topic_name, confidence, needs_review, topics, problem. Все строки "
        "и колонки остаются, порядок сохраняется; строки, которые не удалось прочесть, перечислены в ВЫХОД.errors.csv. "
        "Прерванную работу продолжает та же команда.")  # fmt: skip
    label.add_argument(
        "input", metavar="ФАЙЛ", help="таблица с обращениями: .csv, .tsv, .jsonl (также .gz, .zst), .xlsx, .parquet, "
        "папка .parquet или адрес базы данных (postgresql+psycopg://…, sqlite:///…)"
    )  # fmt: skip
    label.add_argument(
        "-o", "--output", metavar="ВЫХОД", required=True, help="куда записать; вид файла — по окончанию имени"
    )
    label.add_argument(
        "--text-column", metavar="ИМЯ", help="колонка с текстом; иначе ищется по имени: text, текст, обращение …"
    )
    _model_option(label)
    label.add_argument("--sheet", metavar="ИМЯ", help="лист книги Excel (иначе все, у которых колонки первого)")
    label.add_argument("--excel-csv", action="store_true", help="CSV для русского Excel: «;» и метка UTF-8")
    label.add_argument(
        "--duplicates", choices=("exact", "near"), help="найти повторные тексты (слово в слово или почти): "
        "колонка duplicate_of"
    )  # fmt: skip
    label.add_argument("--id-column", metavar="ИМЯ", help="колонка с номером обращения, для --duplicates")
    label.add_argument("--strict", action="store_true", help="остановиться на первой строке, которую не прочесть")
    label.add_argument("--restart", action="store_true", help="начать заново, а не продолжать прерванную работу")
    work = label.add_argument_group("параллельная работа")
    work.add_argument("--jobs", metavar="N", type=_jobs, default=1, help="сколько процессов размечает (по умолчанию 1)")
    work.add_argument("--backend", choices=BACKENDS, default="loky", help="процессы этой машины или кластер Dask")
    work.add_argument("--scheduler", metavar="АДРЕС", help="планировщик Dask: tcp://host:8786")
    base = label.add_argument_group("базы данных")
    base.add_argument("--table", metavar="ИМЯ", help="таблица, из которой читать")
    base.add_argument("--query", metavar="SQL", help="запрос, результат которого читать")
    base.add_argument("--key", metavar="КОЛОНКА", help="ключ: по нему упорядочено чтение")
    base.add_argument("--output-table", metavar="ИМЯ", help="новая таблица для результата, если ВЫХОД — база данных")
    base.add_argument(
        "--add-columns", action="store_true", help="дописать колонки в таблицу --table базы ВЫХОД, по ключу"
    )

    predict = _command(commands, "predict", _predict, "определить тему одного текста",
        "Печатает тему, вероятности всех тем и слова, которые её определили. Текст «-» читается со стандартного ввода.")  # fmt: skip
    predict.add_argument("text", metavar="ТЕКСТ", help='текст обращения в кавычках, или "-"')
    _model_option(predict)
    predict.add_argument("--json", action="store_true", help="вывести JSON")

    train = _command(commands, "train", _train, "обучить модель на размеченных обращениях",
        "Учится на таблице (или папке таблиц) с колонками текста и метки, любые метки. Качество измеряется на обращениях, "
        "которых модель не видела, и записывается в карточку модели.")  # fmt: skip
    train.add_argument("data", metavar="ДАННЫЕ", help="таблица или папка таблиц")
    train.add_argument("-o", "--output", metavar="ПАПКА", required=True, help="папка новой модели")
    _column_options(train)
    train.add_argument("--topics", metavar="ФАЙЛ", help="названия тем и подразделений: файл вида topics.toml")
    train.add_argument("--name", metavar="ИМЯ", default="", help="название модели в её карточке")
    train.add_argument("--seed", metavar="N", type=int, default=0, help="начальное число (по умолчанию 0)")
    train.add_argument("--json", action="store_true", help="вывести показатели в JSON")

    evaluate = _command(commands, "evaluate", _evaluate, "проверить модель на размеченных обращениях",
        "Печатает точность, macro-F1 с 95%-ми интервалами, показатели по темам, матрицу ошибок и калибровку.")  # fmt: skip
    evaluate.add_argument("data", metavar="ДАННЫЕ", help="таблица или папка таблиц")
    _column_options(evaluate)
    _model_option(evaluate)
    evaluate.add_argument("--against", metavar="ПАПКА", help="сравнить с другой моделью: действительно ли новая лучше")
    evaluate.add_argument("--json", action="store_true", help="вывести JSON")

    figures = _command(commands, "report", _report, "отчёт по размеченной таблице",
        "Считает обращения по темам в файле, который записала команда label. Вид отчёта — по окончанию имени: "
        f"{', '.join(_REPORT_SUFFIXES)}.")  # fmt: skip
    figures.add_argument("labelled", metavar="ФАЙЛ", help="размеченная таблица")
    figures.add_argument("-o", "--output", metavar="ФАЙЛ", required=True, help="куда записать отчёт")
    figures.add_argument("--topic-column", metavar="ИМЯ", help="колонка с темой (по умолчанию topic)")
    figures.add_argument("--topics", metavar="ФАЙЛ", help="названия тем и подразделений: файл вида topics.toml")
    return parser


def _command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], None], short: str, long: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=short, description=long)
    parser.set_defaults(command=run)
    return parser


def _model_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="ПАПКА", help="папка модели (по умолчанию — модель из пакета)")


def _column_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--text-column", metavar="ИМЯ", help="колонка с текстом; иначе ищется по имени")
    parser.add_argument("--label-column", metavar="ИМЯ", help="колонка с меткой; иначе ищется по имени: topic, тема …")


def _jobs(value: str) -> int:
    jobs = int(value)
    if jobs == 0 or jobs < -1:
        raise argparse.ArgumentTypeError("число процессов: 1, 2 …, или -1 — по числу ядер")
    return jobs


# Commands


def _label(options: argparse.Namespace) -> None:
    model = store.load(options.model)
    begin = time.perf_counter()
    with _counting("размечено") as advance:
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
            progress=advance,
        )
    seconds = time.perf_counter() - begin
    print(_topic_table(summary.topics, model.taxonomy, summary.rows))
    print(f"\nНа проверку: {summary.review} из {summary.rows} ({_percent(summary.review, summary.rows)})")
    if summary.duplicates is not None:
        print(f"Повторных текстов: {summary.duplicates} ({_percent(summary.duplicates, summary.rows)})")
    for problem, count in summary.problems.most_common():
        print(f"Ошибки: {count} — {problem}")
    if summary.errors is not None:
        print(f"Список ошибок: {summary.errors}")
    if summary.skipped:
        print(f"Не размечены листы с другими колонками: {', '.join(f'«{name}»' for name in summary.skipped)}; "
              "назовите лист: --sheet")  # fmt: skip
    if summary.resumed:
        print(f"Продолжена прерванная работа: {summary.resumed} строк размечены раньше")
    speed = f"{(summary.rows - summary.resumed) / max(seconds, 1e-9):,.0f}".replace(",", " ")
    print(f"Скорость: {speed} обращений в секунду")
    print(f"Размеченный файл: {summary.target}")


def _predict(options: argparse.Namespace) -> None:
    text = sys.stdin.read() if options.text == "-" else options.text
    model = store.load(options.model)
    prediction = model.predict(text)
    if options.json:
        names = {topic.id: topic.name for topic in model.taxonomy.topics}
        data = prediction.to_dict()
        _print_json({"topic": data.pop("topic"), "topic_name": names.get(prediction.topic or ""), **data})
    else:
        print(_prediction_text(prediction, model))


def _train(options: argparse.Namespace) -> None:
    taxonomy = Taxonomy.load(options.topics) if options.topics else None
    tell = (lambda stage: print(f"{stage} …", file=sys.stderr, flush=True)) if sys.stderr.isatty() else None
    result = training.train(
        options.data,
        options.output,
        text_column=options.text_column,
        label_column=options.label_column,
        taxonomy=taxonomy,
        name=options.name,
        progress=tell,
        random_state=options.seed,
    )
    if options.json:
        _print_json({"model": str(result.folder), "skipped": list(result.skipped), **result.evaluation.to_dict()})
        return
    print("Качество на обращениях, которых модель не видела:\n")
    print(_evaluation_text(result.evaluation))
    if result.skipped:
        shown = "; ".join(result.skipped[:5]) + (" …" if len(result.skipped) > 5 else "")
        print(f"\nПропущено строк без текста или метки: {len(result.skipped)} ({shown})")
    print(f"\nМодель записана: {result.folder}")


def _evaluate(options: argparse.Namespace) -> None:
    model = store.load(options.model)
    data = training.read_labelled(options.data, options.text_column, options.label_column)
    if not len(data):
        raise DataError(f"{options.data}: no rows that have both a text and a label")
    result = evaluation.evaluate_texts(model, data.texts, data.labels)
    against = (
        evaluation.compare(store.load(options.against), model, data.texts, data.labels) if options.against else None
    )
    if options.json:
        _print_json({**result.to_dict(), **({"against": against.to_dict()} if against else {})})
        return
    print(_evaluation_text(result))
    if against is not None:
        print(f"\n{_comparison_text(against, options.against)}")
    if data.skipped:
        print(f"\nПропущено строк без текста или метки: {len(data.skipped)}")


def _report(options: argparse.Namespace) -> None:
    output = Path(options.output)
    suffix = output.suffix.lower()
    if suffix not in _REPORT_SUFFIXES:
        raise UsageError(f"{output}: reports are written as {', '.join(_REPORT_SUFFIXES)}")
    taxonomy = Taxonomy.load(options.topics) if options.topics else None
    figures = report(options.labelled, taxonomy=taxonomy, topic_column=options.topic_column)
    text = (
        figures.to_markdown() if suffix == ".md" else json.dumps(figures.to_dict(), ensure_ascii=False, indent=1) + "\n"
    )
    output.write_text(text, encoding="utf-8", newline="\n")
    print(f"Отчёт: {output}")


# What is printed


@contextmanager
def _counting(what: str) -> Iterator[Callable[[archive.Progress], None]]:
    """A line with the part done, the rate and the time left; on a terminal and after the first second only."""
    from tqdm import tqdm

    form = "{desc}: {percentage:3.0f}% |{bar}| {postfix} [{elapsed}, осталось {remaining}]"
    with tqdm(
        desc=what, total=1.0, delay=1, disable=not sys.stderr.isatty(), leave=False, bar_format=form, ncols=90
    ) as bar:
        begin = time.perf_counter()

        def advance(progress: archive.Progress) -> None:
            rate = progress.rows / max(time.perf_counter() - begin, 1e-9)
            bar.set_postfix_str(f"{progress.rows:,} обр., {rate:,.0f} в секунду".replace(",", " "), refresh=False)
            if progress.total:
                bar.update((progress.done or 0) / progress.total - bar.n)

        yield advance


def _print_json(data: Any) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=1))


def _table(rows: Sequence[Sequence[object]], header: Sequence[str], left: int = 1) -> str:
    """Columns aligned by width, the first ``left`` of them to the left."""
    cells = [list(map(str, row)) for row in (header, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = [
        "  ".join(cell.ljust(width) if i < left else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip()
        for row in cells
    ]  # fmt: skip
    return "\n".join([lines[0], "-" * min(100, sum(widths) + 2 * (len(widths) - 1)), *lines[1:]])


def _percent(part: float, whole: float = 1.0) -> str:
    return f"{100 * part / whole if whole else 0:.1f} %".replace(".", ",")


def _topic_table(counts: Any, taxonomy: Taxonomy, total: int) -> str:
    rows = [(topic.name, topic.id, counts[topic.id], _percent(counts[topic.id], total)) for topic in taxonomy.topics]
    if counts[None]:
        rows.append(("(тема не определена)", "", counts[None], _percent(counts[None], total)))
    rows.sort(key=lambda row: -row[2])
    return _table([*rows, ("Всего", "", total, "")], ("тема", "id", "обращений", "доля"), left=2)


def _prediction_text(prediction: Prediction, model: TopicModel) -> str:
    names = {topic.id: topic.name for topic in model.taxonomy.topics}
    if prediction.abstained:
        lines = ["В тексте нет ни одного слова, известного модели: тему должен указать человек."]
    else:
        lines = [f"Тема: {names[prediction.topic or '']} ({prediction.topic})"]
        lines.append(
            f"Уверенность: {_percent(prediction.confidence)}" + (" — проверьте" if prediction.needs_review else "")
        )
        if len(prediction.topics) > 1:
            lines.append("Также: " + "; ".join(f"{names[topic]} ({topic})" for topic in prediction.topics[1:]))
    rows = [(topic, _percent(probability)) for topic, probability in prediction.ranking]
    lines += ["", _table(rows, ("тема", "вероятность"))]
    if prediction.evidence:
        words = [(word.word, f"{word.contribution:+.2f}") for word in prediction.evidence[:_SHOWN_WORDS]]
        lines += ["", _table(words, ("слово", "вклад"))]
    return "\n".join(lines)


def _evaluation_text(result: evaluation.Evaluation) -> str:
    accuracy, macro = result.accuracy, result.macro_f1
    lines = [
        f"Обращений: {result.n}",
        f"Точность (accuracy): {_percent(accuracy.value)}  (95 %: {_percent(accuracy.low)} – {_percent(accuracy.high)}; "
        f"самая частая тема дала бы {_percent(result.majority)})",
        f"Macro-F1: {macro.value:.3f}  (95 %: {macro.low:.3f} – {macro.high:.3f})",
        f"На проверку: {_percent(result.reviewed)}; среди остальных верны {_percent(result.accuracy_unreviewed)}",
        "",
        _table(
            [
                (t.topic, f"{t.precision:.3f}", f"{t.recall:.3f}", f"{t.f1:.3f}", t.support, t.predicted)
                for t in result.topics
            ],
            ("тема", "точность", "полнота", "F1", "обращений", "предсказано"),
        ),
    ]
    if len(result.topics) <= _WIDEST_CONFUSION:
        names = [topic.topic for topic in result.topics]
        rows = [(name, *row) for name, row in zip(names, result.confusion, strict=True)]
        lines += ["", "Ошибки (строка — верная тема, столбец — ответ модели):", "", _table(rows, ("", *names))]
    lines += [
        "",
        f"Калибровка (средняя ошибка {result.calibration_error:.3f}):",
        "",
        _table(
            [
                (f"{b.low:.1f}–{b.high:.1f}", b.count, f"{b.confidence:.3f}", f"{b.accuracy:.3f}")
                for b in result.calibration
            ],
            ("уверенность", "обращений", "в среднем", "верно"),
        ),
    ]
    return "\n".join(lines)


def _comparison_text(result: evaluation.Comparison, champion: str) -> str:
    accuracy, macro = result.accuracy, result.macro_f1
    verdict = (
        "новая модель лучше" if macro.low > 0 else "новая модель хуже" if macro.high < 0 else "разница не доказана"
    )
    return "\n".join(
        [
            f"По сравнению с {champion}: {verdict}",
            f"  macro-F1 {macro.value:+.3f}  (95 %: {macro.low:+.3f} … {macro.high:+.3f}), "
            f"лучше в {_percent(result.better)} повторных выборок",
            f"  accuracy {accuracy.value:+.3f}  (95 %: {accuracy.low:+.3f} … {accuracy.high:+.3f})",
            f"  верно только новая: {result.gained}, верно только прежняя: {result.lost}, "
            f"критерий Макнемара p = {result.p_value:.4f}",
        ]
    )
