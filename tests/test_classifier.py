"""appealcls.classifier: an estimator as scikit-learn expects one."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from sklearn.utils import estimator_checks as checks
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import validate_data

from appealcls.classifier import AppealClassifier
from appealcls.vectorizer import AppealVectorizer

Corpus = tuple[list[str], list[str]]

_LEVELS = 12


class NumericTexts(AppealClassifier):
    """The classifier behind a coat that scikit-learn's checks for tables of numbers can grip.

    Every row becomes a text, every number so many words as there are levels; each says whether the number is above
    that level of its column. So the checks exercise the real estimator, from fit to predict.
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = False
        tags.input_tags.one_d_array = False
        tags.input_tags.two_d_array = True
        return tags

    def fit(self, X: Any, y: Any, groups: Any = None) -> "NumericTexts":
        """Learn the levels of each column, then the topics."""
        if y is None:
            raise ValueError("NumericTexts requires y to be passed, but the target y is None")
        X, y = validate_data(self, X, y)
        self.levels_ = np.quantile(X, np.linspace(0, 1, _LEVELS + 1)[1:-1], axis=0)
        super().fit(self._texts(X), y, groups)
        return self

    def _scores(self, X: Any) -> NDArray[np.float64]:
        if not hasattr(self, "levels_"):
            raise NotFittedError("not fitted")
        scores: NDArray[np.float64] = super()._scores(self._texts(validate_data(self, X, reset=False)))
        return scores

    def _texts(self, X: NDArray[Any]) -> list[str]:
        letters = "бвгджзклмнпрст"
        texts = []
        for row in X:
            words = []
            for column, value in enumerate(row):
                name = letters[column % 14] + "ъы"[column // 14 % 2]
                rank = int((value > self.levels_[:, column]).sum())
                words += [name + ("у" if level < rank else "я") + letters[level] for level in range(_LEVELS)]
            texts.append(" . ".join(words))
        return texts


@pytest.mark.parametrize("estimator", [AppealClassifier(), AppealVectorizer()], ids=["classifier", "vectorizer"])
@pytest.mark.parametrize(
    "check",
    [
        checks.check_estimator_cloneable,
        checks.check_estimator_repr,
        checks.check_estimator_tags_renamed,
        checks.check_get_params_invariance,
        checks.check_mixin_order,
        checks.check_no_attributes_set_in_init,
        checks.check_parameters_default_constructible,
        checks.check_set_params,
        checks.check_valid_tag_types,
    ],
    ids=lambda check: check.__name__,
)
def test_scikit_learn_checks(estimator: Any, check: Callable[[str, Any], None]) -> None:
    """The estimators themselves keep those parts of scikit-learn's contract that need no table of numbers."""
    check(type(estimator).__name__, clone(estimator))


# No check is expected to fail. Pairs of neighbouring columns would say nothing and only take time.
@parametrize_with_checks([NumericTexts(min_df=1, pairs=False)])  # type: ignore[untyped-decorator]
def test_scikit_learn_checks_of_numbers(estimator: Any, check: Callable[[Any], None]) -> None:
    """Behind a coat of numbers the classifier keeps the whole contract."""
    check(estimator)


class TestFit:
    """fit: what can be learned from, and what is said about the rest."""

    @pytest.mark.parametrize("container", [list, tuple, np.array, lambda texts: np.array(texts, dtype=object)])
    def test_containers(
        self, toy_corpus: Corpus, small_classifier: AppealClassifier, container: Callable[[list[str]], Any]
    ) -> None:
        """Lists, tuples and arrays of texts and topics teach the same."""
        texts, topics = toy_corpus
        classifier = AppealClassifier(min_df=1).fit(container(texts), container(topics))
        np.testing.assert_array_equal(classifier.coef_, small_classifier.coef_)
        assert classifier.predict(container(texts[:3])).tolist() == topics[:3]

    def test_needs_no_pandas(self) -> None:
        """Training and serving work where pandas is not installed."""
        code = (
            "import sys\n"
            "class NoPandas:\n"
            "    def find_spec(self, name, path=None, target=None):\n"
            "        if name.partition('.')[0] == 'pandas': raise ModuleNotFoundError(name)\n"
            "sys.meta_path.insert(0, NoPandas())\n"
            "from appealcls import AppealClassifier\n"
            "m = AppealClassifier(min_df=1).fit(['яма', 'ямы', 'снег', 'снега'], list('aabb'))\n"
            "print(m.compile().predict('снег').topic)"
        )
        answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert answer.stdout.strip() == "b"

    @pytest.mark.parametrize(
        ("texts", "topics", "error", "reason"),
        [
            ("яма на дороге", ["a"], TypeError, "got one string: put it into a list"),
            (["яма", None], ["a", "b"], TypeError, r"X\[1\] is not a text but NoneType"),
            (["яма", "снег"], ["a", "a"], ValueError, r"at least two topics, got only \['a'\]"),
            (["яма", "снег"], None, ValueError, "requires y to be passed"),
            (["яма", "снег"], ["a"], ValueError, "inconsistent numbers of samples"),
            ([], [], ValueError, "holds no texts"),
            (["яма", "снег"], [0.5, 1.7], ValueError, "Unknown label type"),
            (["!!", "5", "??", "6"], list("aabb"), ValueError, "the texts hold no words"),
        ],
    )
    def test_what_is_refused(self, texts: Any, topics: Any, error: type[Exception], reason: str) -> None:
        """What cannot be learned from is refused with the reason."""
        with pytest.raises(error, match=reason):
            AppealClassifier().fit(texts, topics)

    def test_too_few_folds(self, toy_corpus: Corpus) -> None:
        """Calibration needs two parts at least."""
        with pytest.raises(ValueError, match="calibration_folds is 1, expected at least 2"):
            AppealClassifier(calibration_folds=1).fit(*toy_corpus)

    def test_one_text_a_topic(self) -> None:
        """Topics of a single text are learned all the same."""
        classifier = AppealClassifier(min_df=1).fit(["яма на дороге", "стая собак"], ["roads", "dogs"])
        assert classifier.predict(["дороге", "собак"]).tolist() == ["roads", "dogs"]

    def test_a_rare_topic(self, toy_corpus: Corpus) -> None:
        """Topics of few texts among larger ones are learned and have a probability."""
        texts, topics = toy_corpus
        classifier = AppealClassifier(min_df=1).fit(
            [*texts, *["Свалка за гаражами"] * 3, *["Барак аварийный"] * 3], [*topics, *["dumps"] * 3, *["slums"] * 3]
        )
        assert {"dumps", "slums"} < set(classifier.classes_)
        np.testing.assert_allclose(classifier.predict_proba(["свалка"]).sum(axis=1), 1)
        np.testing.assert_allclose(classifier.oof_proba_.sum(axis=1), 1)

    def test_groups_stay_together(self) -> None:
        """Margins for the calibration never come from a model that has seen the author."""
        texts = ["яма на дороге", "ямы на улице", "снег во дворе", "снега много"] * 5
        topics = ["roads", "roads", "snow", "snow"] * 5
        apart = AppealClassifier(min_df=1).fit(texts, topics, groups=np.repeat(range(5), 4))
        mixed = AppealClassifier(min_df=1).fit(texts, topics)
        assert not np.array_equal(apart.oof_proba_, mixed.oof_proba_)
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            AppealClassifier(min_df=1).fit(texts, topics, groups=[1, 2])

    def test_labels_of_any_kind(self, toy_corpus: Corpus) -> None:
        """Topics may be numbers."""
        texts, topics = toy_corpus
        numbers = [len(topic) for topic in topics]
        assert AppealClassifier(min_df=1).fit(texts, numbers).predict(texts).tolist() == numbers

    def test_same_seed_same_weights(self, toy_corpus: Corpus, small_classifier: AppealClassifier) -> None:
        """Training twice gives the same bits."""
        again = AppealClassifier(min_df=1).fit(*toy_corpus)
        np.testing.assert_array_equal(again.coef_, small_classifier.coef_)
        np.testing.assert_array_equal(again.oof_proba_, small_classifier.oof_proba_)


class TestPredict:
    """predict, predict_proba, decision_function: three views of the same scores."""

    def test_views_agree(self, small_classifier: AppealClassifier, toy_corpus: Corpus) -> None:
        """The softmax of the scores is the probability, its largest the topic."""
        texts, topics = toy_corpus
        scores = small_classifier.decision_function(texts)
        probabilities = small_classifier.predict_proba(texts)
        powers = np.exp(scores)
        np.testing.assert_allclose(probabilities, powers / powers.sum(axis=1, keepdims=True), atol=1e-12)
        predicted = small_classifier.classes_[probabilities.argmax(axis=1)]
        assert small_classifier.predict(texts).tolist() == predicted.tolist() == topics

    def test_two_topics(self) -> None:
        """For two topics the score is one number, above 0 for the second."""
        texts = ["яма на дороге", "ямы на улице", "стая собак у школы", "собаки во дворе"]
        classifier = AppealClassifier(min_df=1).fit(texts, ["a", "a", "b", "b"])
        scores = classifier.decision_function(texts)
        assert scores.shape == (4,)
        assert (scores > 0).tolist() == [False, False, True, True]
        assert classifier.predict_proba(texts).shape == (4, 2)
        np.testing.assert_allclose(classifier.predict_proba(texts)[:, 1], 1 / (1 + np.exp(-scores)), atol=1e-12)

    def test_weights_are_centred(self, small_classifier: AppealClassifier) -> None:
        """Over the topics every feature's weights sum to 0, so above 0 speaks for a topic."""
        np.testing.assert_allclose(small_classifier.coef_.sum(axis=0), 0, atol=1e-12)
        assert small_classifier.intercept_.sum() == pytest.approx(0, abs=1e-12)

    @pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function", "compile"])
    def test_before_fit(self, method: str) -> None:
        """Nothing works before fit, with scikit-learn's usual error."""
        arguments = [] if method == "compile" else [["снег"]]
        with pytest.raises(NotFittedError):
            getattr(AppealClassifier(), method)(*arguments)

    def test_one_string(self, small_classifier: AppealClassifier) -> None:
        """A bare string is a mistake."""
        with pytest.raises(TypeError, match="put it into a list"):
            small_classifier.predict("снег")

    def test_unfamiliar_text(self, small_classifier: AppealClassifier) -> None:
        """A text of which nothing is known has the scores of the intercept."""
        np.testing.assert_array_equal(small_classifier.decision_function(["!!!"])[0], small_classifier.intercept_)


class TestScikitLearn:
    """The tools of scikit-learn take it as one of their own."""

    def test_cross_validation(self, toy_corpus: Corpus) -> None:
        """Scores of texts that were not seen are well above chance, with groups too."""
        texts, topics = toy_corpus
        classifier = AppealClassifier(min_df=1, calibration_folds=2)
        assert cross_val_score(classifier, texts, topics, cv=3).mean() > 0.5
        groups = [number % 3 for number in range(len(texts))]
        scores = cross_val_score(classifier, texts, topics, cv=GroupKFold(3), groups=groups)
        assert scores.mean() > 0.5
        unseen = cross_val_predict(classifier, np.array(texts), topics, cv=3, method="predict_proba")
        np.testing.assert_allclose(unseen.sum(axis=1), 1)

    def test_grid_search(self, toy_corpus: Corpus) -> None:
        """Its parameters can be searched."""
        grid = {"C": [0.001, 0.5], "pairs": [True, False]}
        search = GridSearchCV(AppealClassifier(min_df=1, calibration_folds=2), grid, cv=2).fit(*toy_corpus)
        assert set(search.best_params_) == {"C", "pairs"}
        assert search.predict(["стая собак"]).tolist() == ["stray_animals"]

    def test_clone(self, small_classifier: AppealClassifier) -> None:
        """A clone has the parameters and nothing learned."""
        copy = clone(small_classifier)
        assert copy.get_params() == small_classifier.get_params()
        assert not hasattr(copy, "coef_")

    def test_joblib(self, small_classifier: AppealClassifier, toy_corpus: Corpus, tmp_path: Path) -> None:
        """A dumped classifier answers with the same bits."""
        joblib.dump(small_classifier, tmp_path / "classifier.joblib")
        copy = joblib.load(tmp_path / "classifier.joblib")
        np.testing.assert_array_equal(copy.predict_proba(toy_corpus[0]), small_classifier.predict_proba(toy_corpus[0]))

    def test_vectorizer_in_a_pipeline(self, toy_corpus: Corpus) -> None:
        """The vectorizer feeds any classifier of scikit-learn."""
        texts, topics = toy_corpus
        pipeline = make_pipeline(AppealVectorizer(min_df=1), LinearSVC()).fit(texts, topics)
        assert pipeline.predict(texts).tolist() == topics


def test_compiles_without_ngrams() -> None:
    """Where no n-gram is common enough to be kept, the lemmas alone are compiled."""
    classifier = AppealClassifier(min_df=9).fit(["яма", "ямы", "снег", "снега"], list("aabb"))
    model = classifier.compile()
    np.testing.assert_allclose(
        model.predict_proba(["яма", "снег"]), classifier.predict_proba(["яма", "снег"]), atol=1e-6
    )
