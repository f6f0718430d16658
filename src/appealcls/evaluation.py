"""How good a model is, and whether another one is really better.

Figures are given with 95 % bootstrap intervals: the texts of each topic are drawn again with replacement, the percentiles
of the redrawn figures are the bounds (Efron, Tibshirani, "An introduction to the bootstrap", 1993, ch. 13). Two models are
compared on the same redrawn texts, which takes out what both find hard.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from appealcls.errors import DataError
from appealcls.model import TopicModel

__all__ = ["Comparison", "Evaluation", "Interval", "TopicScores", "compare", "evaluate_predictions", "evaluate_texts"]

BOOTSTRAP_SAMPLES: Final = 1000
_LEVEL: Final = (2.5, 97.5)  # percentiles of a 95 % interval
_BINS: Final = 10  # of the reliability table, as in Guo et al., 2017


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class TopicScores:
    """One topic: ``support`` true texts, ``predicted`` texts given to it; precision and the rest in [0, 1]."""

    topic: str
    precision: float
    recall: float
    f1: float
    support: int
    predicted: int


@dataclass(frozen=True, slots=True)
class Bin:
    """Texts whose confidence is in ``(low, high]``: how sure the model was, and how often it was right."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of one model on labelled texts.

    Attributes
    ----------
    n : int
        How many texts.
    accuracy, macro_f1 : Interval
        Macro-F1 is the plain mean over the topics that occur among the labels or the predictions.
    majority : float
        Accuracy of always answering with the commonest topic: what any model must beat.
    topics : tuple of TopicScores
    confusion : tuple of tuple of int
        Rows: true topic, columns: predicted, both in the order of ``topics``.
    calibration : tuple of Bin
    calibration_error : float
        Expected calibration error: mean distance of confidence and accuracy over the bins, by their counts.
    reviewed : float
        Share of the texts marked for review.
    accuracy_unreviewed : float
        Accuracy of the others; 0 if there are none.
    """

    n: int
    accuracy: Interval
    macro_f1: Interval
    majority: float
    topics: tuple[TopicScores, ...]
    confusion: tuple[tuple[int, ...], ...]
    calibration: tuple[Bin, ...]
    calibration_error: float
    reviewed: float
    accuracy_unreviewed: float

    def to_dict(self) -> dict[str, Any]:
        """JSON-able data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A challenger against a champion on the same texts; differences are challenger less champion.

    Attributes
    ----------
    accuracy, macro_f1 : Interval
        The differences.
    better : float
        Share of the redrawn samples in which the challenger's macro-F1 is higher.
    gained, lost : int
        Texts that only the challenger, or only the champion, got right.
    p_value : float
        Exact two-sided McNemar test: how likely a split of ``gained`` and ``lost`` at least so uneven is between
        equally good models.
    """

    accuracy: Interval
    macro_f1: Interval
    better: float
    gained: int
    lost: int
    p_value: float

    def to_dict(self) -> dict[str, Any]:
        """JSON-able data."""
        return asdict(self)


def evaluate_texts(model: TopicModel, texts: Sequence[str], labels: Sequence[str], seed: int = 0) -> Evaluation:
    """Compare a model's predictions with labels.

    Parameters
    ----------
    model : TopicModel
    texts, labels : sequence of str, of one length
    seed : int, default=0
        Of the bootstrap.

    Raises
    ------
    DataError
        If there are no texts, lengths differ, or a label is none of the model's topics.

    Examples
    --------
    >>> from appealcls import load
    >>> evaluate_texts(load(), ["Яма на дороге", "Стая собак у школы"], ["roads", "stray_animals"]).accuracy.value
    1.0
    """
    true = _numbers(labels, model.taxonomy.ids)
    if len(texts) != len(true):
        raise DataError(f"{len(texts)} texts and {len(true)} labels: each text needs one label")
    found = model.predict_columns(texts)
    return evaluate_predictions(
        model.taxonomy.ids, true, _answers(model, found.topic), found.confidence, found.needs_review, seed
    )


def evaluate_predictions(
    topics: Sequence[str],
    true: NDArray[np.intp],
    predicted: NDArray[np.intp],
    confidence: NDArray[np.float64],
    reviewed: NDArray[np.bool_],
    seed: int = 0,
) -> Evaluation:
    """The same from numbers of topics; ``predicted`` is -1 where there was no answer."""
    n, k = len(true), len(topics)
    if not n:
        raise DataError("there are no labelled texts to evaluate on")
    right = true == predicted
    confusion = _confusion(true, predicted, k)
    samples = [_draw(true, generator) for generator in _generators(seed)]
    accuracy = _interval(float(right.mean()), [float(right[sample].mean()) for sample in samples])
    macro = _interval(
        _macro_f1(confusion), [_macro_f1(_confusion(true[sample], predicted[sample], k)) for sample in samples]
    )
    precision, recall, f1 = _scores(confusion)
    support, given = confusion[:k].sum(axis=1), confusion[:, :k].sum(axis=0)
    bins, error = _reliability(confidence, right)
    sure = ~reviewed
    return Evaluation(
        n=n,
        accuracy=accuracy,
        macro_f1=macro,
        majority=float(support.max() / n),
        topics=tuple(
            TopicScores(topic, float(precision[i]), float(recall[i]), float(f1[i]), int(support[i]), int(given[i]))
            for i, topic in enumerate(topics)
        ),
        confusion=tuple(tuple(map(int, row[:k])) for row in confusion[:k]),
        calibration=bins,
        calibration_error=error,
        reviewed=float(reviewed.mean()),
        accuracy_unreviewed=float(right[sure].mean()) if sure.any() else 0.0,
    )


def compare(
    champion: TopicModel, challenger: TopicModel, texts: Sequence[str], labels: Sequence[str], seed: int = 0
) -> Comparison:
    """Whether a challenger is really better than the champion.

    Raises
    ------
    DataError
        If there are no texts, or the models do not have the same topics.
    """
    if set(champion.taxonomy.ids) != set(challenger.taxonomy.ids):
        raise DataError(
            f"the models have different topics: {', '.join(champion.taxonomy.ids)} and {', '.join(challenger.taxonomy.ids)}"
        )
    ids = champion.taxonomy.ids
    true = _numbers(labels, ids)
    if len(texts) != len(true) or not len(true):
        raise DataError(f"{len(texts)} texts and {len(true)} labels: each text needs one label, and there must be some")
    old, new = (
        np.array([-1 if topic is None else ids.index(topic) for topic in model.predict_columns(texts).topic])
        for model in (champion, challenger)
    )
    k, right_old, right_new = len(ids), old == true, new == true
    accuracy, macro = [], []
    for generator in _generators(seed):
        sample = _draw(true, generator)
        accuracy.append(float(right_new[sample].mean() - right_old[sample].mean()))
        macro.append(
            _macro_f1(_confusion(true[sample], new[sample], k)) - _macro_f1(_confusion(true[sample], old[sample], k))
        )
    gained, lost = int((right_new & ~right_old).sum()), int((right_old & ~right_new).sum())
    difference = _macro_f1(_confusion(true, new, k)) - _macro_f1(_confusion(true, old, k))
    return Comparison(
        accuracy=_interval(float(right_new.mean() - right_old.mean()), accuracy),
        macro_f1=_interval(difference, macro),
        better=float(np.mean([value > 0 for value in macro])),
        gained=gained,
        lost=lost,
        p_value=_mcnemar(gained, lost),
    )


def _numbers(labels: Sequence[str], ids: Sequence[str]) -> NDArray[np.intp]:
    number = {topic: i for i, topic in enumerate(ids)}
    unknown = sorted(set(labels) - set(ids))
    if unknown:
        raise DataError(
            f"labels that the model does not know: {', '.join(map(repr, unknown[:5]))}{' …' if len(unknown) > 5 else ''}; "
            f"its topics are {', '.join(ids[:10])}{' …' if len(ids) > 10 else ''}"
        )
    return np.array([number[label] for label in labels], dtype=np.intp)


def _answers(model: TopicModel, topics: Sequence[str | None]) -> NDArray[np.intp]:
    number = {topic: i for i, topic in enumerate(model.taxonomy.ids)}
    return np.array([-1 if topic is None else number[topic] for topic in topics], dtype=np.intp)


def _generators(seed: int) -> list[np.random.Generator]:
    return [np.random.default_rng(sequence) for sequence in np.random.SeedSequence(seed).spawn(BOOTSTRAP_SAMPLES)]


def _draw(true: NDArray[np.intp], generator: np.random.Generator) -> NDArray[np.intp]:
    """Texts drawn with replacement, of each topic as many as there are.

    Drawn from all texts at once, a rare topic would often be missing, and macro-F1 be the mean of fewer topics.
    """
    order = np.argsort(true, kind="stable")
    counts = np.bincount(true)
    first = np.cumsum(counts) - counts
    topic = true[order]
    places: NDArray[np.intp] = first[topic] + (generator.random(len(true)) * counts[topic]).astype(np.intp)
    return order[places]


def _interval(value: float, samples: Sequence[float]) -> Interval:
    low, high = np.percentile(samples, _LEVEL)
    return Interval(value, float(low), float(high))


def _confusion(true: NDArray[np.intp], predicted: NDArray[np.intp], k: int) -> NDArray[np.intp]:
    """True topics by row, predicted by column; the last row and column stand for no answer."""
    cells = np.bincount(true * (k + 1) + np.where(predicted < 0, k, predicted), minlength=(k + 1) ** 2)
    return cells.reshape(k + 1, k + 1)


def _scores(confusion: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Precision, recall and F1 of each topic; 0 where there is nothing to divide by."""
    k = len(confusion) - 1
    hits = np.diagonal(confusion)[:k].astype(np.float64)
    given, support = confusion[:, :k].sum(axis=0), confusion[:k].sum(axis=1)
    return (
        hits / np.maximum(given, 1),
        hits / np.maximum(support, 1),
        2 * hits / np.maximum(given + support, 1),
    )


