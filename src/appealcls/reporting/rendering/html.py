"""A report as one page: styles and charts inside, nothing loaded from anywhere.

It is read on a screen of any width, in light and dark, by a screen reader, and on paper.
"""

from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from appealcls.reporting.figures import Figures
from appealcls.reporting.rendering import charts
from appealcls.reporting.rendering.blocks import Cell, Chart, Heading, Table
from appealcls.reporting.rendering.document import build

__all__ = ["render"]

_SHADES: Final = 5  # steps from the palest to the strongest; the style sheet has a class for each
_FEWEST_HEADINGS: Final = 4  # of a page that needs a table of contents


def render(figures: Figures) -> str:
    """The report in Russian, a whole HTML document."""
    document = build(figures)
    contents = [block for block in document.blocks if isinstance(block, Heading) and block.level == 2]
    return _template().render(
        document=document,
        contents=contents if len(contents) >= _FEWEST_HEADINGS else [],
        kind=lambda block: type(block).__name__,
        picture=_picture,
        shade=_shade,
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("appealcls.reporting.rendering", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html.jinja")


def _picture(chart: Chart, width: str) -> Markup:
    # What charts.svg returns has its words escaped already.
    return Markup(charts.svg(chart, charts.NARROW if width == "narrow" else charts.WIDE))  # noqa: S704


def _shade(table: Table, row: tuple[Cell, ...], place: int) -> int:
    return round(_SHADES * table.tint(row, place))
