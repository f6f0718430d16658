"""The functions of the package: what an engineer calls, with the default model where none is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from appealcls import store

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

    from appealcls.evaluation import Evaluation
    from appealcls.prediction import Prediction
    from appealcls.store import Model
    from appealcls.training import LabelledTexts

__all__ = ["evaluate", "load", "predict"]

load = store.load


@overload
def predict(texts: str, model: Model = None) -> Prediction: ...  # type: ignore[overload-overlap]  # a str is an iterable of str
@overload
def predict(texts: Iterable[str], model: Model = None) -> list[Prediction]: ...
def predict(texts: str | Iterable[str], model: Model = None) -> Prediction | list[Prediction]:
    """What one text, or each of many, is about.

    Parameters
    ----------
    texts : str or iterable of str
    model : TopicModel, path or str, optional
        By default the model that comes with the package; it is loaded once. A path is loaded at every call: keep what
        :func:`appealcls.load` returns where that matters.

    Returns
    -------
    Prediction or list of Prediction
        One for a string, a list in the given order otherwise.

    Raises
    ------
    TypeError
        If something in ``texts`` is not a string.
    ModelError
        If the model cannot be loaded.

    Examples
    --------
    >>> import appealcls
    >>> appealcls.predict("Автобус 23 опять не пришёл по расписанию").topic
    'transport'
    """
    return store.resolve(model).predict(texts)


def evaluate(
    data: str | PathLike[str] | LabelledTexts,
    model: Model = None,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
) -> Evaluation:
    """How well a model predicts the labels of some appeals.

    Parameters
    ----------
    data : path or LabelledTexts
        See :func:`appealcls.training.read_labelled`.
    model : TopicModel, path or str, optional

    Returns
    -------
    Evaluation

    Raises
    ------
    DataError, UsageError
        If the data cannot be read or hold labels that the model does not know.
    """
    from appealcls.evaluation import evaluate_texts  # a service that only predicts does without these
    from appealcls.training import LabelledTexts, read_labelled

    if not isinstance(data, LabelledTexts):
        data = read_labelled(data, text_column, label_column)
    return evaluate_texts(store.resolve(model), data.texts, data.labels)