def _macro_f1(confusion: NDArray[np.intp]) -> float:
    k = len(confusion) - 1
    there = (confusion[:, :k].sum(axis=0) + confusion[:k].sum(axis=1)) > 0
    return float(_scores(confusion)[2][there].mean())


def _reliability(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[tuple[Bin, ...], float]:
    place = np.clip(np.ceil(confidence * _BINS).astype(int) - 1, 0, _BINS - 1)
    bins, error = [], 0.0
    for i in range(_BINS):
        inside = place == i
        if inside.any():
            sure, hit = float(confidence[inside].mean()), float(right[inside].mean())
            bins.append(Bin(i / _BINS, (i + 1) / _BINS, int(inside.sum()), sure, hit))
            error += abs(sure - hit) * inside.mean()
    return tuple(bins), float(error)


def _mcnemar(gained: int, lost: int) -> float:
    """Exact two-sided p of the sign test on the texts where the models differ."""
    n, few = gained + lost, min(gained, lost)
    # Terms of the binomial distribution one from the other; the first is 2**-n, kept as a logarithm.
    logs = np.cumsum(np.log(np.arange(n, n - few, -1) / np.arange(1, few + 1))) if few else np.zeros(0)
    tail = np.exp(np.concatenate(([0.0], logs)) - n * np.log(2)).sum()
    return float(min(1.0, 2 * tail))
