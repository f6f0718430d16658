"""Every error a caller can meet.

Each message says what is wrong, where (file, row, column), and what to do about it. This module imports nothing
from the package, so that any layer may raise any of these.
"""

__all__ = ["AppealclsError", "DataError", "MissingExtraError", "ModelError", "TaxonomyError", "UsageError"]


class AppealclsError(Exception):
    """Base class: ``except appealcls.AppealclsError`` catches whatever the package raises on purpose."""


class UsageError(AppealclsError, ValueError):
    """The request itself cannot be carried out as it was made: a column or an option that does not exist."""


class DataError(AppealclsError, ValueError):
    """A file of appeals cannot be read, or its rows are not what the work needs."""


class TaxonomyError(AppealclsError, ValueError):
    """A file of topics is broken; the message names the line and the reason."""


class ModelError(AppealclsError, ValueError):
    """A model folder is missing, damaged, too new, or not what its manifest says."""


class MissingExtraError(AppealclsError, ImportError):
    """An optional package is needed for this work and is not installed.

    Parameters
    ----------
    work : str
        What was asked for, as the start of the sentence ("reading .xlsx files").
    package : str
        The distribution that is missing.
    extra : str
        The extra of this package that brings it.
    """

    def __init__(self, work: str, package: str, extra: str) -> None:
        super().__init__(f"{work} needs the package {package}: run  pip install 'appealcls[{extra}]'")
        self.work, self.package, self.extra = work, package, extra

    def __reduce__(self) -> tuple[type["MissingExtraError"], tuple[str, str, str]]:
        # The message is built here, so unpickling in another process must pass the parts, not the message.
        return type(self), (self.work, self.package, self.extra)
