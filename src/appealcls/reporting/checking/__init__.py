"""Figures that contradict one another, and claims that do not follow from their counts."""

__all__: list[str] = []
