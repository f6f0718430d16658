"""Labelled rows → figures (:mod:`.figures`, pure data) → documents (one module for each format) → :class:`Report`."""

from appealcls.reporting.reports import Report, report

__all__ = ["Report", "report"]
