"""What the benchmarks share: reading data sets, figures of quality, fastText's way of training, tables of text.

Importing this loads nothing heavy: ``serving.py`` limits threads before NumPy comes in, and ``cold_start.py`` must stay
small while it measures others.
"""

import csv
import re
import statistics
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from appealcls.evaluation import Interval

ROOT: Final = Path(__file__).resolve().parents[1]
TRAIN: Final = ROOT / "datasets" / "train"
TEST: Final = ROOT / "datasets" / "test"
MODEL: Final = ROOT / "models" / "default"
FALLBACK: Final = "other"
LABEL_PREFIX: Final = "__label__"
MIN_SUPPORT: Final = 10  # topics of fewer rows are left out of a file's macro-F1: one text would move it by points


@dataclass(slots=True)
class Rows:
    """Labelled texts.

    Attributes
    ----------
    texts, labels : list of str
    groups : list of str
        The file each row comes from: a batch was written by one author.
    samples : list of str
        The column ``sample``, where there is one; else empty strings.
    """

    texts: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    samples: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.texts)

    def pick(self, places: Iterable[int]) -> "Rows":
        """Some of the rows."""
        rows = Rows()
        for i in places:
            rows.texts.append(self.texts[i])
            rows.labels.append(self.labels[i])
            rows.groups.append(self.groups[i])
            rows.samples.append(self.samples[i])
        return rows


def read_rows(place: Path) -> Rows:
    """Rows of a CSV file with columns ``text`` and ``topic``, or of all such files in a folder."""
    files = sorted(place.glob("*.csv")) if place.is_dir() else [place]
    if not files:
        raise SystemExit(f"{place}: no CSV files in this folder")
    rows = Rows()
    for file in files:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = {"text", "topic"} - set(reader.fieldnames or ())
            if missing:
                raise SystemExit(f"{file}: no column {', '.join(sorted(missing))}")
            for row in reader:
                text, topic = (row["text"] or "").strip(), (row["topic"] or "").strip()
                if text and topic:
                    rows.texts.append(text)
                    rows.labels.append(topic)
                    rows.groups.append(file.stem)
                    rows.samples.append(row.get("sample") or "")
    return rows


@dataclass(frozen=True, slots=True)
class Quality:
    """How good some predictions are; ``topics`` are those that the macro-F1 is the mean over."""

    macro_f1: "Interval"
    accuracy: "Interval"
    topics: tuple[str, ...]


def quality(true: Sequence[str], predicted: Sequence[str | None], *, intervals: bool = True) -> Quality:
    """Macro-F1 over the topics with at least ``MIN_SUPPORT`` rows, and accuracy over all rows.

    Intervals are those of :mod:`appealcls.evaluation`, made of the same redrawn samples; that module has no macro-F1
    over some of the topics, so the drawing is repeated here. Without ``intervals`` both bounds are the value.
    """
    import numpy as np

    from appealcls.evaluation import BOOTSTRAP_SAMPLES, Interval

    topics = tuple(sorted(topic for topic, n in Counter(true).items() if n >= MIN_SUPPORT))
    names: dict[str | None, int] = {topic: i for i, topic in enumerate(topics)}
    k = len(topics)
    # What is not among the topics is class k for the truth and k too for the answer; it counts in neither F1.
    a = np.array([names.get(label, k) for label in true])
    b = np.array([names.get(label, k) for label in predicted])
    right = np.array([x == y for x, y in zip(true, predicted, strict=True)])
    macro, accuracy = _macro_f1(a, b, k), float(right.mean())
    if not intervals:
        return Quality(Interval(macro, macro, macro), Interval(accuracy, accuracy, accuracy), topics)
    macros, accuracies = [], []
    for sequence in np.random.SeedSequence(0).spawn(BOOTSTRAP_SAMPLES):
        sample = np.random.default_rng(sequence).integers(0, len(true), len(true))
        macros.append(_macro_f1(a[sample], b[sample], k))
        accuracies.append(float(right[sample].mean()))

    def interval(value: float, samples: Sequence[float]) -> Interval:
        low, high = np.percentile(samples, (2.5, 97.5))
        return Interval(value, float(low), float(high))

    return Quality(interval(macro, macros), interval(accuracy, accuracies), topics)


