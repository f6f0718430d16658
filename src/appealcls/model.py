"""The compiled model: texts in, topics out, with NumPy alone.

A :class:`TopicModel` holds no vocabulary of strings and no classifier, only tables of numbers:

* for every word form seen in training, a row ``[scores of its lemma | their norm | scores of its n-grams | their norm]``;
* for every lemma, n-gram and pair of lemmas its scores, from which the row of a form never seen before is computed once.

Predicting is looking rows up and adding them. What is learned about new forms while serving is a cache: it makes the
next answer faster and never changes it.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Final, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from appealcls.errors import ModelError
from appealcls.features import ASKING, BLOCKS, FeatureSettings, ngrams, opening, pair_keys, segment_any, segment_sums
from appealcls.keys import KeyIndex
from appealcls.lemmas import shared_lemmatizer
from appealcls.prediction import Evidence, Explanation, Prediction, Predictions
from appealcls.tokens import MAX_CHARS, SIGNS, Tokens, scan, word_keys
from appealcls.topics import Taxonomy

__all__ = ["ModelArrays", "Thresholds", "TopicModel", "softmax", "sum_ngrams"]

Floats = NDArray[np.float64]

_BLOCK_CHARS: Final = 1 << 17  # texts are worked on in blocks of about so many characters: some megabytes of arrays
_NEW_FORMS: Final = 1 << 15  # new forms remembered (2 MB); then the model forgets them and starts over
_NOTHING: Final = " "  # the name of a word of invisible characters only; no lemma is called so
_HINT: Final = 0.02  # probability in the whole text from which a sentence's word for a further topic is heard
_SENTENCE: Final = 3  # words from which a sentence is heard at all


@dataclass(frozen=True, slots=True)
class ModelArrays:
    """Everything a model has learned. ``k`` topics; scores are calibrated log-odds up to a constant per text.

    Attributes
    ----------
    bias : float64, (k,)
        Scores of a text of which nothing is known.
    lemma_keys : uint64, (n_lemmas,)
        :func:`appealcls.tokens.word_keys` of the lemmas.
    lemma_scores : float32, (n_lemmas, k + 1)
        idf times weight for each topic; last the square of the idf, which is what the lemma adds to a text's norm.
    role_scores : float32, (n_lemmas, 2 (k + 1))
        As ``lemma_scores``: first what the lemma adds in the opening, then what it adds in a sentence that asks.
    ngram_keys : uint64, (n_ngrams,)
    ngram_scores : float32, (n_ngrams, k + 1)
        The same, but last the idf itself: an n-gram may occur twice in a word.
    pair_keys : uint64, (n_pairs,)
    pair_scores : float32, (n_pairs, k + 1)
        As of lemmas.
    form_keys : uint64, (n_forms,)
    form_lemmas : int32, (n_forms,)
        The number of each form's lemma, -1 for none.
    form_scores : float32, (n_forms, 2 (k + 1))
        The lemma's row and the sum of the n-grams' rows.
    """

    bias: Floats
    lemma_keys: NDArray[np.uint64]
    lemma_scores: NDArray[np.float32]
    role_scores: NDArray[np.float32]
    ngram_keys: NDArray[np.uint64]
    ngram_scores: NDArray[np.float32]
    pair_keys: NDArray[np.uint64]
    pair_scores: NDArray[np.float32]
    form_keys: NDArray[np.uint64]
    form_lemmas: NDArray[np.int32]
    form_scores: NDArray[np.float32]

    DTYPES: ClassVar[dict[str, np.dtype[Any]]] = {
        "bias": np.dtype(np.float64),
        "lemma_keys": np.dtype(np.uint64),
        "lemma_scores": np.dtype(np.float32),
        "role_scores": np.dtype(np.float32),
        "ngram_keys": np.dtype(np.uint64),
        "ngram_scores": np.dtype(np.float32),
        "pair_keys": np.dtype(np.uint64),
        "pair_scores": np.dtype(np.float32),
        "form_keys": np.dtype(np.uint64),
        "form_lemmas": np.dtype(np.int32),
        "form_scores": np.dtype(np.float32),
    }

    def __post_init__(self) -> None:
        k = len(self.bias)
        lemmas, ngrams, pairs, forms = map(len, (self.lemma_keys, self.ngram_keys, self.pair_keys, self.form_keys))
        shapes: dict[str, tuple[int, ...]] = {
            "lemma_scores": (lemmas, k + 1),
            "role_scores": (lemmas, 2 * (k + 1)),
            "ngram_scores": (ngrams, k + 1),
            "pair_scores": (pairs, k + 1),
            "form_lemmas": (forms,),
            "form_scores": (forms, 2 * (k + 1)),
        }
        for field in fields(self):
            array = getattr(self, field.name)
            if array.dtype != self.DTYPES[field.name]:
                raise ModelError(f"array {field.name} is of {array.dtype}, expected {self.DTYPES[field.name]}")
            expected = shapes.get(field.name, (len(array),))
            if array.shape != expected:
                raise ModelError(f"array {field.name} has the shape {array.shape}, expected {expected}")
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise ModelError(f"array {field.name} holds numbers that are not finite")
        if k < 2:
            raise ModelError(f"a model needs at least two topics, got {k}")
        if self.form_lemmas.size and not -1 <= self.form_lemmas.min() <= self.form_lemmas.max() < len(self.lemma_keys):
            raise ModelError("array form_lemmas names lemmas that do not exist")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where certainty ends; chosen in training on texts that the model had not seen.

    Attributes
    ----------
    review : float
        A prediction of a lower confidence should be looked at by a person. In [0, 1].
    additional : float
        A further topic is reported when one sentence, read by itself, is about it with at least this probability.
        In [0, 1]. On texts of several questions anything from 0.7 to 0.95 finds about as many; 0.9 errs less.
    """

    review: float = 0.5
    additional: float = 0.9

    def __post_init__(self) -> None:
        for name in ("review", "additional"):
            if not 0 <= getattr(self, name) <= 1:
                raise ModelError(f"the {name} threshold is {getattr(self, name)}, expected 0 to 1")


