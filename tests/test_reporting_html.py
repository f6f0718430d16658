"""The page of a report is whole by itself, can be read by anybody, and lets nothing through that is not text."""

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest

from appealcls.reporting.figures import Figures
from appealcls.reporting.rendering import charts, html
from appealcls.reporting.rendering.blocks import Chart, Series, Table
from appealcls.reporting.rendering.document import build

_VOID = {"meta", "link", "br", "img", "hr", "input"}
_PHONE = 390  # CSS pixels


class _Page(HTMLParser):
    """The elements of a page, and whether they are closed in the order in which they were opened."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.words: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute occurs twice in <{tag}>"
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append((self.open[-1] if self.open else "", data))

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def text(self, *tags: str) -> list[str]:
        return [words for tag, words in self.words if tag in tags]


@cache
def _page(figures: Figures) -> str:
    """The page of figures, which several tests look at."""
    return html.render(figures)


def test_the_page_is_well_formed_and_ids_occur_once(report_sample: Figures) -> None:
    """Elements close in order, ids are unique, and whatever points into the page finds its target."""
    text = _page(report_sample)
    page = _Page(text)
    ids = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    assert not [name for name, count in ids.items() if count > 1]
    targets = [attributes["href"] for _, attributes in page.elements if "href" in attributes]
    targets += [f"#{name}" for name in re.findall(r"url\(#([^)]*)\)", text)]
    assert targets
    assert {target.removeprefix("#") for target in targets} <= set(ids)
    assert text.startswith("<!DOCTYPE html>\n")
    assert page.of("html") == [{"lang": "ru"}]


def test_nothing_is_loaded_from_anywhere(report_sample: Figures) -> None:
    """No address of a network, no script, no frame, no picture by reference; only the name of the SVG namespace."""
    text = _page(report_sample)
    page = _Page(text)
    found = [words for words in re.findall(r"https?://[^\s\"'<>)]*", text) if words != "http://www.w3.org/2000/svg"]
    assert not found
    assert not {"script", "iframe", "link", "img", "object", "embed", "base", "form"} & {
        tag for tag, _ in page.elements
    }
    style = "".join(page.text("style"))
    assert style
    assert "@import" not in style
    assert "url(" not in style
    assert not [
        name for _, attributes in page.elements for name in attributes if name.startswith("on") or name == "src"
    ]
    policy = next(one["content"] for one in page.of("meta") if "http-equiv" in one)
    assert policy.startswith("default-src 'none'")


def test_tables_and_pictures_can_be_read_without_seeing_them(report_sample: Figures) -> None:
    """Every table has a caption and says what its heads are heads of; every picture is a figure with words for it."""
    page = _Page(_page(report_sample))
    tables = list(build(report_sample).tables())
    assert len(page.of("table")) == len(page.of("caption")) == len(tables)
    assert {head["scope"] for head in page.of("th")} <= {"col", "row"}
    assert sum(head["scope"] == "col" for head in page.of("th")) == sum(len(table.columns) for table in tables)
    for picture in page.of("svg"):
        assert picture["role"] == "img"
        assert len(picture["aria-label"]) > 20
        assert picture["viewbox"]
    assert len(page.of("figure")) == len(page.of("figcaption"))


def test_headings_skip_no_level(report_sample: Figures) -> None:
    """There is one title, and a heading is at most one level below the one before."""
    page = _Page(_page(report_sample))
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(level <= before + 1 for before, level in pairwise(levels))
    assert page.elements[[tag for tag, _ in page.elements].index("body") + 1] == (
        "a",
        {"class": "skip", "href": "#report"},
    )


def test_words_out_of_a_table_stay_words(report_samples: dict[str, Figures]) -> None:
    """A topic called <script> is shown as such, in tables, charts and labels."""
    text = _page(report_samples["hostile"])
    page = _Page(text)
    assert "<script" not in text
    assert any("<script>alert(1)</script>" in words for words in page.text("th", "td"))
    assert any("<script>alert(1)</script>" in words for words in page.text("text"))
    assert any("<script>alert(1)</script>" in picture["aria-label"] for picture in page.of("svg"))
    assert any("&lt;b&gt;" in words for words in page.text("th"))


def test_all_that_the_document_says_is_on_the_page(report_sample: Figures) -> None:
    """Every cell of every table is on the page, in its order."""
    page = _Page(_page(report_sample))
    shown = [words for words in page.text("th", "td") if words.strip()]
    written: list[str] = []
    for table in build(report_sample).tables():
        written += [column.name for column in table.columns]
        written += [cell.text for row in (*table.rows, *([table.total] if table.total else [])) for cell in row]
    assert shown == [words for words in written if words]


def test_the_same_figures_make_the_same_bytes(report_samples: dict[str, Figures]) -> None:
    """Nothing of the time or of the process gets into a page or a picture."""
    figures = report_samples["full"]
    assert html.render(figures) == _page(figures)
    for block in build(figures).blocks:
        if isinstance(block, Chart):
            assert charts.png(block) == charts.png(block)


def _style() -> str:
    return files("appealcls.reporting.rendering").joinpath("report.html.jinja").read_text(encoding="utf-8")


def _themes() -> Iterator[tuple[str, dict[str, str]]]:
    style = _style()
    for name, start in (
        ("light", "^:root"),
        ("dark", r"scheme: dark\) \{\s*:root"),
        ("print", r"@media print .*?:root"),
    ):
        block = re.search(rf"{start} \{{(.*?)\}}", style, re.DOTALL | re.MULTILINE)
        assert block, name
        yield name, dict(re.findall(r"--([a-z-]+): ([^;]+);", block[1]))


def _luminance(colour: tuple[float, ...]) -> float:
    """Relative luminance of WCAG 2.2."""
    linear = [part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _rgb(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))


def test_words_stand_out_from_what_they_stand_on() -> None:
    """In light, in dark and on paper, words have a contrast of at least 4.5 (WCAG 2.2, 1.4.3), also on tinted cells."""
    themes = dict(_themes())
    assert set(themes) == {"light", "dark", "print"}
    strongest = max(float(part) for part in re.findall(r"rgba\(var\(--shade\), ([\d.]+)\)", _style()))
    for theme in themes.values():
        for ink in ("ink", "quiet", "accent"):
            for paper in ("page", "panel"):
                assert _contrast(_rgb(theme[ink]), _rgb(theme[paper])) >= 4.5
        assert _contrast(_rgb(theme["ink"]), _rgb(theme["warn-page"])) >= 4.5
        shade = tuple(float(part) for part in theme["shade"].split(","))
        tinted = tuple(
            strongest * top + (1 - strongest) * below for top, below in zip(shade, _rgb(theme["page"]), strict=True)
        )
        assert _contrast(_rgb(theme["ink"]), tinted) >= 4.5


def test_bars_stand_out_from_light_and_dark_paper(report_samples: dict[str, Figures]) -> None:
    """Every colour of a chart has a contrast of at least 3 to both pages (WCAG 2.2, 1.4.11); words have the page's."""
    themes = dict(_themes())
    for block in build(report_samples["full"]).blocks:
        if isinstance(block, Chart):
            picture = charts.svg(block)
            colours = set(re.findall(r"(?:fill|stroke): (#[0-9a-f]{6})", picture)) - {"#ffffff"}
            assert colours
            for colour in colours:
                for theme in themes.values():
                    assert _contrast(_rgb(colour), _rgb(theme["page"])) >= 3
            inside = re.findall(r"<text[^>]*fill: (#[0-9a-f]{6}|currentColor)", picture)
            assert set(inside) <= {"currentColor", "#ffffff"}


