"""``AppealClassifier``: the estimator that is trained, compared and tuned with scikit-learn, and then compiled.

A linear support vector machine, one topic against the rest, over the features of :mod:`appealcls.features`; its
margins, taken on texts that it was not trained on, are turned into probabilities by a multinomial logistic regression
(matrix scaling: Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks", 2017). A linear map of a
linear map is linear, so both together are one table of weights, and :meth:`AppealClassifier.compile` writes it down
word by word.
"""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, StratifiedKFold
from sklearn.svm import LinearSVC
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d

from appealcls.features import ngrams
from appealcls.model import ModelArrays, Thresholds, TopicModel, softmax, sum_ngrams
from appealcls.tokens import SIGNS, word_keys
from appealcls.topics import Taxonomy
from appealcls.vectorizer import AppealVectorizer, as_texts

__all__ = ["AppealClassifier"]

_DECIMALS = 6  # calibration is rounded, so that the last bits of an optimiser do not show in the model's bytes
_CALIBRATION_C = (
    1.0  # inverse strength of the ridge on k × k numbers learned from thousands of texts: scikit-learn's own
)
_NEVER = -1.0  # margin of a topic that a fold of the calibration has not seen


class AppealClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Classify appeals by topic.

    Parameters
    ----------
    C : float, default=0.5
        Inverse strength of the regularisation of the linear support vector machine.
    ngram_min, ngram_max, pairs, sentences, min_df
        See :class:`appealcls.vectorizer.AppealVectorizer`.
    calibration_folds : int, default=5
        In how many parts the texts are divided to get margins of texts that were not trained on; at least 2.
    random_state : int, default=0
        Seed of the solver and of the folds.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    vectorizer_ : AppealVectorizer
    coef_ : ndarray of float64, shape (n_classes, n_features)
        Weights of the calibrated scores, centred: over the topics every feature's weights sum to 0.
    intercept_ : ndarray of float64, shape (n_classes,)
    oof_proba_ : ndarray of float64, shape (n_texts, n_classes)
        Calibrated probabilities of the training texts by models that had not seen them: what thresholds are chosen on.

    Examples
    --------
    >>> texts = ["яма на дороге", "ямы на улице", "стая собак у школы", "собаки во дворе"]
    >>> model = AppealClassifier(min_df=1).fit(texts, ["roads", "roads", "stray_animals", "stray_animals"])
    >>> model.predict(["собака и яма, собака кусается"]).tolist()
    ['stray_animals']
    """

    def __init__(
        self,
        *,
        C: float = 0.5,
        ngram_min: int = 3,
        ngram_max: int = 5,
        pairs: bool = True,
        sentences: bool = True,
        min_df: int = 2,
        calibration_folds: int = 5,
        random_state: int = 0,
    ) -> None:
        self.C = C
        self.ngram_min = ngram_min
        self.ngram_max = ngram_max
        self.pairs = pairs
        self.sentences = sentences
        self.min_df = min_df
        self.calibration_folds = calibration_folds
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        return tags

    def fit(self, X: Any, y: Any, groups: Any = None) -> Self:
        """Train and calibrate.

        Parameters
        ----------
        X : sequence of str, shape (n_texts,)
        y : array-like, shape (n_texts,)
            One topic for each text; at least two different ones.
        groups : array-like, shape (n_texts,), optional
            Who wrote each text, or where it comes from. Texts of one group are never on both sides when margins for
            the calibration are made, so that the probabilities hold for authors that were not seen.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If the texts are no texts, lengths differ, or there are fewer than two topics.
        """
        texts = as_texts(X)
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        target = column_or_1d(y, warn=True)
        check_consistent_length(texts, target)
        check_classification_targets(target)
        self.classes_, numbers = np.unique(target, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"training needs at least two topics, got only {self.classes_.tolist()}: 1 class")
        margins = self._unseen_margins(texts, numbers, groups)
        scale, shift = _calibration(margins, numbers)
        self.oof_proba_ = softmax(margins @ scale.T + shift)

        self.vectorizer_ = self._vectorizer()
        features = self.vectorizer_.fit_transform(texts)
        coef, intercept = self._train(features, numbers)
        coef, intercept = scale @ coef, scale @ intercept + shift
        self.coef_ = coef - coef.mean(axis=0)
        self.intercept_ = intercept - intercept.mean()
        return self

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Calibrated scores: log-odds up to a constant per text.

        Returns
        -------
        ndarray of float64, shape (n_texts, n_classes), or (n_texts,) for two classes
            For two classes, the score of the second less that of the first, as usual in scikit-learn.
        """
        scores = self._scores(X)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Calibrated probabilities.

        Returns
        -------
        ndarray of float64, shape (n_texts, n_classes)
            In the order of ``classes_``; rows sum to 1.
        """
        return softmax(self._scores(X))

    def predict(self, X: Any) -> NDArray[Any]:
        """The likeliest topic of each text.

        Returns
        -------
        ndarray, shape (n_texts,)
        """
        scores = self._scores(X)
        return self.classes_[scores.argmax(axis=1)]  # type: ignore[no-any-return]

    def compile(self, taxonomy: Taxonomy | None = None, thresholds: Thresholds | None = None) -> TopicModel:
        """Write the trained classifier down as a table that serves without scikit-learn.

        Parameters
        ----------
        taxonomy : Taxonomy, optional
            Must have exactly the classes as ids; by default a bare one is made of them.
        thresholds : Thresholds, optional

        Returns
        -------
        TopicModel
            Its probabilities are those of :meth:`predict_proba` to within 1e-6.

        Raises
        ------
        ValueError
            If the taxonomy has other topics than the classifier.
        """
        check_is_fitted(self)
        labels = [str(label) for label in self.classes_.tolist()]
        taxonomy = Taxonomy.from_labels(labels) if taxonomy is None else taxonomy
        if set(labels) != set(taxonomy.ids):
            raise ValueError(f"the classifier knows {', '.join(labels)}, the taxonomy {', '.join(taxonomy.ids)}")
        order = [labels.index(topic) for topic in taxonomy.ids]
        vectorizer, weights = self.vectorizer_, self.coef_[order].T
        n_lemmas, n_ngrams = len(vectorizer.lemmas_), len(vectorizer.ngrams_)
        ends = np.cumsum([n_lemmas, n_ngrams, len(vectorizer.pairs_)])
        lemma, ngram, pair, roles = np.split(weights, ends)
        ngram_scores = _rows(ngram, vectorizer.ngram_idf_, vectorizer.ngram_idf_)
        lemma_scores = _rows(lemma, vectorizer.lemma_idf_, vectorizer.lemma_idf_**2)
        if vectorizer.sentences:
            first, asking = (
                _rows(part, vectorizer.lemma_idf_, vectorizer.lemma_idf_**2) for part in np.split(roles, 2)
            )
            role_scores = np.hstack((first, asking))
        else:
            role_scores = np.zeros((n_lemmas, 2 * lemma_scores.shape[1]), dtype=np.float32)

        forms, form_lemmas = vectorizer.forms_, vectorizer.form_lemmas_
        spelled = [i for i, form in enumerate(forms) if form not in SIGNS]
        grams, owners = ngrams([forms[i] for i in spelled], vectorizer.settings)
        columns = np.searchsorted(vectorizer.ngrams_, grams).astype(np.int32)
        there = columns < n_ngrams
        there[there] = vectorizer.ngrams_[columns[there]] == grams[there]
        columns[~there] = -1
        form_scores = np.zeros((len(forms), 2 * (len(labels) + 1)), dtype=np.float32)
        form_scores[:, : len(labels) + 1] = lemma_scores[form_lemmas]
        form_scores[spelled, len(labels) + 1 :] = sum_ngrams(ngram_scores, columns, owners, len(spelled))
        return TopicModel(
            ModelArrays(
                bias=self.intercept_[order],
                lemma_keys=word_keys(vectorizer.lemmas_),
                lemma_scores=lemma_scores,
                role_scores=role_scores,
                ngram_keys=vectorizer.ngrams_,
                ngram_scores=ngram_scores,
                pair_keys=vectorizer.pairs_,
                pair_scores=_rows(pair, vectorizer.pair_idf_, vectorizer.pair_idf_**2),
                form_keys=word_keys(forms),
                form_lemmas=form_lemmas,
                form_scores=form_scores,
            ),
            taxonomy,
            vectorizer.settings,
            thresholds or Thresholds(),
        )

    def _scores(self, X: Any) -> NDArray[np.float64]:
        check_is_fitted(self)
        scores: NDArray[np.float64] = self.vectorizer_.transform(X) @ self.coef_.T + self.intercept_
        return scores

    def _vectorizer(self) -> AppealVectorizer:
        return AppealVectorizer(
            ngram_min=self.ngram_min,
            ngram_max=self.ngram_max,
            pairs=self.pairs,
            sentences=self.sentences,
            min_df=self.min_df,
        )

    def _train(self, features: Any, numbers: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weights and biases of all classes against the rest; a class that is not there gets the margin ``_NEVER``."""
        svm = LinearSVC(C=self.C, random_state=self.random_state).fit(features, numbers)
        coef = np.zeros((len(self.classes_), features.shape[1]))
        intercept = np.full(len(self.classes_), _NEVER)
        if len(svm.classes_) == 2:
            coef[svm.classes_] = np.vstack((-svm.coef_, svm.coef_))
            intercept[svm.classes_] = np.concatenate((-svm.intercept_, svm.intercept_))
        else:
            coef[svm.classes_], intercept[svm.classes_] = svm.coef_, svm.intercept_
        return coef, intercept

    def _unseen_margins(self, texts: Sequence[str], numbers: NDArray[np.intp], groups: Any) -> NDArray[np.float64]:
        """Margins of every text by a model that was trained without it."""
        margins = np.empty((len(texts), len(self.classes_)))
        for train, test in self._folds(numbers, groups):
            vectorizer = self._vectorizer()
            coef, intercept = self._train(vectorizer.fit_transform([texts[i] for i in train]), numbers[train])
            margins[test] = vectorizer.transform([texts[i] for i in test]) @ coef.T + intercept
        return margins

    def _folds(self, numbers: NDArray[np.intp], groups: Any) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        folds = self.calibration_folds
        if folds < 2:
            raise ValueError(f"calibration_folds is {folds}, expected at least 2")
        if groups is not None:
            groups = column_or_1d(groups)
            check_consistent_length(numbers, groups)
            if len(np.unique(groups)) >= folds:
                parts = list(GroupKFold(folds).split(numbers, numbers, groups))
                if all(len(np.unique(numbers[train])) > 1 for train, _ in parts):
                    return parts
        everything = np.arange(len(numbers))
        folds = min(folds, int(np.bincount(numbers).max()))
        if folds < 2:  # every class has one text: there is nothing to hold out, so what was seen must do
            return [(everything, everything)]
        # Stratified folds want each class in each fold; the rare ones are dealt out together with the commonest.
        counts = np.bincount(numbers)
        strata = np.where(counts[numbers] < folds, counts.argmax(), numbers)
        parts = list(StratifiedKFold(folds, shuffle=True, random_state=self.random_state).split(numbers, strata))
        parts = [(train, test) for train, test in parts if len(np.unique(numbers[train])) > 1]
        return parts if len(parts) == folds else [(everything, everything)]


def _calibration(
    margins: NDArray[np.float64], numbers: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The matrix and the shift that turn margins into scores whose softmax is the probability."""
    regression = LogisticRegression(C=_CALIBRATION_C, max_iter=1000).fit(margins, numbers)
    scale, shift = regression.coef_, regression.intercept_
    if len(scale) == 1:
        scale, shift = np.vstack((-scale, scale)) / 2, np.concatenate((-shift, shift)) / 2
    return np.round(scale, _DECIMALS), np.round(shift, _DECIMALS)


def _rows(weights: NDArray[np.float64], idf: NDArray[np.float64], last: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.column_stack((weights * idf[:, None], last)).astype(np.float32)
