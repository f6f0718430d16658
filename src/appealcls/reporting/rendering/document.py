"""The report as a document without a format: built once from the figures, written down by many renderers.

HTML, DOCX, Markdown and the terminal say the same, because what they say is decided here, in the order in which
municipalities publish it. A renderer knows nothing of appeals: it writes headings, paragraphs, tables, charts and lists.
"""

import unicodedata
from dataclasses import fields, is_dataclass, replace
from typing import Any

from appealcls.reporting.figures import Figures
from appealcls.reporting.rendering import conclusions, sections, topic_sections
from appealcls.reporting.rendering.blocks import (
    Block,
    Bullets,
    Cell,
    Chart,
    Column,
    Document,
    Heading,
    KeyFigure,
    KeyFigures,
    Paragraph,
    Series,
    Table,
)
from appealcls.reporting.wording import HEADINGS, NBSP, period_name

__all__ = [
    "Block",
    "Bullets",
    "Cell",
    "Chart",
    "Column",
    "Document",
    "Heading",
    "KeyFigure",
    "KeyFigures",
    "Paragraph",
    "Series",
    "Table",
    "build",
]


def build(figures: Figures) -> Document:
    """The document of a report; what there are no figures for is left out and named among the notes.

    Names and texts that come from tables lose their control characters and line breaks, so that no format can break
    on them.
    """
    title = HEADINGS["title"]
    if figures.period is not None:
        title += f" {period_name(figures.period, 'for')}"
    blocks: list[Block] = [
        *conclusions.summary(figures),
        *sections.totals(figures),
        *sections.months(figures),
        *(block for of in ("channel", "kind", "form") for block in sections.breakdown(figures, of)),
        *topic_sections.topics(figures),
        *topic_sections.topics_by_month(figures),
        *topic_sections.topics_by_district(figures),
        *(
            block
            for of in ("question", "district", "department", "result")
            for block in sections.breakdown(figures, of)
        ),
        *sections.terms(figures),
        *sections.repeats(figures),
        *conclusions.surges(figures),
        *conclusions.words(figures),
        *conclusions.places(figures),
        *conclusions.recommendations(figures),
        *conclusions.notes(figures),
    ]
    document: Document = _tidy(
        Document(title, f"Перечень тем: «{figures.title}»" if figures.title else "", tuple(blocks))
    )
    return document


def _tidy(value: Any) -> Any:
    if isinstance(value, str):
        return _printable(value).replace(" —", f"{NBSP}—")  # a dash does not begin a line
    if isinstance(value, tuple):
        return tuple(map(_tidy, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _tidy(getattr(value, field.name)) for field in fields(value)})
    return value


def _printable(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    # Unicode categories: Cc control, Cf invisible (also those that turn the direction of writing), Cs half a character.
    kept = {"Cc": " ", "Zl": " ", "Zp": " ", "Cf": "", "Cs": "\ufffd"}
    return "".join(kept.get(unicodedata.category(character), character) for character in text).strip(" ")
