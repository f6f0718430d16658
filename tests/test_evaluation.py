"""Figures agree with scikit-learn, SciPy and plain counting; intervals hold their value; nothing is left to chance."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_recall_fscore_support

import appealcls
from appealcls import evaluation
from appealcls.errors import DataError
from appealcls.evaluation import Evaluation, compare, evaluate_predictions, evaluate_texts
from appealcls.training import LabelledTexts

_TOPICS = ("вода", "дороги", "прочее", "свет")
_Case = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64], NDArray[np.bool_]]


def _case(n: int, seed: int, topics: int = len(_TOPICS), silent: float = 0.1) -> _Case:
    """Labels, answers that are right in two of three, some of them missing, confidences and marks."""
    random = np.random.default_rng(seed)
    true = random.integers(0, topics, n)
    predicted = np.where(random.random(n) < 0.65, true, random.integers(0, topics, n))
    predicted[random.random(n) < silent] = -1
    confidence = np.round(random.random(n), 2)  # rounded, so that edges of bins occur
    return true, predicted, confidence, confidence < 0.6


def _evaluate(case: _Case, seed: int = 0) -> Evaluation:
    return evaluate_predictions(_TOPICS, *case, seed)


@pytest.fixture(scope="module")
def model() -> appealcls.TopicModel:
    """The default model."""
    return appealcls.load()


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory, model: appealcls.TopicModel) -> appealcls.TopicModel:
    """A much poorer model of the same topics."""
    words = ("собака", "яма", "снег", "свалка", "барак", "автобус", "батарея")
    texts = [f"{word} {extra}" for word in words for extra in ("у дома", "во дворе", "на улице")]
    labels = [topic for topic in model.taxonomy.ids for _ in range(3)]
    data = LabelledTexts(texts, labels, [()] * len(texts), ["all"] * len(texts))
    return appealcls.train(data, min_df=1, calibration_folds=3).model


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 200), st.integers(0, 10_000))
def test_accuracy_and_macro_f1_are_those_of_scikit_learn(n: int, seed: int) -> None:
    """Texts without an answer are wrong answers, and macro-F1 is the mean over topics that occur."""
    case = _case(n, seed)
    true, predicted = case[:2]
    found = _evaluate(case)
    there = sorted(set(true) | set(predicted[predicted >= 0]))
    assert found.n == n
    assert found.accuracy.value == pytest.approx(accuracy_score(true, predicted))
    assert found.macro_f1.value == pytest.approx(
        f1_score(true, predicted, labels=there, average="macro", zero_division=0)
    )


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 200), st.integers(0, 10_000))
def test_figures_of_each_topic_are_those_of_scikit_learn(n: int, seed: int) -> None:
    """Precision, recall, F1, support and the confusion matrix agree, in the order of the topics."""
    case = _case(n, seed)
    true, predicted = case[:2]
    found = _evaluate(case)
    labels = range(len(_TOPICS))
    expected = precision_recall_fscore_support(true, predicted, labels=labels, zero_division=0)
    assert [topic.topic for topic in found.topics] == list(_TOPICS)
    for place, name in enumerate(("precision", "recall", "f1", "support")):
        assert [getattr(topic, name) for topic in found.topics] == pytest.approx(list(expected[place]))
    assert [topic.predicted for topic in found.topics] == [int((predicted == i).sum()) for i in labels]
    matrix = confusion_matrix(true, predicted, labels=[*labels, -1])[: len(_TOPICS), : len(_TOPICS)]
    assert np.array_equal(found.confusion, matrix)


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 200), st.integers(0, 10_000))
def test_the_calibration_error_is_that_of_plain_counting(n: int, seed: int) -> None:
    """Ten bins open below and closed above; the error is the mean distance of sureness and success, by counts."""
    case = _case(n, seed)
    true, predicted, confidence, _ = case
    found = _evaluate(case)
    bins: dict[int, list[tuple[float, bool]]] = {}
    for t, p, sure in zip(true.tolist(), predicted.tolist(), confidence.tolist(), strict=True):
        place = next(i for i in range(10) if sure <= (i + 1) / 10 + 1e-12)
        bins.setdefault(place, []).append((sure, t == p))
    assert [b.count for b in found.calibration] == [len(bins[place]) for place in sorted(bins)]
    error = 0.0
    for shown, place in zip(found.calibration, sorted(bins), strict=True):
        inside = bins[place]
        sure, hit = sum(s for s, _ in inside) / len(inside), sum(h for _, h in inside) / len(inside)
        assert (shown.low, shown.high) == pytest.approx((place / 10, place / 10 + 0.1))
        assert (shown.confidence, shown.accuracy) == pytest.approx((sure, hit))
        error += abs(sure - hit) * len(inside) / n
    assert found.calibration_error == pytest.approx(error)


def test_figures_by_hand() -> None:
    """Five texts that can be counted on the fingers give the figures that the fingers give."""
    true, predicted = np.array([0, 0, 0, 1, 3]), np.array([0, 0, 1, 1, -1])
    confidence, reviewed = np.array([1.0, 0.8, 0.4, 0.9, 0.0]), np.array([False, False, True, False, True])
    found = evaluate_predictions(_TOPICS, true, predicted, confidence, reviewed)
    assert found.accuracy.value == pytest.approx(3 / 5)
    assert found.macro_f1.value == pytest.approx((4 / 5 + 2 / 3 + 0) / 3)
    assert found.majority == pytest.approx(3 / 5)
    assert found.confusion == ((2, 1, 0, 0), (0, 1, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0))
    assert found.reviewed == pytest.approx(2 / 5)
    assert found.accuracy_unreviewed == 1.0
    assert found.calibration_error == pytest.approx((0.0 + 0.2 + 0.4 + 0.1 + 0.0) / 5)


@pytest.mark.parametrize("n", [1, 2, 30, 500])
def test_intervals_contain_their_value(n: int) -> None:
    """The value lies between its bounds, and the bounds between 0 and 1."""
    for seed in range(3):
        found = _evaluate(_case(n, seed, silent=0.0))
        for interval in (found.accuracy, found.macro_f1):
            assert 0 <= interval.low <= interval.high <= 1
        assert found.accuracy.low <= found.accuracy.value <= found.accuracy.high


def test_the_interval_of_accuracy_is_that_of_the_binomial_distribution() -> None:
    """On 400 texts the bootstrap bounds are within a hundredth and a half of the exact ones."""
    true, predicted, confidence, reviewed = _case(400, 1)
    found = _evaluate((true, predicted, confidence, reviewed))
    right = int((true == predicted).sum())
    exact = binomtest(right, 400).proportion_ci(0.95, method="wilson")
    assert found.accuracy.low == pytest.approx(exact.low, abs=0.015)
    assert found.accuracy.high == pytest.approx(exact.high, abs=0.015)


def test_more_texts_give_narrower_intervals() -> None:
    """Sixteen times the texts make intervals about four times narrower."""
    few, many = (_evaluate(_case(n, 3)) for n in (100, 1600))
    for name in ("accuracy", "macro_f1"):
        wide, narrow = getattr(few, name), getattr(many, name)
        assert 2.5 < (wide.high - wide.low) / (narrow.high - narrow.low) < 6


def test_figures_are_reproducible() -> None:
    """The same texts and seed give the same figures to the last bit; another seed moves the bounds only."""
    case = _case(150, 5)
    assert _evaluate(case) == _evaluate(case)
    again = _evaluate(case, seed=1)
    assert again.accuracy.value == _evaluate(case).accuracy.value
    assert (again.accuracy, again.macro_f1) != (_evaluate(case).accuracy, _evaluate(case).macro_f1)


def test_a_perfect_model_and_a_silent_one() -> None:
    """All right is 1 with no width; no answer at all is 0."""
    true = np.array([0, 1, 2, 3] * 5)
    sure, unmarked = np.ones(20), np.zeros(20, dtype=bool)
    best = evaluate_predictions(_TOPICS, true, true, sure, unmarked)
    for interval in (best.accuracy, best.macro_f1):
        assert (interval.value, interval.low, interval.high) == (1.0, 1.0, 1.0)
    assert best.calibration_error == 0.0
    silent = evaluate_predictions(_TOPICS, true, np.full(20, -1), np.zeros(20), ~unmarked)
    assert (silent.accuracy.value, silent.macro_f1.value, silent.accuracy_unreviewed) == (0.0, 0.0, 0.0)
    assert silent.reviewed == 1.0


@pytest.mark.parametrize(
    ("gained", "lost"), [(0, 0), (1, 0), (0, 7), (3, 3), (5, 4), (12, 3), (3, 12), (40, 41), (900, 1000), (1, 3000)]
)
def test_mcnemar_is_the_binomial_test_of_scipy(gained: int, lost: int) -> None:
    """The p-value is exact for few texts and for thousands."""
    expected = binomtest(gained, gained + lost, 0.5).pvalue if gained + lost else 1.0
    assert evaluation._mcnemar(gained, lost) == pytest.approx(expected, rel=1e-9, abs=1e-300)


def _texts() -> tuple[list[str], list[str]]:
    pairs = {
        "roads": ["Яма на дороге у дома", "Нет асфальта на тротуаре", "Щебень вместо дороги"],
        "stray_animals": ["Стая собак у школы", "Бродячие псы бросаются на детей"],
        "transport": ["Автобус не пришёл по расписанию", "Водитель маршрутки нагрубил"],
        "dumps": ["Свалка шин за гаражами", "Куча строительного мусора в лесу"],
        "other": ["Холодные батареи", "Не горит фонарь", "Яма"],
        "snow_removal": ["Не чищен снег на тротуаре", "Наледь на остановке", "Собака увязла в снегу"],
        "resettlement": ["Когда расселят аварийный барак", "Дом признан ветхим"],
    }
    return [text for texts in pairs.values() for text in texts], [
        topic for topic, texts in pairs.items() for _ in texts
    ]


def test_texts_are_evaluated_by_what_the_model_predicts(model: appealcls.TopicModel) -> None:
    """Figures of texts are figures of the model's own predictions."""
    texts, labels = _texts()
    texts, labels = [*texts, "qwxz", ""], [*labels, "other", "roads"]
    found = evaluate_texts(model, texts, labels)
    predictions = model.predict(texts)
    assert found.n == len(texts)
    assert found.accuracy.value == pytest.approx(
        np.mean([p.topic == label for p, label in zip(predictions, labels, strict=True)])
    )
    assert found.reviewed == pytest.approx(np.mean([p.needs_review for p in predictions]))
    assert tuple(topic.topic for topic in found.topics) == model.taxonomy.ids
    assert found.accuracy.value > found.majority


