"""What a check found."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, or that could not be checked.

    Attributes
    ----------
    where : str
        In Russian: «строка 5», «вся таблица», the part of a report.
    claim : str
        As written.
    problem : str
        In Russian, with the counts: «13 916 → 18 970 — это +36,3 %, а не +33 %».
    expected : str
        What should stand there; empty where that cannot be said.
    kind : str
        ``wrong`` or ``unverifiable``.
    """

    where: str
    claim: str
    problem: str
    expected: str = ""
    kind: Literal["wrong", "unverifiable"] = "wrong"
