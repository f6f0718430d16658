"""Speed of serving: texts per second of appealcls, fastText and scikit-learn, in one process on one core.

The texts are those of datasets/test, repeated to about 4,000. Every way of predicting gets the same list, one after
another in every round, and the order turns by one each round, so that what slows the machine down slows all alike.
Ratios are taken within a round. One pass before the rounds is not counted: it opens dictionaries and fills the caches
that each side has (ours of forms unknown to the model, the lemmas of the scikit-learn pipeline). What our first pass
takes is printed apart.

Ours
    ``predict`` of a list (a ``Prediction`` with ranking and evidence for every text), ``predict_columns`` of the same
    list, and ``predict`` called with one text at a time.
fastText
    Trained here on datasets/train with pairs of words. Its text is lower-cased and put on one line, beforehand or as
    part of what is timed; one call a text, or one call for the list. It gives a label for each text.
scikit-learn
    The same kind of features as ours: TF-IDF of lemmas and their pairs, lemmas by pymorphy3 kept in a plain dict, and
    of character 3–5-grams inside words; a linear SVM. It gives a label for each text.
"""

import argparse
import gc
import os
import re
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

# Libraries of linear algebra read these when NumPy is imported.
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

from common import MODEL, TEST, TRAIN, Rows, fasttext_predictor, one_line, read_rows, spread, table, train_fasttext

from appealcls import load

OURS = ("appealcls predict", "appealcls predict_columns", "appealcls predict, one text a call")


class Lemmas:
    """Tokenizer of the scikit-learn pipeline: words, and their lemmas from a plain dict."""

    def __init__(self) -> None:
        from pymorphy3 import MorphAnalyzer

        self._parse = MorphAnalyzer().parse
        self._known: dict[str, str] = {}
        self._words = re.compile(r"\w+").findall

    def __call__(self, text: str) -> list[str]:
        """Lemmas of the words of a text."""
        known = self._known
        lemmas = []
        for word in self._words(text):
            lemma = known.get(word)
            if lemma is None:
                lemma = known[word] = self._parse(word)[0].normal_form
            lemmas.append(lemma)
        return lemmas


def scikit_pipeline() -> Any:
    """Lemmas with pairs and character n-grams, each by TF-IDF, and a linear SVM."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    settings: dict[str, Any] = {"min_df": 2, "sublinear_tf": True}
    return make_pipeline(
        make_union(
            TfidfVectorizer(tokenizer=Lemmas(), token_pattern=None, ngram_range=(1, 2), **settings),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), **settings),
        ),
        LinearSVC(C=0.5, random_state=0),
    )


def one_core() -> str:
    """Bind the process to one core where the system can; says what was done."""
    if not hasattr(os, "sched_setaffinity"):
        return "threads limited to one; this system cannot bind a process to a core"
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return f"bound to core {core}"


def contestants(texts: Sequence[str], train: Rows) -> dict[str, Callable[[], object]]:
    """Everything that is timed, trained and ready, by name."""
    model = load(MODEL)
    distinct = list(dict.fromkeys(texts))
    start = time.perf_counter()
    model.predict(distinct)
    seconds = time.perf_counter() - start
    print(
        f"first pass of a model just loaded over {len(distinct)} different texts, pymorphy3 opened and unknown words "
        f"analysed: {seconds:.2f} s, {len(distinct) / seconds:,.0f} texts/s\n"
    )
    fast = train_fasttext(train, one_line)
    label, many = fasttext_predictor(fast), fast.f.multilinePredict
    lines = [one_line(text) for text in texts]
    pipeline = scikit_pipeline().fit(train.texts, train.labels)
    return {
        OURS[0]: partial(model.predict, texts),
        OURS[1]: partial(model.predict_columns, texts),
        OURS[2]: lambda: [model.predict(text) for text in texts],
        "fastText, prepared beforehand": lambda: [label(line) for line in lines],
        "fastText with preparation": lambda: [label(one_line(text)) for text in texts],
        "fastText, one call, with preparation": lambda: many([one_line(text) for text in texts], 1, 0.0, "strict"),
        "scikit-learn, lemmas + pairs + char 3–5": partial(pipeline.predict, texts),
    }


def measure(run: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each contestant in every round."""
    for work in run.values():
        work()
    # Everything so far (texts, three models, vocabularies of all) lives until the end. No server holds it all, and
    # every full garbage collection that somebody's new objects set off would walk over it; frozen, it is left alone.
    # The collector stays on: who makes many objects pays for them. Garbage of one is gone before the next begins.
    gc.collect()
    gc.freeze()
    names = list(run)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            gc.collect()
            start = time.perf_counter()
            answers = run[name]()
            seconds[name].append(time.perf_counter() - start)
            del answers
    gc.unfreeze()
    return seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=4000, help="about how many texts (default: 4000)")
    parser.add_argument("--rounds", type=int, default=9, help="rounds that count, at least 7 (default: 9)")
    options = parser.parse_args()
    if options.rounds < 7:
        parser.error("--rounds must be at least 7")
    print(f"one process, {one_core()}")
    found, train = read_rows(TEST).texts, read_rows(TRAIN)
    texts = found * max(1, round(options.texts / len(found)))
    lengths = [len(text) for text in texts]
    print(
        f"{len(texts)} texts ({len(found)} different), characters: median {statistics.median(lengths):.0f}, "
        f"mean {statistics.mean(lengths):.0f}; {options.rounds} rounds"
    )
    seconds = measure(contestants(texts, train), options.rounds)

    rates = {name: [len(texts) / value for value in values] for name, values in seconds.items()}
    print(
        table(
            ("texts/s", "min", "median", "max"),
            [
                (name, *(f"{value:,.0f}" for value in (min(rate), statistics.median(rate), max(rate))))
                for name, rate in rates.items()
            ],
        )
    )
    print("\nHow many times as fast is ours, within a round: median (min–max)\n")
    print(
        table(
            ("against", *(name.removeprefix("appealcls ") for name in OURS)),
            [
                (name, *(spread([b / a for a, b in zip(seconds[ours], values, strict=True)]) for ours in OURS))
                for name, values in seconds.items()
                if name not in OURS
            ],
        )
    )


if __name__ == "__main__":
    main()