def test_a_chart_shows_its_numbers() -> None:
    """Bars are as long as their numbers, which stand beside them as text; an empty chart is drawn, too."""
    chart = Chart("bars", "k", "т", "альт", ("Первая", "Вторая"), (Series("2025 год", (1_000, 250)),))
    picture = charts.svg(chart)
    assert "1\u00a0000" in picture
    bars = re.findall(r"M 0\.5 [\d.]+ \nL ([\d.]+) ", picture)
    assert len(bars) == 2
    assert (float(bars[0]) - 0.5) / (float(bars[1]) - 0.5) == pytest.approx(4, rel=1e-3)
    for kind in ("bars", "months"):
        empty = Chart(kind, "k", "т", "альт", ("Первая",), (Series("а", (None,)), Series("б", (0,))))
        assert charts.svg(empty).endswith("</svg>")
        assert charts.png(empty).startswith(b"\x89PNG")


def test_letters_that_the_font_lacks_do_no_harm() -> None:
    """Characters that cannot be drawn, and marks that mean formulas to the drawing library, are drawn as they can be."""
    chart = Chart("bars", "k", "т", "а", ("𝄞 漢字 $x_2$ \\frac", "a" * 500), (Series("$а$", (3, 2)),))
    assert "$x_2$" in charts.svg(chart)
    assert charts.png(chart).startswith(b"\x89PNG")


