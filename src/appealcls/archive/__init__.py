"""Archives of any size: read in batches, labelled by workers, written at once, continued after an interruption."""

from appealcls.archive.duplicates import Matching
from appealcls.archive.labelling import (
    ADDED_COLUMNS,
    DUPLICATE_COLUMN,
    NO_TEXT,
    ArchiveSummary,
    Progress,
    iter_labelled,
    label_archive,
)
from appealcls.archive.workers import BACKENDS

__all__ = [
    "ADDED_COLUMNS",
    "BACKENDS",
    "DUPLICATE_COLUMN",
    "NO_TEXT",
    "ArchiveSummary",
    "Matching",
    "Progress",
    "iter_labelled",
    "label_archive",
]