def _macro_f1(true: "NDArray[np.intp]", predicted: "NDArray[np.intp]", k: int) -> float:
    import numpy as np

    hits = np.bincount(true[true == predicted], minlength=k + 1)[:k]
    both = np.bincount(true, minlength=k + 1)[:k] + np.bincount(predicted, minlength=k + 1)[:k]
    there = both > 0
    return float((2 * hits[there] / both[there]).mean())


def one_line(text: str) -> str:
    """A text as fastText reads it at the least: lower case, one line; the line feed is its end-of-text word.

    ``model.predict`` would add that line feed itself; the inner call that is used here (see :func:`fasttext_predictor`)
    does not, and without it the last word is lost.
    """
    return " ".join(text.lower().split()) + "\n"


def words_line(text: str) -> str:
    """The same with punctuation taken off, as fastText's tutorial advises; slower, and five points better here."""
    return " ".join(re.findall(r"\w+", text.lower())) + "\n"


def train_fasttext(rows: Rows, prepare: Callable[[str], str], **parameters: Any) -> Any:
    """A fastText classifier of words and pairs of neighbours.

    Epochs and rate of learning were chosen on held-out batches of datasets/train: with fastText's own (5 and 0.1) it
    hardly learns from ten thousand texts. One thread and a seed make it repeatable; the hash table of 200,000 pairs
    (2,000,000 by default) is ample for the data and keeps the model at a tenth of the 800 MB.
    """
    import fasttext

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "train.txt"
        with source.open("w", encoding="utf-8") as stream:
            stream.writelines(
                f"{LABEL_PREFIX}{label} {prepare(text)}" for text, label in zip(rows.texts, rows.labels, strict=True)
            )
        settings = {"wordNgrams": 2, "epoch": 25, "lr": 0.5, "bucket": 200_000, "thread": 1, "seed": 1, "verbose": 0}
        return fasttext.train_supervised(str(source), **(settings | parameters))


def fasttext_predictor(model: Any) -> Callable[[str], str]:
    """A function from a prepared text to its label.

    fasttext-wheel 0.9.2 breaks under NumPy 2 in ``model.predict`` (``np.array(…, copy=False)``). The C++ object inside
    is called directly, which also saves fastText the array: what is measured is its best case.
    """
    inner = model.f.predict
    skip = len(LABEL_PREFIX)

    def predict(line: str) -> str:
        found = inner(line, 1, 0.0, "strict")
        return found[0][1][skip:] if found else FALLBACK

    return predict


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median and, in brackets, the smallest and the largest."""
    low, middle, high = (f"{value:,.{digits}f}" for value in (min(values), statistics.median(values), max(values)))
    return f"{middle} ({low}–{high})"


def percent(figure: "Interval | float") -> str:
    """A share in percent, with its interval where there is one."""
    if isinstance(figure, float):
        return f"{100 * figure:.1f}"
    return f"{100 * figure.value:.1f}" + (
        f" [{100 * figure.low:.1f}; {100 * figure.high:.1f}]" if figure.low < figure.high else ""
    )


def folder_size(place: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    return sum(file.stat().st_size for file in place.rglob("*")) if place.is_dir() else place.stat().st_size


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table that is readable as it stands; the first column is left-aligned, the others right."""
    lines = [list(header), *map(list, rows)]
    widths = [max(3, *(len(line[i]) for line in lines)) for i in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    rule = [("-" * (width - 1) + ":") if i else "-" * width for i, width in enumerate(widths)]
    return "\n".join([line(lines[0]), line(rule), *map(line, lines[1:])])
