"""What a model answers: a prediction, its reasons, and many predictions by column."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Evidence", "Explanation", "Prediction", "Predictions"]

_EVIDENCE: Final = 10  # words shown as the reasons of a prediction


@dataclass(frozen=True, slots=True)
class Evidence:
    """A word that spoke for a topic.

    Attributes
    ----------
    word : str
        As written: ``text[start:stop]``.
    start, stop : int
        Offsets in characters.
    contribution : float
        What the word adds to the topic's score; half of what its pairs with its neighbours add is in it.
    """

    word: str
    start: int
    stop: int
    contribution: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """A score taken apart: ``score == bias + sum of the contributions``, but for rounding.

    Attributes
    ----------
    topic : str
    score : float
        Log-odds up to a constant that is the same for all topics of the text; above 0 speaks for the topic.
    bias : float
        The part that no word brought.
    evidence : tuple of Evidence
        All words of the text, in its order.
    """

    topic: str
    score: float
    bias: float
    evidence: tuple[Evidence, ...]


class Prediction:
    """What a text is about.

    Attributes
    ----------
    topic : str or None
        Id of the main topic. A text with no known word gets the taxonomy's fallback, or None where there is none.
    confidence : float
        Calibrated probability of ``topic``, 0 to 1; 0 when the model abstained.
    topics : tuple of str
        All topics found, the main one first.
    needs_review : bool
        Whether a person should look at it: the confidence is low, or the model abstained.
    abstained : bool
        Whether no word of the text is known.
    """

    __slots__ = (
        "_evidence",
        "_explain",
        "_ids",
        "_probabilities",
        "_text",
        "abstained",
        "confidence",
        "needs_review",
        "topic",
        "topics",
    )  # fmt: skip

    def __init__(
        self,
        topic: str | None,
        confidence: float,
        topics: tuple[str, ...],
        needs_review: bool,
        abstained: bool,
        probabilities: tuple[float, ...],
        ids: tuple[str, ...],
        explain: Callable[[str, str], Explanation] | None = None,
        text: str = "",
        evidence: tuple[Evidence, ...] | None = None,
    ) -> None:
        self.topic = topic
        self.confidence = confidence
        self.topics = topics
        self.needs_review = needs_review
        self.abstained = abstained
        self._probabilities = probabilities
        self._ids = ids
        self._explain = explain
        self._text = text
        self._evidence = evidence

    @property
    def ranking(self) -> tuple[tuple[str, float], ...]:
        """All topics with their probabilities, the likeliest first; they sum to 1."""
        return tuple(sorted(zip(self._ids, self._probabilities, strict=True), key=lambda pair: -pair[1]))

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Up to ten words that spoke for the topic most, the strongest first. Worked out when it is first read."""
        if self._evidence is None:
            if self._explain is None or self.topic is None or self.abstained:
                self._evidence = ()
            else:
                words = self._explain(self._text, self.topic).evidence
                best = sorted((word for word in words if word.contribution > 0), key=lambda word: -word.contribution)
                self._evidence = tuple(best[:_EVIDENCE])
        return self._evidence

    def to_dict(self) -> dict[str, Any]:
        """JSON-able data, evidence included."""
        return {
            "topic": self.topic,
            "confidence": self.confidence,
            "needs_review": self.needs_review,
            "abstained": self.abstained,
            "topics": list(self.topics),
            "ranking": [{"topic": topic, "probability": probability} for topic, probability in self.ranking],
            "evidence": [
                {"word": word.word, "start": word.start, "stop": word.stop, "contribution": word.contribution}
                for word in self.evidence
            ],
        }

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Prediction):
            return NotImplemented
        return self._state() == other._state()

    def __hash__(self) -> int:
        return hash(self._state())

    def __repr__(self) -> str:
        return f"Prediction(topic={self.topic!r}, confidence={self.confidence:.3f}, topics={self.topics!r})"

    def __reduce__(self) -> tuple[type["Prediction"], tuple[Any, ...]]:
        # A prediction travels to other processes without its model, so its evidence is worked out before.
        return type(self), (*self._state(), self._ids, None, "", self.evidence)

    def _state(self) -> tuple[Any, ...]:
        return (self.topic, self.confidence, self.topics, self.needs_review, self.abstained, self._probabilities)


class Predictions(NamedTuple):
    """What many texts are about, by column: what an archive needs, without an object for every text.

    Attributes
    ----------
    topic : list of (str or None), length n
    confidence : ndarray of float64, shape (n,)
    topics : list of tuple of str, length n
    needs_review, abstained : ndarray of bool, shape (n,)
    probabilities : ndarray of float64, shape (n, k)
        In the order of the model's taxonomy.
    """

    topic: list[str | None]
    confidence: NDArray[np.float64]
    topics: list[tuple[str, ...]]
    needs_review: NDArray[np.bool_]
    abstained: NDArray[np.bool_]
    probabilities: NDArray[np.float64]
