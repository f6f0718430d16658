"""The functions of the package: what an engineer calls, with the default model where none is given."""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Final, overload

from appealcls import store
from appealcls.model import TopicModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from os import PathLike

    from appealcls.archive import ArchiveSummary
    from appealcls.evaluation import Evaluation
    from appealcls.prediction import Prediction
    from appealcls.training import LabelledTexts

    Model = TopicModel | str | PathLike[str] | None
    """A model, its folder or name, or None for the one that comes with the package."""

__all__ = ["evaluate", "label_archive", "load", "predict"]

load = store.load

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
    from appealcls.evaluation import evaluate_texts  # a service that only predicts does without these
    from appealcls.training import LabelledTexts, read_labelled

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
) -> ArchiveSummary:
    """Label a table; see :func:`appealcls.archive.label_archive`, which this is with a default model."""
    from appealcls import archive  # as above

    return archive.label_archive(source, target, _resolve(model), text_column=text_column, jobs=jobs, progress=progress)