def test_wide_tables_are_set_densely(report_samples: dict[str, Figures]) -> None:
    """A table of twelve months is set smaller than others, so that it fits a sheet."""
    figures = report_samples["full"]
    dense = [table for table in build(figures).tables() if isinstance(table, Table) and len(table.columns) > 7]
    assert _page(figures).count('class="table dense') == len(dense) == 1


@pytest.fixture(scope="module")
def chromium() -> str:
    """The command of a Chromium; tests that need one are skipped without."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("no chromium, chromium-browser or google-chrome on PATH: the page is not looked at in a browser")
    return found


def _browse(command: str, folder: Path, *arguments: str) -> str:
    options = (
        *(
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--disable-quic",
            "--no-first-run",
            "--disable-sync",
        ),
        *("--disable-background-networking", "--disable-component-update", "--allow-file-access-from-files"),
        f"--user-data-dir={folder / 'profile'}",
    )
    done = subprocess.run([command, *options, *arguments], capture_output=True, timeout=120, check=True)
    return done.stdout.decode("utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["full", "partial", "hostile"])
def test_nothing_sticks_out_on_a_phone(
    name: str, report_samples: dict[str, Figures], chromium: str, tmp_path: Path
) -> None:
    """At 390 pixels the page itself does not scroll sideways (wide tables do, inside it)."""
    (tmp_path / "page.html").write_text(_page(report_samples[name]), encoding="utf-8")
    measure = """<body><iframe id="f" src="page.html" style="border:0;width:390px;height:800px"></iframe><script>
    document.getElementById("f").onload = event => {
      const page = event.target.contentDocument;
      const root = page.documentElement;
      document.body.dataset.width = Math.max(root.scrollWidth, page.body.scrollWidth);
      document.body.dataset.tables = page.querySelectorAll("table").length;
      document.body.dataset.shown = page.querySelectorAll("svg").length
        && [...page.querySelectorAll("svg")].filter(svg => svg.getBoundingClientRect().width > 0).length;
    };</script></body>"""
    (tmp_path / "phone.html").write_text(measure, encoding="utf-8")
    dom = _browse(chromium, tmp_path, "--virtual-time-budget=5000", "--dump-dom", (tmp_path / "phone.html").as_uri())
    found = {key: int(value) for key, value in re.findall(r'data-(\w+)="(\d+)"', dom)}
    assert found["width"] == _PHONE
    assert found["tables"] == len(list(build(report_samples[name]).tables()))
    assert found["shown"] == len([block for block in build(report_samples[name]).blocks if isinstance(block, Chart)])


@pytest.mark.slow
def test_the_page_is_drawn_in_light_and_in_dark(
    report_samples: dict[str, Figures], chromium: str, tmp_path: Path
) -> None:
    """A browser draws the page with the paper of the theme that is asked for."""
    from PIL import Image

    (tmp_path / "page.html").write_text(_page(report_samples["full"]), encoding="utf-8")
    themes = dict(_themes())
    for number, theme in enumerate(("dark", "light")):
        picture = tmp_path / f"{theme}.png"
        _browse(
            chromium,
            tmp_path,
            f"--blink-settings=preferredColorScheme={number}",
            f"--screenshot={picture}",
            "--window-size=1000,1400",
            (tmp_path / "page.html").as_uri(),
        )
        with Image.open(picture) as drawn:
            colours = drawn.convert("RGB").getcolors(1 << 24) or []
        assert max(colours)[1] == _rgb(themes[theme]["page"])
        assert len(colours) > 50
