"""Labelled rows → figures (:mod:`.figures`, pure data) → documents (one module for each format)."""

from appealcls.reporting.figures import Report, TopicCount, report

__all__ = ["Report", "TopicCount", "report"]
