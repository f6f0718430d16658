"""``appealcls evaluate``: how good a model is, and whether it is better than another."""

import argparse
from typing import Any, Final

from appealcls import evaluation, store, training
from appealcls.cli.options import column_options, command, model_option
from appealcls.cli.output import percent, print_json, text_table
from appealcls.errors import DataError

__all__ = ["add", "evaluation_text"]

_WIDEST_CONFUSION: Final = 12  # topics; a wider table is of no use on a screen


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = command(commands, "evaluate", _run, "проверить модель на размеченных обращениях",
        "Печатает точность, macro-F1 с 95%-ми интервалами, показатели по темам, матрицу ошибок и калибровку.")  # fmt: skip
    parser.add_argument("data", metavar="ДАННЫЕ", help="таблица или папка таблиц")
    column_options(parser)
    model_option(parser)
    parser.add_argument("--against", metavar="ПАПКА", help="сравнить с другой моделью: действительно ли новая лучше")
    parser.add_argument("--json", action="store_true", help="вывести JSON")


def _run(options: argparse.Namespace) -> None:
    model = store.load(options.model)
    data = training.read_labelled(options.data, options.text_column, options.label_column)
    if not len(data):
        raise DataError(f"{options.data}: no rows that have both a text and a label")
    result = evaluation.evaluate_texts(model, data.texts, data.labels)
    against = (
        evaluation.compare(store.load(options.against), model, data.texts, data.labels) if options.against else None
    )
    if options.json:
        print_json({**result.to_dict(), **({"against": against.to_dict()} if against else {})})
        return
    print(evaluation_text(result))
    if against is not None:
        print(f"\n{_comparison_text(against, options.against)}")
    if data.skipped:
        print(f"\nПропущено строк без текста или метки: {len(data.skipped)}")


def evaluation_text(result: evaluation.Evaluation) -> str:
    """The figures of an evaluation in Russian: totals, topics, errors, calibration."""
    accuracy, macro = result.accuracy, result.macro_f1
    lines = [
        f"Обращений: {result.n}",
        f"Точность (accuracy): {percent(accuracy.value)}  (95 %: {percent(accuracy.low)} – {percent(accuracy.high)}; "
        f"самая частая тема дала бы {percent(result.majority)})",
        f"Macro-F1: {macro.value:.3f}  (95 %: {macro.low:.3f} – {macro.high:.3f})",
        f"На проверку: {percent(result.reviewed)}; среди остальных верны {percent(result.accuracy_unreviewed)}",
        "",
        text_table(
            [
                (t.topic, f"{t.precision:.3f}", f"{t.recall:.3f}", f"{t.f1:.3f}", t.support, t.predicted)
                for t in result.topics
            ],
            ("тема", "precision", "recall", "F1", "обращений", "предсказано"),
        ),
    ]
    if len(result.topics) <= _WIDEST_CONFUSION:
        names = [topic.topic for topic in result.topics]
        rows = [(name, *row) for name, row in zip(names, result.confusion, strict=True)]
        lines += ["", "Ошибки (строка — верная тема, столбец — ответ модели):", "", text_table(rows, ("", *names))]
    lines += [
        "",
        f"Калибровка (средняя ошибка {result.calibration_error:.3f}):",
        "",
        text_table(
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
            f"лучше в {percent(result.better)} повторных выборок",
            f"  accuracy {accuracy.value:+.3f}  (95 %: {accuracy.low:+.3f} … {accuracy.high:+.3f})",
            f"  верно только новая: {result.gained}, верно только прежняя: {result.lost}, "
            f"критерий Макнемара p = {result.p_value:.4f}",
        ]
    )
