"""Labelled rows → figures (:mod:`.figures`, pure data) → documents (one module for each format) → :class:`Report`."""

from appealcls.reporting.figures import TopicCount
from appealcls.reporting.report import Report, report

__all__ = ["Report", "TopicCount", "report"]
