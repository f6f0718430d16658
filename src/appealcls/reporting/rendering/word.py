"""What a Word file needs and python-docx has no words for: proofing language, fields, borders, the same bytes each time.

Sizes are millimetres (mm) and points (pt), as an office gives them.
"""

import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from typing import Any, Final

import docx
from docx.document import Document as WordDocument
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.section import Section
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph

__all__ = [
    "FONT",
    "PAGE_WIDTHS",
    "add_field",
    "add_section",
    "column_widths",
    "describe",
    "new_document",
    "no_split",
    "orient",
    "repeat_header",
    "saved",
    "set_borders",
    "shade",
    "text_width",
]

FONT: Final = "Times New Roman"
_SIZE: Final = 14  # pt, of the text
_A4: Final = (210, 297)
_MARGINS: Final = {"left": 30, "right": 10, "top": 20, "bottom": 20}  # mm, ГОСТ Р 7.0.97 with room for a binder
PAGE_WIDTHS: Final = {False: 170.0, True: 257.0}
"""Width of the text, mm: upright, landscape (there the margins turn with the page)."""
_MOMENT: Final = dt.datetime(2000, 1, 1)  # the same figures give the same bytes
_ZIP_MOMENT: Final = (1980, 1, 1, 0, 0, 0)  # the first that a ZIP file can hold
_POINT: Final = 0.3528  # mm
_BROAD: Final = frozenset("жмфшщыюЖМФШЩЫЮ%—")
_WIDTHS: Final = {False: (0.5, 0.75, 0.85), True: (0.55, 0.8, 0.95)}
"""Widths of letters, parts of the size of the font, measured on Liberation Serif, which is as wide as Times: plain and
bold; small letters and figures, capitals and broad small ones, broad capitals."""
_CELL_MARGIN: Final = 1.2  # mm, left and right of the words in a cell
_LEAST_WORDS: Final = 45.0  # mm: longer words are broken


def new_document(title: str) -> WordDocument:
    """An empty letter: A4, fonts, styles, Russian for proofing, number of the page in the footer, no author."""
    document = docx.Document()
    _properties(document, title)
    _styles(document)
    _settings(document)
    section = document.sections[0]
    orient(section, landscape=False)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    footer.paragraph_format.first_line_indent = Mm(0)
    add_field(footer, "PAGE")
    return document


def _properties(document: WordDocument, title: str) -> None:
    core = document.core_properties
    for name in ("author", "last_modified_by", "comments", "keywords", "subject", "category"):
        setattr(core, name, "")
    core.title, core.language, core.revision = title[:255], "ru-RU", 1
    core.created = core.modified = _MOMENT
    package = document.part.package
    for key, relation in list(package.rels.items()):  # the template carries a picture of itself
        if relation.reltype.endswith("/thumbnail"):
            del package.rels[key]


def _styles(document: WordDocument) -> None:
    styles = document.styles
    language = styles.element.find(".//" + qn("w:lang"))
    language.set(qn("w:val"), "ru-RU")
    for name, size, bold, before, after in (
        ("Normal", _SIZE, False, 0, 6),
        ("Title", 16, True, 0, 6),
        ("Heading 2", 14, True, 14, 6),
        ("Heading 3", 14, True, 10, 4),
        ("List Bullet", _SIZE, False, 0, 3),
        ("Caption", 12, False, 8, 4),
        ("Table text", 11, False, 0, 0),
        ("Note", 11, False, 3, 8),
        ("After table", 6, False, 0, 0),
        ("Subtitle", _SIZE, False, 0, 12),
    ):
        style = styles[name] if name in styles else styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        assert isinstance(style, ParagraphStyle)
        _font(style, size, bold)
        shape = style.paragraph_format
        shape.space_before, shape.space_after, shape.line_spacing = Pt(before), Pt(after), 1.0
        shape.widow_control = True
        if name.startswith(("Heading", "Title", "Caption")):
            shape.keep_with_next = True
        for border in style.element.findall(".//" + qn("w:pBdr")):  # the template underlines titles
            border.getparent().remove(border)
    for name in ("Table text", "Note", "After table", "Subtitle"):
        styles[name].base_style = styles["Normal"]
        styles[name].paragraph_format.first_line_indent = Mm(0)
    normal = styles["Normal"].paragraph_format
    normal.line_spacing, normal.first_line_indent = 1.15, Mm(0)
    for name in ("Title", "Subtitle"):
        styles[name].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _dashes(document)


def _font(style: ParagraphStyle, size: int, bold: bool) -> None:
    font = style.font
    font.name, font.size, font.bold, font.italic = FONT, Pt(size), bold, False
    font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.rPr.find(qn("w:rFonts"))
    for name in list(fonts.attrib):  # a font of the theme would win over ours
        del fonts.attrib[name]
    for name in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(qn(f"w:{name}"), FONT)
    for name in ("w:spacing", "w:kern"):  # the template spaces the letters of titles
        for element in style.element.rPr.findall(qn(name)):
            style.element.rPr.remove(element)


def _dashes(document: WordDocument) -> None:
    """Lists with dashes, as Russian documents have them."""
    style = document.styles["List Bullet"].element
    number = style.find(".//" + qn("w:numId")).get(qn("w:val"))
    numbering = document.part.numbering_part.element
    link = numbering.find(f"{qn('w:num')}[@{qn('w:numId')}='{number}']/{qn('w:abstractNumId')}")
    level = numbering.find(f"{qn('w:abstractNum')}[@{qn('w:abstractNumId')}='{link.get(qn('w:val'))}']/{qn('w:lvl')}")
    level.find(qn("w:lvlText")).set(qn("w:val"), "–")
    fonts = level.find(f"{qn('w:rPr')}/{qn('w:rFonts')}")
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    for name in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{name}"), FONT)


