"""Labelled rows → a model with honest figures."""

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from os import PathLike
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from appealcls import card, store
from appealcls.errors import DataError, MissingExtraError
from appealcls.evaluation import Evaluation, evaluate_predictions
from appealcls.model import Thresholds, TopicModel
from appealcls.tables import LABEL_COLUMNS, TEXT_COLUMNS, cell_text, find_column, open_table
from appealcls.topics import Taxonomy

__all__ = ["LabelledTexts", "TrainingResult", "read_labelled", "train"]

SURE_ACCURACY: Final = 0.95
"""What is not marked for review should be right so often: one wrong row in twenty is what a careful clerk leaves too
(a second reader of real appeals agreed with the first in 96 %)."""

_REVIEW_GRID: Final = np.arange(0.30, 0.991, 0.01)

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class LabelledTexts:
    """Texts with their topics.

    Attributes
    ----------
    texts, labels : list of str
    additional : list of tuple of str
        Further topics of each text.
    groups : list of str
        Who wrote each text, or the file it comes from: the unit that calibration holds out.
    skipped : list of str
        Where rows without a text or a label were, for a message: "data.csv, row 17".
    """

    texts: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    additional: list[tuple[str, ...]] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def digest(self) -> str:
        """SHA-256 of texts and labels, in their order."""
        digest = hashlib.sha256()
        for text, label, more in zip(self.texts, self.labels, self.additional, strict=True):
            digest.update("\x1f".join((label, *more, text)).encode("utf-8", "surrogatepass") + b"\x1e")
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What training gave.

    Attributes
    ----------
    model : TopicModel
    evaluation : Evaluation
        On the training texts, each predicted by a model that had not seen its group.
    folder : Path or None
        Where the model was saved.
    skipped : tuple of str
        Rows that had no text or no label.
    """

    model: TopicModel
    evaluation: Evaluation
    folder: Path | None
    skipped: tuple[str, ...]


def read_labelled(
    path: str | PathLike[str], text_column: str | None = None, label_column: str | None = None
) -> LabelledTexts:
    """Read labelled appeals.

    Parameters
    ----------
    path : path
        A table (see :func:`appealcls.tables.open_table`), or a folder of them: then each file is a group of its own.
    text_column, label_column : str, optional
        By default found by name. A column ``additional`` holds further topics, joined by ``|``; a column ``batch`` or
        ``author`` names the group.

    Raises
    ------
    DataError, UsageError
        If there is nothing to read, or a column is missing.
    """
    place = Path(path)
    if place.is_dir():
        files = sorted(file for file in place.iterdir() if file.suffix.lower() in {".csv", ".tsv", ".xlsx", ".jsonl"})
        if not files:
            raise DataError(f"{place}: no tables (.csv, .tsv, .xlsx, .jsonl) in this folder")
    else:
        files = [place]
    data = LabelledTexts()
    for file in files:
        table = open_table(file)
        text = find_column(table.columns, text_column, TEXT_COLUMNS, "texts", "--text-column")
        label = find_column(table.columns, label_column, LABEL_COLUMNS, "labels", "--label-column")
        folded = [column.casefold() for column in table.columns]
        more = folded.index("additional") if "additional" in folded else None
        group = next((folded.index(name) for name in ("batch", "author", "group") if name in folded), None)
        for number, row in table:
            words, topic = cell_text(row[text]).strip(), cell_text(row[label]).strip()
            if not words or not topic:
                data.skipped.append(f"{file.name}, row {number}")
                continue
            if "|" in topic:
                raise DataError(f"{file}, row {number}: label {topic!r}: «|» joins several labels and cannot be in one")
            data.texts.append(words)
            data.labels.append(topic)
            further = cell_text(row[more]).split("|") if more is not None else []
            data.additional.append(tuple(filter(None, map(str.strip, further))))
            data.groups.append(file.stem if group is None or not row[group] else cell_text(row[group]))
    return data


def train(
    data: str | PathLike[str] | LabelledTexts,
    out: str | PathLike[str] | None = None,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    taxonomy: Taxonomy | None = None,
    name: str = "",
    progress: Callable[[str], None] | None = None,
    **parameters: Any,
) -> TrainingResult:
    """Train a model on labelled appeals, measure it on texts it has not seen, and save it.

    Parameters
    ----------
    data : path or LabelledTexts
        See :func:`read_labelled`.
    out : path, optional
        The model folder to write; by default nothing is saved.
    text_column, label_column : str, optional
    taxonomy : Taxonomy, optional
        Names and departments of the topics. By default the package's own where all labels are its ids, and bare ids
        otherwise.
    name : str, default=''
        A heading for the model card.
    progress : callable, optional
        Called with a few words at each stage.
    **parameters
        Of :class:`appealcls.classifier.AppealClassifier`.

    Returns
    -------
    TrainingResult

    Raises
    ------
    DataError
        If the data cannot be read, hold fewer than two topics, or labels that the taxonomy does not know.
    MissingExtraError
        If scikit-learn is not installed.
    """
    try:
        from appealcls.classifier import AppealClassifier
    except ImportError as error:
        raise MissingExtraError("training", "scikit-learn", "train") from error
    tell = progress or (lambda _: None)
    if not isinstance(data, LabelledTexts):
        tell("чтение данных")
        data = read_labelled(data, text_column, label_column)
    taxonomy = _taxonomy_for(data, taxonomy)
    tell(f"обучение: {len(data)} обращений, {len(taxonomy)} тем")
    try:
        classifier = AppealClassifier(**parameters).fit(data.texts, data.labels, _useful_groups(data.groups))
    except ValueError as error:
        raise DataError(f"the data cannot be learned from: {error}") from error
    classes = classifier.classes_.tolist()
    true = np.array([classes.index(label) for label in data.labels])
    thresholds = Thresholds(review=_review_threshold(classifier.oof_proba_, true))
    tell("измерение качества")
    confidence = classifier.oof_proba_.max(axis=1)
    evaluation = evaluate_predictions(
        classes, true, classifier.oof_proba_.argmax(axis=1), confidence, confidence < thresholds.review
    )
    model = classifier.compile(taxonomy, thresholds)
    model.metadata.update(
        {
            "name": name,
            "data": {
                "sha256": data.digest,
                "texts": len(data),
                "groups": len(set(data.groups)),
                "topics": dict(sorted(Counter(data.labels).items())),
            },
            "classifier": dict(sorted(classifier.get_params().items())),
            "evaluation": _rounded(evaluation.to_dict()),
            "libraries": {
                **{
                    package: version(package)
                    for package in ("numpy", "pymorphy3", "pymorphy3-dicts-ru", "scikit-learn", "scipy")
                },
            },
        }
    )
    folder = None
    if out is not None:
        tell("запись модели")
        folder = store.save(model, out, card.model_card(model))
    _log.info("trained on %d texts, skipped %d rows", len(data), len(data.skipped))
    return TrainingResult(model, evaluation, folder, tuple(data.skipped))


def _taxonomy_for(data: LabelledTexts, taxonomy: Taxonomy | None) -> Taxonomy:
    labels = set(data.labels)
    if len(labels) < 2:
        raise DataError(f"training needs texts of at least two topics, got {len(data)} texts of {sorted(labels)}")
    default = Taxonomy.default()
    if taxonomy is None:
        return default.restricted_to(labels) if labels <= set(default.ids) else Taxonomy.from_labels(labels)
    unknown = sorted(labels - set(taxonomy.ids))
    if unknown:
        raise DataError(f"labels that are not in the taxonomy: {', '.join(map(repr, unknown[:5]))}")
    return taxonomy.restricted_to(labels)


def _useful_groups(groups: Sequence[str]) -> Sequence[str] | None:
    return groups if len(set(groups)) > 1 else None


def _review_threshold(probabilities: NDArray[np.float64], true: NDArray[np.intp]) -> float:
    """The least confidence from which predictions for unseen texts are right often enough."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == true
    enough = (t for t in _REVIEW_GRID if (sure := confidence >= t).any() and right[sure].mean() >= SURE_ACCURACY)
    return round(float(next(enough, _REVIEW_GRID[-1])), 2)


def _rounded(value: Any) -> Any:
    """Figures to four decimals: more are not known, and would only make files differ."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    return [_rounded(entry) for entry in value] if isinstance(value, list | tuple) else value
