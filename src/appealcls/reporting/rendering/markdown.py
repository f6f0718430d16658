"""A report as Markdown, with tables as GitHub Flavored Markdown has them."""

import re
from typing import Final, assert_never

from appealcls.reporting.figures import Figures
from appealcls.reporting.rendering.blocks import Block, Bullets, Chart, Heading, KeyFigures, Paragraph, Table
from appealcls.reporting.rendering.document import build

__all__ = ["render"]

_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>|~$#])")  # what Markdown, or HTML inside it, would take for markup
_ENTITY: Final = re.compile(r"&(?=#?\w+;)")
_BLOCK_START: Final = re.compile(r"^(?=[-+=]|\d+[.)])")  # a list, a line below a heading


def render(figures: Figures) -> str:
    """The report in Russian; charts are left out, their numbers stand in the tables."""
    document = build(figures)
    parts = [f"# {_line(document.title)}"]
    if document.subtitle:
        parts.append(f"*{_text(document.subtitle)}*")
    parts += filter(None, map(_block, document.blocks))
    return "\n\n".join(parts) + "\n"


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {_line(block.text)}"
        case Paragraph():
            return f"> {_line(block.text)}" if block.role == "warning" else _line(block.text)
        case KeyFigures():
            return "\n".join(
                f"- **{_text(item.label)}: {_text(item.value)}**" + (f" — {_text(item.note)}" if item.note else "")
                for item in block.items
            )
        case Bullets():
            quote = block.role == "quotes"
            return "\n".join(f"- {f'«{_text(item)}»' if quote else _line(item)}" for item in block.items)
        case Table():
            return _table(block)
        case Chart():
            return ""
    assert_never(block)


def _table(table: Table) -> str:
    lines = [
        f"**{_text(table.title)}**",
        "",
        _row([_text(column.name) for column in table.columns]),
        _row(["---" if column.align == "left" else "---:" for column in table.columns]),
        *(_row([_text(cell.text) for cell in row]) for row in table.rows),
    ]
    if table.total is not None:
        lines.append(_row([f"**{_text(cell.text)}**" for cell in table.total]))
    return "\n".join([*lines, *(["", _line(table.note)] if table.note else [])])


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _text(text: str) -> str:
    """Text that stays text."""
    return _ENTITY.sub("&amp;", _SPECIAL.sub(r"\\\1", text))


def _line(text: str) -> str:
    """Text that stays text where a line begins."""
    return _BLOCK_START.sub(r"\\", _text(text))
