"""Charts as SVG for a page and PNG for a letter; the same picture for the same data, to the byte.

Colours are those of Okabe and Ito ("Color Universal Design", 2008), which people with any colour vision tell apart; the
year before differs by a pattern as well, and every bar carries its number, so a photocopy says the same.
"""

import html
import io
import re
import textwrap
from functools import cache
from typing import Final

from matplotlib import font_manager, style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from appealcls.reporting.rendering.blocks import Chart, Series
from appealcls.reporting.wording import number

__all__ = ["NARROW", "WIDE", "png", "svg"]

WIDE: Final = 520.0
"""Points, for a sheet of paper or a screen."""

NARROW: Final = 270.0
"""Points, for a phone."""

_NOW: Final = "#0072B2"
_BEFORE: Final = "#D55E00"
_INK: Final = "#010203"  # words and lines; a page puts its own colour in its place
_PAPER_INK: Final = "#1a1a1a"
_FONT: Final = "DejaVu Sans"  # comes with matplotlib and has Cyrillic
_SIZE: Final = 10.0  # points, of letters
_LINE: Final = 15.0  # points from line to line of a legend
_LETTER: Final = 0.6  # of the size: how wide a letter is on average, generously
_SMALLEST: Final = 6.5  # points, of letters that can still be read
_FEWEST_PLACES: Final = 6  # of columns: two months as wide as a page would look like a wall
_DPI: Final = 200
_STYLE: Final = {
    "font.family": "sans-serif",
    "font.sans-serif": [_FONT],
    "font.size": _SIZE,
    "svg.fonttype": "none",
    "svg.hashsalt": "appealcls",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "hatch.linewidth": 1.0,
    "axes.edgecolor": _INK,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}


def svg(chart: Chart, width: float = WIDE) -> str:
    """The chart as an ``svg`` element for a page: words stay words, and words and lines have the page's colour.

    Parameters
    ----------
    chart : Chart
        Its ``key`` makes the ids unique in a page, its ``alt`` is the label.
    width : float
        Points; the element itself fills what holds it.
    """
    buffer = io.StringIO()
    with style.context(["default", _STYLE]):
        figure = _figure(chart, width, _INK)
        FigureCanvasSVG(figure)
        figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    picture = buffer.getvalue()
    picture = picture[picture.index("<svg") :].strip()
    picture = re.sub(r"<metadata>.*?</metadata>\s*|<style.*?</style>|<!--.*?-->\s*", "", picture, flags=re.DOTALL)
    picture = re.sub(r"<defs>\s*</defs>\s*", "", picture)
    prefix = f"{chart.key}-{width:.0f}-"
    picture = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{prefix}", picture).replace("xlink:href", "href")
    picture = picture.replace(f"'{_FONT}', sans-serif", "sans-serif")
    picture = picture.replace(f": {_INK}", ": currentColor")  # only in a style
    size = re.search(r'viewBox="([^"]*)"', picture)
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size[1] if size else ""}" role="img" '
        f'stroke-linejoin="round" aria-label="{html.escape(chart.alt)}">'
    )
    return opening + picture[picture.index(">") + 1 :]


def png(chart: Chart, width: float = WIDE) -> bytes:
    """The chart as a picture on white, 200 dots an inch; ``width`` in points."""
    buffer = io.BytesIO()
    ink = dict.fromkeys(("axes.edgecolor", "text.color", "xtick.color", "ytick.color"), _PAPER_INK)
    with style.context(["default", {**_STYLE, **ink, "savefig.facecolor": "white"}]):
        figure = _figure(chart, width, _PAPER_INK)
        FigureCanvasAgg(figure)
        figure.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
    return buffer.getvalue()


def _figure(chart: Chart, width: float, ink: str) -> Figure:
    draw = {"bars": _bars, "months": _months}[chart.kind]
    figure = Figure()
    draw(figure, chart, width, ink)
    return figure


def _bars(figure: Figure, chart: Chart, width: float, ink: str) -> None:
    """Names above their bars, as long as they are; numbers at the ends of the bars."""
    names = [textwrap.wrap(_known(name), int(width / (_SIZE * _LETTER))) or [""] for name in chart.categories]
    line, bar, gap, top = _SIZE * 1.3, _SIZE * 1.25, _SIZE * 0.9, _SIZE * 0.4
    if len(chart.series) > 1:
        top = _SIZE * 0.7 + _LINE * _legend_lines(chart.series, width)
    height = top + sum(line * len(name) + len(chart.series) * bar + gap for name in names)
    axes = _canvas(figure, width, height)
    if len(chart.series) > 1:
        _legend(axes, chart.series, width, ink)
    largest = _largest(chart)
    room = width - _SIZE * _LETTER * (len(number(largest)) + 2)
    y = top
    for position, name in enumerate(names):
        for words in name:
            axes.text(0, y + line * 0.5, words, va="center", parse_math=False)
            y += line
        for order, series in enumerate(chart.series):
            value = series.values[position]
            if value is not None:
                length = room * value / largest if largest else 0.0
                axes.add_patch(_bar(0.5, y + 1.5, length, bar - 3, before=order > 0))
                axes.text(length + _SIZE * 0.5, y + bar / 2, number(value), va="center", fontsize=_SIZE * 0.92)
            y += bar
        y += gap


