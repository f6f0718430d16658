"""Topics of citizens' appeals: text in, topic out.

>>> import appealcls
>>> appealcls.predict("Стая собак у школы, дети боятся ходить на уроки").topic
'stray_animals'

Importing the package loads neither NumPy nor a model; each name is fetched when it is first used.
"""

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from appealcls.api import evaluate, load, predict
    from appealcls.archive import ArchiveSummary, iter_labelled, label_archive
    from appealcls.classifier import AppealClassifier
    from appealcls.errors import (
        AppealclsError,
        DataError,
        MissingExtraError,
        ModelError,
        TaxonomyError,
        UsageError,
    )
    from appealcls.evaluation import Evaluation
    from appealcls.model import TopicModel
    from appealcls.prediction import Evidence, Explanation, Prediction
    from appealcls.reporting import Report, report
    from appealcls.topics import Taxonomy, Topic
    from appealcls.training import TrainingResult, train

    __version__: str

__all__ = [
    "AppealClassifier",
    "AppealclsError",
    "ArchiveSummary",
    "DataError",
    "Evaluation",
    "Evidence",
    "Explanation",
    "MissingExtraError",
    "ModelError",
    "Prediction",
    "Report",
    "Taxonomy",
    "TaxonomyError",
    "Topic",
    "TopicModel",
    "TrainingResult",
    "UsageError",
    "evaluate",
    "iter_labelled",
    "label_archive",
    "load",
    "predict",
    "report",
    "train",
]

_HOME = {
    "api": ("evaluate", "load", "predict"),
    "archive": ("ArchiveSummary", "iter_labelled", "label_archive"),
    "classifier": ("AppealClassifier",),
    "errors": ("AppealclsError", "DataError", "MissingExtraError", "ModelError", "TaxonomyError", "UsageError"),
    "evaluation": ("Evaluation",),
    "model": ("TopicModel",),
    "prediction": ("Evidence", "Explanation", "Prediction"),
    "reporting": ("Report", "report"),
    "topics": ("Taxonomy", "Topic"),
    "training": ("TrainingResult", "train"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

logging.getLogger(__name__).addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("appealcls")
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'appealcls' has no attribute {name!r}")
    value = getattr(import_module(f"appealcls.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
