"""Why the defaults are what they are: choices compared on batches that were held out, and what more data would bring.

Without options: a table of choices, each differing from the defaults in one place. Predictions are made for every text
of datasets/train by a model that has not seen its batch (``GroupKFold`` of six over file names), and the figures are
taken over all of them together. With --real also: trained on everything, tested on a real file. datasets/test is left
alone here, so that it stays a test.

--curve: 1/8, 1/4, 1/2 of every batch, three draws each, and all; tested on datasets/test and on real files.
--batches: trained without each batch in turn; what that changes on datasets/test and on real files, in points. Much
below zero: the batch teaches what no other does. Above zero: look at its labels.

Training here calibrates on 2 folds instead of 5, which is three times as fast; all choices are treated alike.
"""

import argparse
import random
import statistics
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from common import TEST, TRAIN, Quality, Rows, percent, quality, read_rows, table

FOLDS: Final = 6
CALIBRATION_FOLDS: Final = 2
SHARES: Final = (1 / 8, 1 / 4, 1 / 2)
DRAWS: Final = 3
CHOICES: Final[dict[str, dict[str, Any]]] = {
    "defaults: pairs, n-grams 3–5, min_df 2, C 0.5": {},
    "no pairs": {"pairs": False},
    "n-grams 3–4": {"ngram_max": 4},
    "n-grams 2–5": {"ngram_min": 2},
    "n-grams 3–6": {"ngram_max": 6},
    "min_df 1": {"min_df": 1},
    "min_df 3": {"min_df": 3},
    "C 0.2": {"C": 0.2},
    "C 1.0": {"C": 1.0},
}


def answers(train: Rows, tests: Sequence[Rows], parameters: dict[str, Any]) -> list[list[str]]:
    """Predictions for each of the tests by a classifier that is trained on ``train``."""
    from appealcls.classifier import AppealClassifier

    classifier = AppealClassifier(calibration_folds=CALIBRATION_FOLDS, **parameters)
    classifier.fit(train.texts, train.labels, train.groups)
    return [classifier.predict(test.texts).tolist() for test in tests]


def at_once(tasks: Sequence[tuple[Rows, Sequence[Rows], dict[str, Any]]], jobs: int) -> Iterator[list[list[str]]]:
    """The answers of each task, in their order, with a bar of progress."""
    from joblib import Parallel, delayed
    from tqdm import tqdm

    found = Parallel(n_jobs=jobs, return_as="generator")(delayed(answers)(*task) for task in tasks)
    return iter(tqdm(found, total=len(tasks), unit="model", leave=False))


def figures(found: Iterable[Quality]) -> list[str]:
    """Two cells for every file."""
    return [percent(figure) for one in found for figure in (one.macro_f1, one.accuracy)]


def heads(names: Iterable[str]) -> list[str]:
    """Their headings."""
    return [f"{name}: {figure}" for name in names for figure in ("macro-F1", "accuracy")]


def choices(train: Rows, real: dict[str, Rows], jobs: int) -> None:
    """Print the table of choices."""
    from sklearn.model_selection import GroupKFold

    folds = list(GroupKFold(FOLDS).split(train.texts, train.labels, train.groups))
    halves = [(train.pick(learn), [train.pick(held)]) for learn, held in folds]
    if real:
        halves.append((train, list(real.values())))
    found = at_once([(*half, parameters) for parameters in CHOICES.values() for half in halves], jobs)
    lines = []
    for name in CHOICES:
        predicted: list[str | None] = [None] * len(train)
        for _, held in folds:
            for place, topic in zip(held.tolist(), next(found)[0], strict=True):
                predicted[place] = topic
        scores = [quality(train.labels, predicted, intervals=False)]
        if real:
            scores += _scores(list(real.values()), next(found))
        lines.append([name, *figures(scores)])
    print(f"\n{len(train)} texts, {len(set(train.groups))} batches, whole batches held out in {FOLDS} folds\n")
    print(table(["", *heads(["held out", *real])], lines))


def curve(train: Rows, tests: dict[str, Rows], jobs: int) -> None:
    """Print the learning curve."""
    parts = [(share, _share(train, share, seed)) for share in SHARES for seed in range(DRAWS)] + [(1.0, train)]
    found = at_once([(part, list(tests.values()), {}) for _, part in parts], jobs)
    cells: dict[float, list[list[float]]] = {}
    sizes: dict[float, int] = {}
    for share, part in parts:
        sizes[share] = len(part)
        scores = _scores(list(tests.values()), next(found))
        cells.setdefault(share, []).append([f.value for one in scores for f in (one.macro_f1, one.accuracy)])
    lines = [
        [
            f"{share:g} of every batch",
            str(sizes[share]),
            *(percent(statistics.fmean(c)) for c in zip(*draws, strict=True)),
        ]
        for share, draws in cells.items()
    ]
    print(f"\nLearning curve, means of {DRAWS} draws\n\n{table(['', 'texts', *heads(tests)], lines)}")


def without_batches(train: Rows, tests: dict[str, Rows], jobs: int) -> None:
    """Print what each batch is worth."""
    names = sorted(set(train.groups))
    parts = [train, *(train.pick(i for i, group in enumerate(train.groups) if group != name) for name in names)]
    found = at_once([(part, list(tests.values()), {}) for part in parts], jobs)
    whole = _scores(list(tests.values()), next(found))
    lines = [["all batches", str(len(train)), *figures(whole)]]
    for name, part in zip(names, parts[1:], strict=True):
        changes = [
            f"{100 * (new.value - old.value):+.1f}"
            for one, before in zip(_scores(list(tests.values()), next(found)), whole, strict=True)
            for new, old in ((one.macro_f1, before.macro_f1), (one.accuracy, before.accuracy))
        ]
        lines.append([f"without {name}", str(len(part)), *changes])
    print(f"\nWithout one batch: change in points\n\n{table(['', 'texts', *heads(tests)], lines)}")


def _scores(tests: Sequence[Rows], predicted: Sequence[Sequence[str]]) -> list[Quality]:
    return [quality(test.labels, topics, intervals=False) for test, topics in zip(tests, predicted, strict=True)]


def _share(rows: Rows, share: float, seed: int) -> Rows:
    """The same share of every batch."""
    generator = random.Random(seed)
    batches: dict[str, list[int]] = {}
    for i, group in enumerate(rows.groups):
        batches.setdefault(group, []).append(i)
    return rows.pick(
        i for places in batches.values() for i in sorted(generator.sample(places, round(share * len(places))))
    )


def main() -> None:
    """Train, predict and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", type=Path, nargs="+", default=[], metavar="PATH", help="labelled CSV: text, topic")
    parser.add_argument("--curve", action="store_true", help="the learning curve instead of the table of choices")
    parser.add_argument("--batches", action="store_true", help="leave each batch out instead of the table of choices")
    parser.add_argument("--jobs", type=int, default=-1, help="processes (default: as many as cores)")
    options = parser.parse_args()
    train = read_rows(TRAIN)
    real = {path.name: read_rows(path) for path in options.real}
    tests = {"test": read_rows(TEST), **real}
    if options.curve:
        curve(train, tests, options.jobs)
    if options.batches:
        without_batches(train, tests, options.jobs)
    if not (options.curve or options.batches):
        choices(train, real, options.jobs)


if __name__ == "__main__":
    main()