def _bar(x: float, y: float, width: float, height: float, *, before: bool) -> Rectangle:
    if before:
        return Rectangle((x, y), width, height, facecolor="none", edgecolor=_BEFORE, hatch="/////", linewidth=0.9)
    return Rectangle((x, y), width, height, facecolor=_NOW, edgecolor=_NOW, linewidth=0.9)


def _canvas(figure: Figure, width: float, height: float) -> Axes:
    """Axes without lines whose unit is a point, from the upper left corner."""
    figure.set_size_inches(width / 72, height / 72)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.axis("off")
    return axes


def _legend_lines(series: tuple[Series, ...], width: float) -> int:
    """Lines that the names of the series take: one where they fit beside each other."""
    needed = sum(_SIZE * 3.2 + len(one.name) * _SIZE * _LETTER for one in series)
    return 1 if needed <= width else len(series)


def _legend(axes: Axes, series: tuple[Series, ...], width: float, ink: str) -> None:
    x = y = 0.0
    for order, one in enumerate(series):
        axes.add_patch(_bar(x + 0.5, y + _SIZE * 0.25, _SIZE * 1.4, _SIZE * 0.8, before=order > 0))
        axes.text(x + _SIZE * 2, y + _SIZE * 0.65, one.name, va="center", color=ink, parse_math=False)
        if _legend_lines(series, width) == 1:
            x += _SIZE * 3.2 + len(one.name) * _SIZE * _LETTER
        else:
            y += _LINE


def _months(figure: Figure, chart: Chart, width: float, ink: str) -> None:
    """Columns for the period, beside narrower ones for the year before; a month that the data do not fill is hollow."""
    height = max(180.0, width * 0.4)
    figure.set_size_inches(width / 72, height / 72)
    now, *before = chart.series
    ticks = MaxNLocator(5, integer=True).tick_values(0, _largest(chart) or 1)
    left, bottom, top = _SIZE * _LETTER * (len(number(round(ticks[-1]))) + 1.5), _SIZE * 2.2, _SIZE * 1.3
    if before:
        top += _LINE * _legend_lines(chart.series, width)
    axes = figure.add_axes((left / width, bottom / height, (width - left) / width, (height - bottom - top) / height))
    places = max(len(chart.categories), _FEWEST_PLACES)
    step = (width - left) / places
    wide = 0.5 if before else 0.7
    start = -0.43 if before else -wide / 2
    letters = min(_SIZE * 0.85, step * wide / (_LETTER * max(len(number(value or 0)) for value in now.values)))
    for position, value in enumerate(now.values):
        hollow = position in chart.partial
        axes.add_patch(_column(position + start, wide, value or 0, _NOW, hollow=hollow))
        if value is not None and letters >= _SMALLEST:
            inside = not hollow and value > 0.12 * ticks[-1]
            axes.annotate(
                number(value),
                (position + start + wide / 2, value),
                (0, -3 if inside else 3),
                textcoords="offset points",
                ha="center",
                va="top" if inside else "bottom",
                fontsize=letters,
                color="white" if inside else ink,
            )
    for series in before:
        for position, value in enumerate(series.values):
            axes.add_patch(_column(position + start + wide + 0.03, 0.33, value or 0, _BEFORE, hollow=True))
    axes.set_xticks(list(range(len(chart.categories))), chart.categories)
    axes.tick_params(length=0, labelsize=_SIZE * (0.95 if step > 30 else 0.8))
    axes.set_xlim(-0.5, places - 0.5)
    axes.set_ylim(0, ticks[-1])
    axes.set_yticks(ticks, [number(round(tick)) for tick in ticks])
    axes.grid(axis="y", color=ink, alpha=0.18, linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    if before:
        _legend(_canvas(figure, width, height), chart.series, width, ink)


def _column(x: float, width: float, height: float, colour: str, *, hollow: bool) -> Rectangle:
    if hollow:
        return Rectangle((x, 0), width, height, facecolor="none", edgecolor=colour, hatch="/////", linewidth=0.9)
    return Rectangle((x, 0), width, height, facecolor=colour, edgecolor=colour, linewidth=0.9)


def _largest(chart: Chart) -> int:
    return max((value or 0 for series in chart.series for value in series.values), default=0)


@cache
def _letters() -> frozenset[int]:
    """Characters that the font can draw."""
    return frozenset(font_manager.get_font(font_manager.findfont(_FONT)).get_charmap())


def _known(text: str) -> str:
    return "".join(character if ord(character) in _letters() else "\ufffd" for character in text)
