"""``appealcls predict``: the topic of one text."""

import argparse
import sys
from typing import Any, Final

from appealcls import store
from appealcls.cli.options import command, model_option
from appealcls.cli.output import percent, print_json, text_table
from appealcls.model import TopicModel
from appealcls.prediction import Prediction

__all__ = ["add"]

_SHOWN_WORDS: Final = 8


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = command(commands, "predict", _run, "определить тему одного текста",
        "Печатает тему, вероятности всех тем и слова, которые её определили. Текст «-» читается со стандартного ввода.")  # fmt: skip
    parser.add_argument("text", metavar="ТЕКСТ", help='текст обращения в кавычках, или "-"')
    model_option(parser)
    parser.add_argument("--json", action="store_true", help="вывести JSON")


def _run(options: argparse.Namespace) -> None:
    text = sys.stdin.read() if options.text == "-" else options.text
    model = store.load(options.model)
    prediction = model.predict(text)
    if options.json:
        names = {topic.id: topic.name for topic in model.taxonomy.topics}
        data = prediction.to_dict()
        print_json({"topic": data.pop("topic"), "topic_name": names.get(prediction.topic or ""), **data})
    else:
        print(_prediction_text(prediction, model))


def _prediction_text(prediction: Prediction, model: TopicModel) -> str:
    names = {topic.id: topic.name for topic in model.taxonomy.topics}
    if prediction.abstained:
        lines = ["В тексте нет ни одного слова, известного модели: тему должен указать человек."]
    else:
        lines = [f"Тема: {names[prediction.topic or '']} ({prediction.topic})"]
        lines.append(
            f"Уверенность: {percent(prediction.confidence)}" + (" — проверьте" if prediction.needs_review else "")
        )
        if len(prediction.topics) > 1:
            lines.append("Также: " + "; ".join(f"{names[topic]} ({topic})" for topic in prediction.topics[1:]))
    rows = [(topic, percent(probability)) for topic, probability in prediction.ranking]
    lines += ["", text_table(rows, ("тема", "вероятность"))]
    if prediction.evidence:
        words = [(word.word, f"{word.contribution:+.2f}") for word in prediction.evidence[:_SHOWN_WORDS]]
        lines += ["", text_table(words, ("слово", "вклад"))]
    return "\n".join(lines)