def test_evaluate_reads_a_table(tmp_path: Path, model: appealcls.TopicModel) -> None:
    """``appealcls.evaluate`` of a file is the evaluation of its rows, and survives JSON."""
    texts, labels = _texts()
    path = tmp_path / "t.csv"
    rows = "".join(f"{text};{label}\n" for text, label in zip(texts, labels, strict=True))
    path.write_text("Обращение;Тема\n" + rows, encoding="cp1251")
    found = appealcls.evaluate(path)
    assert found == evaluate_texts(model, texts, labels)
    assert json.loads(json.dumps(found.to_dict()))["accuracy"]["value"] == found.accuracy.value


def test_a_model_compared_with_itself_is_no_better(model: appealcls.TopicModel) -> None:
    """All differences are 0, nothing is gained or lost, and p is 1."""
    found = compare(model, model, *_texts())
    for interval in (found.accuracy, found.macro_f1):
        assert (interval.value, interval.low, interval.high) == (0.0, 0.0, 0.0)
    assert (found.gained, found.lost, found.better, found.p_value) == (0, 0, 0.0, 1.0)


def test_a_comparison_is_the_difference_of_two_evaluations(
    model: appealcls.TopicModel, other: appealcls.TopicModel
) -> None:
    """Differences are challenger less champion, counts are texts that one alone got right, and the sides mirror."""
    texts, labels = _texts()
    found = compare(other, model, texts, labels)
    old, new = evaluate_texts(other, texts, labels), evaluate_texts(model, texts, labels)
    assert found.accuracy.value == pytest.approx(new.accuracy.value - old.accuracy.value)
    assert found.macro_f1.value == pytest.approx(new.macro_f1.value - old.macro_f1.value)
    assert (found.gained - found.lost) / len(texts) == pytest.approx(found.accuracy.value)
    right = [[p.topic == label for p, label in zip(m.predict(texts), labels, strict=True)] for m in (other, model)]
    assert found.gained == sum(b and not a for a, b in zip(*right, strict=True)) > 0
    assert found.p_value == pytest.approx(binomtest(found.gained, found.gained + found.lost).pvalue)
    assert found.macro_f1.low <= found.macro_f1.value <= found.macro_f1.high
    back = compare(model, other, texts, labels)
    assert (back.gained, back.lost, back.p_value) == (found.lost, found.gained, found.p_value)
    assert back.accuracy.value == -found.accuracy.value
    assert json.loads(json.dumps(found.to_dict()))["gained"] == found.gained


