"""The functions of the package: what an engineer calls, with the default model where none is given."""

import threading
from collections.abc import Callable, Iterable
from functools import cache
from os import PathLike
from typing import Final, overload

from appealcls import archive, store
from appealcls.evaluation import Evaluation, evaluate_texts
from appealcls.model import Prediction, TopicModel
from appealcls.training import LabelledTexts, read_labelled, train

__all__ = ["evaluate", "label_archive", "load", "predict", "train"]

load = store.load

Model = TopicModel | str | PathLike[str] | None
"""A model, its folder or name, or None for the one that comes with the package."""

_loading: Final = threading.Lock()


@cache
def _default() -> TopicModel:
    return store.load()


def _resolve(model: Model) -> TopicModel:
    if isinstance(model, TopicModel):
        return model
    if model is None:
        with _loading:  # two threads that come first load it once
            return _default()
    return store.load(model)


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
    return _resolve(model).predict(texts)


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
    if not isinstance(data, LabelledTexts):
        data = read_labelled(data, text_column, label_column)
    return evaluate_texts(_resolve(model), data.texts, data.labels)


def label_archive(
    source: str | PathLike[str],
    target: str | PathLike[str],
    model: Model = None,
    *,
    text_column: str | None = None,
    jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> archive.ArchiveSummary:
    """Label a table; see :func:`appealcls.archive.label_archive`, which this is with a default model."""
    return archive.label_archive(source, target, _resolve(model), text_column=text_column, jobs=jobs, progress=progress)