def _settings(document: WordDocument) -> None:
    settings = document.settings.element
    hyphens = OxmlElement("w:autoHyphenation")  # long Russian words in narrow columns
    zone = settings.find(qn("w:defaultTabStop"))
    zone.addnext(hyphens) if zone is not None else settings.insert(0, hyphens)
    compat = settings.find(qn("w:compat"))
    if compat is None:
        return
    for old in compat.findall(qn("w:compatSetting")):
        if old.get(qn("w:name")) == "compatibilityMode":
            compat.remove(old)
    mode = OxmlElement("w:compatSetting")  # not "compatibility mode" in the title of the window
    for name, value in (
        ("name", "compatibilityMode"),
        ("uri", "http://schemas.microsoft.com/office/word"),
        ("val", "15"),
    ):
        mode.set(qn(f"w:{name}"), value)
    compat.append(mode)


def orient(section: Section, *, landscape: bool) -> None:
    """Give a section its page: A4 upright or landscape, the margin for the binder on the left or on top."""
    short, long = _A4
    turned = {"left": "bottom", "top": "left", "right": "top", "bottom": "right"}
    margins = {turned[side]: size for side, size in _MARGINS.items()} if landscape else _MARGINS
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (Mm(long), Mm(short)) if landscape else (Mm(short), Mm(long))
    for side, size in margins.items():
        setattr(section, f"{side}_margin", Mm(size))
    section.header_distance = section.footer_distance = Mm(10)


def add_section(document: WordDocument, *, landscape: bool) -> None:
    """Go on, on a new page of another orientation."""
    orient(document.add_section(WD_SECTION.NEW_PAGE), landscape=landscape)


def add_field(paragraph: Paragraph, code: str) -> None:
    """A field that Word fills: ``PAGE``, ``NUMPAGES``."""
    for kind in ("begin", None, "separate", "1", "end"):
        run = paragraph.add_run()
        if kind is None:
            element = OxmlElement("w:instrText")
            element.set(qn("xml:space"), "preserve")
            element.text = code
        elif kind == "1":
            run.text = "1"
            continue
        else:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        run._r.append(element)


# Tables


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide words are in the font, mm; ``size`` in pt."""
    widths = _WIDTHS[bold]
    return sum(widths[letter.isupper() + (letter in _BROAD)] for letter in text) * size * _POINT


def column_widths(
    columns: Sequence[Sequence[str]], words: Sequence[bool], page: float, size: float
) -> tuple[list[float], bool]:
    """Widths that fill the page, and whether no word had to be cut for it.

    Parameters
    ----------
    columns : sequence of sequences of str
        Header and cells of each column.
    words : sequence of bool
        Whether a column holds words, which are wrapped, and not numbers, which are not.
    page : float
        Width of the table, mm.
    size : float
        Of the font, pt.

    Returns
    -------
    widths : list of float
        mm, one for each column; they sum to ``page``.
    fits : bool
    """
    padding = 2 * _CELL_MARGIN + 0.6
    least, wanted = [], []
    for (header, *cells), wraps in zip(columns, words, strict=True):
        inside = max((text_width(cell, size, bold=not wraps) for cell in cells), default=0.0)
        long = max(text_width(part, size, bold=True) for part in header.split(" "))
        if wraps:
            parts = (part for cell in cells for part in cell.split(" "))
            low = min(max(long, *(text_width(part, size) for part in parts)) if cells else long, _LEAST_WORDS)
        else:
            low = max(long, inside)
        least.append(low + padding)
        wanted.append(max(inside, low) + padding)
    if sum(least) > page:
        return [width * page / sum(least) for width in least], False
    left = page - sum(least)
    more = [wish - low for wish, low in zip(wanted, least, strict=True)]
    part = min(left / sum(more), 1.0) if sum(more) else 0.0
    widths = [low + part * wish for low, wish in zip(least, more, strict=True)]
    rest = (page - sum(widths)) / len(widths)
    return [width + rest for width in widths], True


def set_borders(table: Table, *, visible: bool = True) -> None:
    """Thin lines around all cells, or none, and narrow margins in them."""
    properties = table._tbl.tblPr
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single" if visible else "nil"), ("sz", "4"), ("space", "0"), ("color", "7F7F7F")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    margins = OxmlElement("w:tblCellMar")
    for side, size in (
        ("top", _CELL_MARGIN / 4),
        ("left", _CELL_MARGIN),
        ("bottom", _CELL_MARGIN / 4),
        ("right", _CELL_MARGIN),
    ):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), str(round(size / _POINT * 20)))  # twentieths of a point
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    # The schema wants them in this order: borders, layout, margins, look.
    look = properties.find(qn("w:tblLook"))
    layout = properties.find(qn("w:tblLayout"))
    layout.addprevious(borders)
    look.addprevious(margins) if look is not None else properties.append(margins)


def repeat_header(row: _Row) -> None:
    """Show the row again on every page that the table goes on."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def no_split(row: _Row) -> None:
    """Keep the row on one page."""
    row._tr.get_or_add_trPr().insert(0, OxmlElement("w:cantSplit"))


def shade(cell: _Cell, colour: str) -> None:
    """Give a cell a background: six hexadecimal digits."""
    shading = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", colour)):
        shading.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shading)


def describe(picture: Any, alt: str) -> None:
    """Say what a picture shows, for those who cannot see it."""
    picture._inline.docPr.set("descr", alt)


def saved(document: WordDocument) -> bytes:
    """The file; python-docx stamps its parts with the time of writing, which is taken out."""
    written, fixed = io.BytesIO(), io.BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            entry = zipfile.ZipInfo(part.filename, _ZIP_MOMENT)
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 0
            new.writestr(entry, old.read(part))
    return fixed.getvalue()
