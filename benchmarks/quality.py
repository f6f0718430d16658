"""Quality: ours against plainer ways, all from datasets/train, on datasets/test and on any real file that is given.

* the commonest topic for every text;
* rules: a page of regular expressions in keyword_rules.toml, written from the topics' definitions and not from texts;
* fastText with words and pairs of words, and the same with character 3–5-grams;
* TF-IDF of words and logistic regression (scikit-learn);
* ours: ``appealcls.train``, which is what ``appealcls train`` calls.

fastText gets its text in lower case without punctuation, which serves it best. The settings of fastText and of the
logistic regression were chosen on held-out batches of datasets/train. Macro-F1 is the mean over the topics with at least
ten rows in a file; intervals are 95 % bootstrap intervals over the texts. Files given by --real have columns ``text``
and ``topic``; those with a column ``sample`` also get, on their rows with ``sample`` = ``random`` (drawn as they came,
not sought out), the accuracy and the precision over the topics other than the fallback: how many of the texts that were
given one of these topics belong there.
"""

import argparse
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from common import (
    FALLBACK,
    TEST,
    TRAIN,
    Quality,
    Rows,
    fasttext_predictor,
    percent,
    quality,
    read_rows,
    table,
    train_fasttext,
    words_line,
)

import appealcls

RULES = Path(__file__).with_name("keyword_rules.toml")
Predict = Callable[[Sequence[str]], list[str | None]]


def majority(train: Rows) -> Predict:
    """The commonest topic."""
    commonest = Counter(train.labels).most_common(1)[0][0]
    return lambda texts: [commonest] * len(texts)


def rules() -> Predict:
    """The topic whose expressions match most often; the first in the file where two match alike."""
    expressions = {
        topic: [re.compile(expression) for expression in entry["match"]]
        for topic, entry in tomllib.loads(RULES.read_text(encoding="utf-8")).items()
    }

    def topic_of(text: str) -> str:
        text = text.lower().replace("ё", "е")
        counts = {
            topic: sum(1 for expression in group for _ in expression.finditer(text))
            for topic, group in expressions.items()
        }
        best = max(counts, key=counts.__getitem__)
        return best if counts[best] else FALLBACK

    return lambda texts: [topic_of(text) for text in texts]


def fast(train: Rows, **parameters: Any) -> Predict:
    """A fastText classifier."""
    label = fasttext_predictor(train_fasttext(train, words_line, **parameters))
    return lambda texts: [label(words_line(text)) for text in texts]


def scikit(train: Rows) -> Predict:
    """TF-IDF of words and logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(TfidfVectorizer(min_df=2, sublinear_tf=True), LogisticRegression(C=10, max_iter=1000))
    model.fit(train.texts, train.labels)
    return lambda texts: list(model.predict(texts))


def ours() -> Predict:
    """AppealClassifier with defaults, calibrated with whole batches held out, and compiled."""
    model = appealcls.train(TRAIN).model
    return lambda texts: model.predict_columns(texts).topic


def random_part(rows: Rows, predicted: Sequence[str | None]) -> tuple[str, str]:
    """Accuracy, and precision over the topics other than the fallback, on rows of the random sample."""
    drawn = [
        (label, found)
        for label, found, sample in zip(rows.labels, predicted, rows.samples, strict=True)
        if sample == "random"
    ]
    named = [label == found for label, found in drawn if found not in {None, FALLBACK}]
    accuracy = sum(label == found for label, found in drawn) / len(drawn)
    return percent(accuracy), f"{percent(sum(named) / len(named))} of {len(named)}" if named else "—"


def report(title: str, rows: Rows, models: dict[str, Predict]) -> None:
    """Print the table of one file."""
    drawn = rows.samples.count("random")
    header = ["", "macro-F1, %", "accuracy, %"]
    if drawn:
        header += [f"accuracy, random {drawn}", "precision of named topics"]
    lines, last = [], None
    for name, predict in models.items():
        predicted = predict(rows.texts)
        last = quality(rows.labels, predicted, intervals=name.startswith("appealcls"))
        lines.append([name, percent(last.macro_f1), percent(last.accuracy)])
        if drawn:
            lines[-1] += random_part(rows, predicted)
    assert isinstance(last, Quality)
    print(f"\n{title}: {len(rows)} texts, macro-F1 over {len(last.topics)} topics\n\n{table(header, lines)}")


def main() -> None:
    """Train, predict and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", type=Path, nargs="+", default=[], metavar="PATH", help="labelled CSV: text, topic")
    options = parser.parse_args()
    train, test = read_rows(TRAIN), read_rows(TEST)
    real = {path: read_rows(path) for path in options.real}  # read first: a wrong path is told at once
    print(f"Trained on {len(train)} texts of {len(set(train.groups))} batches in datasets/train")
    models = {
        "commonest topic": majority(train),
        "keyword rules": rules(),
        "fastText, words and pairs": fast(train),
        "fastText, also character 3–5-grams": fast(train, minn=3, maxn=5),
        "TF-IDF of words + logistic regression": scikit(train),
        "appealcls": ours(),
    }
    report("datasets/test", test, models)
    for path, rows in real.items():
        report(path.name, rows, models)


if __name__ == "__main__":
    main()
