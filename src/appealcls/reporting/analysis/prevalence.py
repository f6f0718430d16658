"""How many appeals of each topic there really were: counts of a classifier corrected for its known errors.

A classifier takes some appeals of one topic for another, always in the same proportions; where topics are rare, what was
wrongly given to them may outweigh what is theirs. From the proportions, known from labelled texts, follow the true counts
that best explain those observed: the maximum-likelihood solution of Saerens, Latinne, Decaestecker, "Adjusting the outputs
of a classifier to new a priori probabilities", Neural Computation 14 (2002), in its form for counts. It is found by
expectation-maximisation, which keeps counts positive and their sum unchanged.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from appealcls.errors import DataError
from appealcls.reporting.figures import Breakdown, Estimate

__all__ = ["estimates", "true_counts"]

SAMPLES: Final = 1000  # of the bootstrap, as in appealcls.evaluation
_LEVEL: Final = (2.5, 97.5)  # percentiles of a 95 % interval
_STEPS: Final = 2000  # of expectation-maximisation, at most
_STILL: Final = 1e-6  # of the total: a step that changes no count by more is the last
_CELLS: Final = 4_000_000  # numbers of a block of samples, 32 MB

_Matrix = NDArray[np.float64]


def estimates(
    topics: Breakdown | Mapping[str, int],
    confusion: Sequence[Sequence[int]],
    ids: Sequence[str],
    *,
    samples: int = SAMPLES,
    seed: int = 0,
) -> tuple[Estimate, ...]:
    """Correct counts of topics for the errors of the model that gave them.

    Intervals are those of a parametric bootstrap: errors are drawn from what the labelled texts leave possible (Dirichlet),
    and what the model would have answered from the estimated counts. They hold while the model errs on these appeals as
    it did on the labelled texts; how the topics are mixed may differ.

    Parameters
    ----------
    topics : Breakdown or mapping of topic to count
        As labelled. Topics that are not among ``ids`` were not given by the model: they are left out.
    confusion : sequence of sequence of int, shape (topics, topics)
        Labelled texts by true (row) and predicted (column) topic, in the order of ``ids``. Of a topic without texts it is
        assumed that it is always recognised.
    ids : sequence of str
        The model's topics.
    samples : int, default=1000
    seed : int, default=0

    Returns
    -------
    tuple of Estimate
        In the order of ``topics``; empty if nothing was counted. Estimates sum to the counts.

    Raises
    ------
    DataError
        If ``confusion`` is not a square of numbers of texts with a row for each of ``ids``.

    Examples
    --------
    >>> found = estimates({"roads": 50, "other": 50}, [[900, 100], [0, 1000]], ["roads", "other"])
    >>> [(one.topic, round(one.estimate, 1)) for one in found]
    [('roads', 55.6), ('other', 44.4)]
    """
    matrix = np.asarray(confusion, dtype=np.float64)
    if matrix.shape != (len(ids), len(ids)) or not np.isfinite(matrix).all() or (matrix < 0).any():
        raise DataError(
            f"a confusion matrix of {len(ids)} topics must have {len(ids)} rows and columns of counts, got {matrix.shape}"
        )
    counts, names = _counted(topics)
    observed = np.array([counts.get(topic, 0) for topic in ids], dtype=np.float64)
    if not observed.sum():
        return ()
    errors = _rates(matrix)
    best = true_counts(observed[None], errors[None])[0]
    drawn = _bootstrap(best, matrix, errors, samples, np.random.default_rng(seed))
    low, high = np.percentile(drawn, _LEVEL, axis=0)
    place = {topic: number for number, topic in enumerate(ids)}
    return tuple(
        Estimate(
            topic,
            names[topic],
            count,
            float(best[place[topic]]),
            float(min(low[place[topic]], best[place[topic]])),
            float(max(high[place[topic]], best[place[topic]])),
        )
        for topic, count in counts.items()
        if topic in place
    )


def _counted(topics: Breakdown | Mapping[str, int]) -> tuple[dict[str, int], dict[str, str]]:
    if isinstance(topics, Breakdown):
        return {line.key: line.count for line in topics.lines}, {line.key: line.name for line in topics.lines}
    return dict(topics), {topic: topic for topic in topics}


def _rates(confusion: _Matrix) -> _Matrix:
    """P(predicted | true) by row."""
    known = confusion.sum(axis=1, keepdims=True) > 0
    filled = np.where(known, confusion, np.eye(len(confusion)))
    rates: _Matrix = filled / filled.sum(axis=1, keepdims=True)
    return rates


def true_counts(observed: _Matrix, errors: _Matrix) -> _Matrix:
    """True counts that make the observed ones likeliest.

    Parameters
    ----------
    observed : ndarray, shape (samples, topics)
        Counts of predictions.
    errors : ndarray, shape (samples, topics, topics)
        P(predicted | true), rows of sum 1.

    Returns
    -------
    ndarray, shape (samples, topics)
        Not negative; each row sums to the row of ``observed``.
    """
    total = observed.sum(axis=1, keepdims=True)
    found: _Matrix = (
        observed + total / observed.shape[1]
    ) / 2  # near what was seen, and nowhere 0, from where nothing returns
    for _ in range(_STEPS):
        expected = np.einsum("si,sij->sj", found, errors)
        ratio = np.divide(observed, expected, out=np.zeros_like(observed), where=expected > 0)
        new: _Matrix = found * np.einsum("sj,sij->si", ratio, errors)
        # A prediction that no topic ever gets by these errors explains nothing; the sum is kept all the same.
        new *= total / np.maximum(new.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
        done = bool((np.abs(new - found) <= _STILL * np.maximum(total, 1)).all())
        found = new
        if done:
            break
    return found


def _bootstrap(
    best: _Matrix, confusion: _Matrix, errors: _Matrix, samples: int, generator: np.random.Generator
) -> _Matrix:
    """Estimates that other labelled texts and other appeals of the same kind might have given."""
    k = len(best)
    whole = _rounded(best)
    known = confusion.sum(axis=1) > 0
    found = []
    size = max(1, _CELLS // (k * k))
    for start in range(0, samples, size):
        n = min(size, samples - start)
        answers = np.zeros((n, k))
        drawn = np.broadcast_to(errors, (n, k, k)).copy()
        for i in range(k):
            answers += generator.multinomial(whole[i], errors[i], size=n)
            if known[i]:
                # A prior of one text in all, spread evenly: what was never seen is unlikely, not impossible.
                drawn[:, i] = generator.dirichlet(confusion[i] + 1 / k, size=n)
        found.append(true_counts(answers, drawn))
    return np.concatenate(found)


def _rounded(counts: _Matrix) -> NDArray[np.int64]:
    """Whole numbers of the same sum, by largest remainders."""
    whole = np.floor(counts).astype(np.int64)
    missing = round(float(counts.sum())) - int(whole.sum())
    order = np.argsort(whole - counts, kind="stable")
    whole[order[:missing]] += 1
    return whole