@pytest.mark.parametrize(
    ("texts", "labels", "message"),
    [
        (["Яма", "Снег"], ["roads", "дороги"], "does not know: 'дороги'.*roads"),
        (["Яма"], ["roads", "roads"], "1 texts and 2 labels"),
        ([], [], "no labelled texts|0 texts"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(
    model: appealcls.TopicModel, texts: list[str], labels: list[str], message: str
) -> None:
    """A label that the model does not know is named; lengths must agree; there must be texts."""
    with pytest.raises(DataError, match=message):
        evaluate_texts(model, texts, labels)
    with pytest.raises(DataError, match=message):
        compare(model, model, texts, labels)


def test_models_of_different_topics_are_not_compared(model: appealcls.TopicModel) -> None:
    """Two models with different topics answer different questions, and the message lists both."""
    texts = ["вода течёт", "вода стоит", "свет погас", "свет мигает"]
    data = LabelledTexts(texts, ["вода", "вода", "свет", "свет"], [()] * 4, ["all"] * 4)
    strange: Any = appealcls.train(data, min_df=1, calibration_folds=2).model
    with pytest.raises(DataError, match=r"different topics.*roads.*вода"):
        compare(model, strange, ["Яма"], ["roads"])


def test_intervals_hold_the_value_when_most_topics_are_rare() -> None:
    """With a hundred topics of one or two texts each, macro-F1 lies within its own interval."""
    dice = np.random.default_rng(3)
    true = dice.permutation(np.concatenate((np.arange(100), np.arange(50), np.zeros(150, dtype=int)))).astype(np.intp)
    predicted = np.where(dice.random(len(true)) < 0.6, true, 0).astype(np.intp)
    sure, reviewed = np.ones(len(true)), np.zeros(len(true), dtype=np.bool_)
    macro = evaluate_predictions([f"t{i}" for i in range(100)], true, predicted, sure, reviewed).macro_f1
    assert macro.low <= macro.value <= macro.high
