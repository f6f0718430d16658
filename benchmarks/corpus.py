"""Figures of the datasheet: how many texts of which topic and length, and how a second reader labelled a sample.

Run from the repository: ``python benchmarks/corpus.py``. ``datasets/second_reading.csv`` holds the topics that a second
reader gave to a random 5 % of every batch, without seeing the labels.
"""

import argparse
from collections import Counter

import numpy as np
from common import ROOT, TEST, TRAIN, table

from appealcls.tables import open_table
from appealcls.training import read_labelled


def main() -> None:
    """Print all figures."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    parts = {"train": read_labelled(TRAIN), "test": read_labelled(TEST)}
    counts = {name: Counter(part.labels) for name, part in parts.items()}
    print(
        table(
            ["topic", *parts],
            [[topic, *(str(counts[name][topic]) for name in parts)] for topic in sorted(counts["train"])],
        )
    )
    for name, part in parts.items():
        lengths = np.array([len(text) for text in part.texts])
        print(
            f"\n{name}: {len(lengths)} texts, {len(set(part.groups))} batches, "
            f"{100 * np.mean([bool(more) for more in part.additional]):.1f} % with additional topics; characters: "
            f"{100 * np.mean(lengths < 90):.0f} % under 90, {100 * np.mean((lengths >= 90) & (lengths <= 400)):.0f} % to 400, "
            f"{100 * np.mean(lengths > 400):.0f} % above, {np.sum(lengths >= 2000)} of 2,000 and more, median {np.median(lengths):.0f}"
        )
    labels: dict[str, str] = {}
    for path in sorted([*TRAIN.glob("*.csv"), *TEST.glob("*.csv")]):
        rows = open_table(path)
        labels |= {row[rows.columns.index("id")]: row[rows.columns.index("topic")] for _, row in rows}
    pairs = [(labels[row[0]], row[1]) for _, row in open_table(ROOT / "datasets" / "second_reading.csv")]
    same = np.mean([first == second for first, second in pairs])
    first, second = (Counter(column) for column in zip(*pairs, strict=True))
    chance = sum(first[topic] * second[topic] for topic in first) / len(pairs) ** 2
    print(
        f"\nsecond reading: {len(pairs)} texts, the same primary topic in {100 * same:.1f} %, "
        f"Cohen's kappa {(same - chance) / (1 - chance):.3f}"
    )


if __name__ == "__main__":
    main()
