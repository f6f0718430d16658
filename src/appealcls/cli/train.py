"""``appealcls train``: a model from labelled appeals."""

import argparse
import sys
from typing import Any

from appealcls import training
from appealcls.cli.evaluate import evaluation_text
from appealcls.cli.options import column_options, command
from appealcls.cli.output import print_json
from appealcls.topics import Taxonomy

__all__ = ["add"]


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = command(commands, "train", _run, "обучить модель на размеченных обращениях",
        "Учится на таблице (или папке таблиц) с колонками текста и метки, любые метки. Качество измеряется на обращениях, "
        "которых модель не видела, и записывается в карточку модели.")  # fmt: skip
    parser.add_argument("data", metavar="ДАННЫЕ", help="таблица или папка таблиц")
    parser.add_argument("-o", "--output", metavar="ПАПКА", required=True, help="папка новой модели")
    column_options(parser)
    parser.add_argument("--topics", metavar="ФАЙЛ", help="названия тем и подразделений: файл вида topics.toml")
    parser.add_argument("--name", metavar="ИМЯ", default="", help="название модели в её карточке")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="начальное число (по умолчанию 0)")
    parser.add_argument("--json", action="store_true", help="вывести показатели в JSON")


def _run(options: argparse.Namespace) -> None:
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
        print_json({"model": str(result.folder), "skipped": list(result.skipped), **result.evaluation.to_dict()})
        return
    print("Качество на обращениях, которых модель не видела:\n")
    print(evaluation_text(result.evaluation))
    if result.skipped:
        shown = "; ".join(result.skipped[:5]) + (" …" if len(result.skipped) > 5 else "")
        print(f"\nПропущено строк без текста или метки: {len(result.skipped)} ({shown})")
    print(f"\nМодель записана: {result.folder}")