class _Forms:
    """Rows of word forms: those of training, and room for new ones.

    Rows are written before they can be found, and never again: threads read without a lock. When the room is used up,
    the model starts over with a fresh object, and whoever still holds this one goes on undisturbed.
    """

    def __init__(self, arrays: ModelArrays, known_index: KeyIndex) -> None:
        known = len(arrays.form_keys)
        room = _NEW_FORMS + MAX_CHARS // 2  # the most words that one more block can hold
        # np.zeros takes no memory for the room before it is used.
        self.scores = np.zeros((known + room, arrays.form_scores.shape[1]), dtype=np.float32)
        self.scores[:known] = arrays.form_scores
        self.lemmas = np.zeros(known + room, dtype=np.int32)
        self.lemmas[:known] = arrays.form_lemmas
        self._known = known_index
        self._new = KeyIndex(np.zeros(0, dtype=np.uint64), spare=2 * room)  # a form may also have spellings of its own
        self.used = known
        self._limit = known + _NEW_FORMS
        self._spellings = 0

    @property
    def is_full(self) -> bool:
        """Whether another block of texts might not find room."""
        return self.used > self._limit or self._spellings > 2 * _NEW_FORMS

    def add(self, lemmas: NDArray[np.int32], scores: NDArray[np.float32]) -> NDArray[np.int32]:
        """Rows for new forms, not yet to be found."""
        rows = np.arange(self.used, self.used + len(lemmas), dtype=np.int32)
        self.lemmas[rows], self.scores[rows] = lemmas, scores
        self.used += len(rows)
        return rows

    def name(self, key: int, row: int) -> None:
        """Let a row be found by a key."""
        self._new.insert(key, row)
        self._spellings += 1

    def find(self, keys: NDArray[np.uint64]) -> NDArray[np.int32]:
        """Row of every key, -1 for those never seen."""
        rows = self._known.find(keys)
        missing = np.flatnonzero(rows < 0)
        if missing.size:
            rows[missing] = self._new.find(keys[missing])
        return rows


class _Sums(NamedTuple):
    """A block of texts, looked up: what scores and explanations are made of.

    Rows of sums are the blocks of :data:`appealcls.features.BLOCKS`, each of k scores and a squared norm.
    """

    tokens: Tokens
    forms: _Forms
    rows: NDArray[np.int32]  # of every token
    pair_rows: NDArray[np.int32]  # of every known pair
    pair_first: NDArray[np.intp]  # its left token
    text_sentences: NDArray[np.intp]  # sentences of text i are text_sentences[i]:text_sentences[i + 1]
    opens: NDArray[np.bool_]  # of every sentence: whether it is the opening of its text
    asks: NDArray[np.bool_]  # of every sentence
    sentences: Floats  # (n_sentences, 5 (k + 1)), each read as a text of its own
    texts: Floats  # (n_texts, 5 (k + 1))


class TopicModel:
    """A model ready to serve. Made by :func:`appealcls.load` or :func:`appealcls.train`, seldom by hand.

    Safe to use from many threads at once. No answer depends on what was asked before, together with what, or in which
    order.

    Parameters
    ----------
    arrays : ModelArrays
    taxonomy : Taxonomy
        One topic for each column of scores, in that order.
    settings : FeatureSettings
    thresholds : Thresholds
    metadata : dict, optional
        What the manifest says of the model's origin: data, figures, versions. JSON-able.

    Raises
    ------
    ModelError
        If the parts do not fit together.
    """

    def __init__(
        self,
        arrays: ModelArrays,
        taxonomy: Taxonomy,
        settings: FeatureSettings,
        thresholds: Thresholds,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        if len(arrays.bias) != len(taxonomy):
            raise ModelError(f"{len(arrays.bias)} columns of scores for {len(taxonomy)} topics")
        self.arrays = arrays
        self.taxonomy = taxonomy
        self.settings = settings
        self.thresholds = thresholds
        self.metadata = metadata or {}
        self._ids = taxonomy.ids
        self._k = len(self._ids)
        self._lemma = shared_lemmatizer()
        self._learning = threading.Lock()
        try:
            self._lemma_index = KeyIndex(arrays.lemma_keys)
            self._pair_index = KeyIndex(arrays.pair_keys)
            self._form_index = KeyIndex(arrays.form_keys)
        except ValueError as error:
            raise ModelError(f"broken keys: {error}") from error
        self._forms = _Forms(arrays, self._form_index)
        none = np.zeros((1, arrays.role_scores.shape[1]), dtype=np.float32)
        self._roles = np.concatenate((arrays.role_scores, none))
        self._asking = np.zeros(len(self._roles), dtype=np.bool_)
        self._asking[self._lemma_index.find(word_keys(ASKING))] = True
        self._asking[-1] = False  # where the asking lemmas that the model does not know have gone
        self._ngram_index: KeyIndex | None = None

    def __repr__(self) -> str:
        return f"TopicModel({self._k} topics, {len(self.arrays.form_keys)} word forms)"

    def __reduce__(self) -> tuple[type["TopicModel"], tuple[Any, ...]]:
        return type(self), (self.arrays, self.taxonomy, self.settings, self.thresholds, self.metadata)

    # What callers use

    @overload
    def predict(self, texts: str) -> Prediction: ...  # type: ignore[overload-overlap]  # a str is an iterable of str
    @overload
    def predict(self, texts: Iterable[str]) -> list[Prediction]: ...
    def predict(self, texts: str | Iterable[str]) -> Prediction | list[Prediction]:
        """What one text, or each of many, is about.

        Parameters
        ----------
        texts : str or iterable of str

        Returns
        -------
        Prediction or list of Prediction
            One for a string, a list in the given order otherwise.

        Raises
        ------
        TypeError
            If ``texts`` is neither, or something in it is not a string.
        """
        if isinstance(texts, str):
            return self.predict([texts])[0]
        if isinstance(texts, bytes) or not isinstance(texts, Iterable):
            raise TypeError(f"a text or an iterable of texts is expected, not {type(texts).__name__}")
        texts = list(texts)
        found = self.predict_columns(texts)
        ids, explain = self._ids, self.explain
        return [
            Prediction(topic, confidence, topics, review, abstained, tuple(probabilities), ids, explain, text)
            for topic, confidence, topics, review, abstained, probabilities, text in zip(
                found.topic,
                found.confidence.tolist(),
                found.topics,
                found.needs_review.tolist(),
                found.abstained.tolist(),
                found.probabilities.tolist(),
                texts,
                strict=True,
            )
        ]

    def predict_columns(self, texts: Sequence[str]) -> Predictions:
        """The same as :meth:`predict`, by column; the quickest way through many texts."""
        ids, fallback = self._ids, self.taxonomy.fallback
        alone = [(name,) for name in ids]
        topic: list[str | None] = []
        topics: list[tuple[str, ...]] = []
        parts: list[tuple[Floats, NDArray[np.bool_], Floats]] = []
        for block in _blocks(texts):
            sums = self._look_up(block)
            probabilities = softmax(self._combine(sums.texts))
            known = sums.texts[:, self._k] > 0
            best = probabilities.argmax(axis=1)
            confidence = probabilities[np.arange(len(best)), best]
            confidence[~known] = 0.0
            begin = len(topic)
            topic += [ids[i] for i in best.tolist()]
            topics += [alone[i] for i in best.tolist()]
            for row in (np.flatnonzero(~known) + begin).tolist():
                topic[row] = fallback
                topics[row] = () if fallback is None else (fallback,)
            for row, more in self._further(sums, probabilities, best):
                topics[begin + row] += tuple(ids[i] for i in more)
            parts.append((confidence, known, probabilities))
        if not parts:
            parts = [(np.zeros(0), np.zeros(0, dtype=np.bool_), np.zeros((0, self._k)))]
        confidence, known, probabilities = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        return Predictions(
            topic, confidence, topics, (confidence < self.thresholds.review) | ~known, ~known, probabilities
        )

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """Calibrated probabilities of all topics.

        Returns
        -------
        ndarray of float64, shape (n_texts, n_topics)
            In the order of ``taxonomy.ids``; rows sum to 1. A text of which nothing is known gets the share that each
            topic has where nothing is known.
        """
        sums = (self._look_up(block) for block in _blocks(texts))
        parts = [softmax(self._combine(block.texts)) for block in sums]
        return np.concatenate([np.zeros((0, self._k)), *parts])

    def explain(self, text: str, topic: str | None = None) -> Explanation:
        """Take the score of a topic apart into what each word brought.

        Parameters
        ----------
        text : str
        topic : str, optional
            Id of the topic to explain; by default the likeliest.

        Raises
        ------
        KeyError
            If the model has no such topic.
        """
        sums = self._look_up([text])
        scores = self._combine(sums.texts)[0]
        if topic is None:
            column = int(scores.argmax())
        else:
            self.taxonomy[topic]  # raises the KeyError that lists the topics
            column = self._ids.index(topic)
        k, rows = self._k, sums.forms.scores[sums.rows].astype(np.float64)
        norms = _norms(sums.texts, k)[0]
        parts = rows[:, column] / norms[0] + rows[:, k + 1 + column] / norms[1]
        pairs = self.arrays.pair_scores[sums.pair_rows, column] / norms[2] / 2
        np.add.at(parts, sums.pair_first, pairs)
        np.add.at(parts, sums.pair_first + 1, pairs)
        roles = self._roles[sums.forms.lemmas[sums.rows]]
        lengths = np.diff(sums.tokens.sentences)
        parts += np.where(np.repeat(sums.opens, lengths), roles[:, column] / norms[3], 0.0)
        parts += np.where(np.repeat(sums.asks, lengths), roles[:, k + 1 + column] / norms[4], 0.0)
        evidence = tuple(
            Evidence(text[start:stop], start, stop, part)
            for (start, stop), part in zip(sums.tokens.spans(0), parts.tolist(), strict=True)
        )
        return Explanation(self._ids[column], float(scores[column]), float(self.arrays.bias[column]), evidence)

    # How it is done

    def _combine(self, sums: Floats) -> Floats:
        """Scores of all topics, shape (n, k), from the sums of n texts or sentences."""
        k, norms = self._k, _norms(sums, self._k)
        blocks = sums.reshape(len(sums), BLOCKS, k + 1)[:, :, :k]
        scores: Floats = (blocks / norms[:, :, None]).sum(axis=1)
        scores += self.arrays.bias
        return scores

    def _further(self, sums: "_Sums", probabilities: Floats, best: NDArray[np.intp]) -> Iterator[tuple[int, list[int]]]:
        """Texts with further topics: their numbers, and the topics, the likelier in the whole text first.

        A linear score of a whole text cannot tell a second request from words said in passing. A sentence can, when
        it is read by itself; the whole text only has to leave the topic a chance.
        """
        hinted = probabilities >= _HINT
        hinted[np.arange(len(best)), best] = False
        if self.taxonomy.fallback is not None:
            hinted[:, self._ids.index(self.taxonomy.fallback)] = False  # "and something else" is not a topic
        per_text, lengths = np.diff(sums.text_sentences), np.diff(sums.tokens.sentences)
        text = np.repeat(np.arange(len(best)), per_text)
        heard = np.flatnonzero((hinted.any(axis=1) & (per_text > 1))[text] & (lengths >= _SENTENCE))
        if not heard.size:
            return
        says = softmax(self._combine(sums.sentences[heard]))
        found = np.zeros_like(hinted)
        sentence, topic = np.nonzero(says >= self.thresholds.additional)
        found[text[heard[sentence]], topic] = True
        found &= hinted
        for row in np.flatnonzero(found.any(axis=1)).tolist():
            more = np.flatnonzero(found[row])
            yield row, more[np.argsort(-probabilities[row, more], kind="stable")].tolist()

    def _look_up(self, texts: Sequence[str]) -> _Sums:
        tokens = scan(texts)
        forms = self._forms
        rows = forms.find(tokens.keys)
        new = np.flatnonzero(rows < 0)
        if new.size:
            forms, rows = self._learn(tokens, new)
        width, lemmas = self._k + 1, forms.lemmas.take(rows)
        keys, first = pair_keys(lemmas, tokens.sentences)
        pair_rows = self._pair_index.find(keys)
        found = pair_rows >= 0
        pair_rows, first = pair_rows[found], first[found]

        sentences = np.empty((len(tokens.sentences) - 1, BLOCKS * width))
        sentences[:, : 2 * width] = segment_sums(forms.scores.take(rows, axis=0), tokens.sentences)
        pairs = self.arrays.pair_scores.take(pair_rows, axis=0)
        sentences[:, 2 * width : 3 * width] = segment_sums(pairs, np.searchsorted(first, tokens.sentences))
        # Lemma -1 takes the last row, which is that of no lemma.
        sentences[:, 3 * width :] = segment_sums(self._roles.take(lemmas, axis=0), tokens.sentences)
        asks = segment_any(self._asking.take(lemmas), tokens.sentences)
        sentences[~asks, 4 * width :] = 0.0

        opens = opening(tokens.sentences, tokens.bounds)
        text_sentences = np.searchsorted(tokens.sentences[:-1], tokens.bounds)
        in_texts = sentences.copy()  # a sentence by itself is its own opening, in a text it may not be
        in_texts[~opens, 3 * width : 4 * width] = 0.0
        sums = segment_sums(in_texts, text_sentences)
        return _Sums(tokens, forms, rows, pair_rows, first, text_sentences, opens, asks, sentences, sums)

    def _learn(self, tokens: Tokens, new: NDArray[np.intp]) -> tuple[_Forms, NDArray[np.int32]]:
        """Give a row to every spelling that has none."""
        with self._learning:
            forms = self._forms
            if forms.is_full:
                forms = self._forms = _Forms(self.arrays, self._form_index)
                new = np.arange(len(tokens))
            keys, first = np.unique(tokens.keys[new], return_index=True)
            missing = forms.find(keys) < 0  # another thread may have been here
            spellings: dict[str, list[int]] = {}
            for key, token in zip(keys[missing].tolist(), new[first[missing]].tolist(), strict=True):
                spellings.setdefault(tokens.word(token), []).append(key)
            words = list(spellings)
            canonical = word_keys([word or _NOTHING for word in words])
            rows = forms.find(canonical)  # a spelling may be only another way to write a known form
            unknown = np.flatnonzero(rows < 0)
            rows[unknown] = forms.add(*self._analyse([words[i] for i in unknown.tolist()]))
            for word, row in zip(words, rows.tolist(), strict=True):
                for key in spellings[word]:
                    forms.name(key, row)
            for i in unknown.tolist():
                if canonical[i] not in spellings[words[i]]:
                    forms.name(int(canonical[i]), int(rows[i]))
            return forms, forms.find(tokens.keys)

    def _analyse(self, words: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Lemma numbers and score rows of forms that were not in training."""
        arrays, k = self.arrays, self._k
        lemmas = [self._lemma(word) if word else _NOTHING for word in words]
        numbers = self._lemma_index.find(word_keys(lemmas))
        scores = np.zeros((len(words), 2 * (k + 1)), dtype=np.float32)
        known = np.flatnonzero(numbers >= 0)
        scores[known, : k + 1] = arrays.lemma_scores[numbers[known]]
        spelled = [i for i, word in enumerate(words) if word and word not in SIGNS]
        if spelled:
            if self._ngram_index is None:
                self._ngram_index = KeyIndex(arrays.ngram_keys)
            grams, owners = ngrams([words[i] for i in spelled], self.settings)
            columns = self._ngram_index.find(grams)
            scores[spelled, k + 1 :] = sum_ngrams(arrays.ngram_scores, columns, owners, len(spelled))
        return numbers, scores


def sum_ngrams(
    ngram_scores: NDArray[np.float32], columns: NDArray[np.int32], owners: NDArray[np.intp], n_words: int
) -> NDArray[np.float32]:
    """Rows of the n-gram block for some words.

    Parameters
    ----------
    ngram_scores : ndarray of float32, shape (n_ngrams, k + 1)
        As in :class:`ModelArrays`.
    columns : ndarray of int32, shape (n_found,)
        The number of each n-gram found, -1 where it is not known.
    owners : ndarray of intp, shape (n_found,)
        The word it was found in.
    n_words : int

    Returns
    -------
    ndarray of float32, shape (n_words, k + 1)
        Scores, and the square of the norm.
    """
    known = columns >= 0
    cells = owners[known] * len(ngram_scores) + columns[known]
    cells, times = np.unique(cells, return_counts=True)
    word, column = np.divmod(cells, max(len(ngram_scores), 1))
    parts = ngram_scores[column].astype(np.float64) * times[:, None]
    parts[:, -1] **= 2
    return segment_sums(parts, np.searchsorted(word, np.arange(n_words + 1))).astype(np.float32)


def _norms(sums: Floats, k: int) -> Floats:
    """Norms of the blocks, shape (n, 5); 1 where a block is empty."""
    squares = sums[:, k :: k + 1].copy()
    squares[squares <= 0] = 1.0
    return np.sqrt(squares, out=squares)


def softmax(scores: Floats) -> Floats:
    """Probabilities from scores, row by row."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities: Floats = powers / powers.sum(axis=1, keepdims=True)
    return probabilities


def _blocks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    begin, size = 0, 0
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"text {number} is not a string but {type(text).__name__}")
        if size and size + len(text) > _BLOCK_CHARS:
            yield texts[begin:number]
            begin, size = number, 0
        size += len(text)
    if begin < len(texts):
        yield texts[begin:]
