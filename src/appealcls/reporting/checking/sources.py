"""Where claims stand: tables, whose columns are known by name or by year, and the sentences of texts and letters."""

import re
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from zipfile import BadZipFile

from appealcls.errors import DataError, UsageError
from appealcls.tables import cell_text, open_table

__all__ = ["COLUMNS", "folded", "read_source"]

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "text": ("утверждение", "утверждения", "текст", "фраза", "формулировка", "claim", "text"),
        "topic": ("тема", "вопрос", "показатель", "наименование", "категория", "канал", "район", "topic"),
        "now": (
            "стало", "количество", "количество обращений", "количество вопросов", "кол во", "значение", "число",
            "число обращений", "обращений", "поступило", "отчетный период", "за отчетный период", "now", "count", "value",
        ),
        "before": (
            "было", "аппг", "прошлый год", "за прошлый год", "прошлый период", "аналогичный период прошлого года", "before",
        ),
        "change": (
            "изменение %", "изменение в %", "изменение", "процент", "процент изменения", "динамика", "динамика %", "рост %",
            "прирост %", "рост", "прирост", "%", "change", "change %",
        ),
        "base": ("из", "из всего", "всего", "от", "база", "итого", "всего обращений", "base", "whole", "total"),
        "share": ("доля", "доля %", "доля в %", "удельный вес", "удельный вес %", "% от общего числа", "share", "share %"),
    }
)  # fmt: skip
"""Names of columns, folded: small letters, «е» for «ё», no punctuation but the per cent sign."""


_YEAR: Final = re.compile(r"((?:19|20)\d\d)(?: г| год| года)?")
_RECOMPUTED: Final = re.compile(
    r"\d.*%|%.*\d|\d.*\bраза?\b|\b(?:вдвое|втрое|вчетверо|наполовину|вполовину)\b", re.DOTALL
)
_SET: Final = re.compile(r"^\s*[#|>]|\S {2,}\S|^[\s─—=|:*-]+$")  # headings, rows of tables, ruling lines

Cells = dict[str, Any]


def folded(name: str) -> str:
    """A name as names are compared: small letters, «е» for «ё», no punctuation but the per cent sign."""
    return " ".join(re.sub(r"[^\w%]+", " ", name.casefold().replace("ё", "е")).split())


def read_source(source: str | PathLike[str] | Sequence[str | Mapping[str, Any]]) -> Iterator[tuple[str, Cells]]:
    """Claims as known columns → cells, with their place.

    Raises
    ------
    UsageError
        If a table has no column that is known.
    DataError
        If the file cannot be read.
    """
    if not isinstance(source, str | PathLike):
        for place, given in enumerate(source, 1):
            if isinstance(given, str):
                yield f"строка {place}", {"text": given}
            else:
                yield f"строка {place}", _cells(list(given), list(given.values()), f"row {place}")
        return
    path = Path(source)
    suffix = path.suffix.lower()
    if suffix == ".docx":
        yield from _letter(path)
    elif suffix == ".md" or (suffix == ".txt" and not _known(open_table(path).columns)):
        yield from _text(path)
    else:
        table = open_table(path)
        for line, row in table:
            yield f"строка {line}", _cells(table.columns, row, str(path))


def _cells(names: Sequence[str], cells: Sequence[Any], where: str) -> Cells:
    known = _known(names)
    if not known:
        raise UsageError(
            f"{where}: no column of claims: name them «утверждение», «тема», «стало», «было», «изменение, %», «из», «доля, %», "
            f"or «2025», «2024»; the columns are {', '.join(map(str, names))}"
        )
    return {kind: cells[place] for kind, place in known.items()}


def _known(names: Sequence[str]) -> dict[str, int]:
    """Which column, by its place, is what; of columns named by years the latest is now, the one before it before."""
    places = {folded(str(name)): place for place, name in reversed(list(enumerate(names)))}
    found: dict[str, int] = {}
    for kind, known in COLUMNS.items():
        place = next((places[name] for name in known if name in places), None)
        if place is not None:
            found[kind] = place
    dated = ((_YEAR.fullmatch(name), place) for name, place in places.items())
    years = {int(match[1]): place for match, place in dated if match}
    for year in sorted(years, reverse=True):
        free = [kind for kind in ("now", "before") if kind not in found]
        if free:
            found[free[0]] = years[year]
    return found


def _text(path: Path) -> Iterator[tuple[str, Cells]]:
    """Paragraphs that state something which can be recomputed; a line break does not end a sentence."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1251", errors="replace")
    first, part = 1, ""
    for line, content in enumerate([*text.splitlines(), ""], 1):
        if content.strip() and not _SET.search(content):
            first = first if part else line
            part = f"{part} {content.strip()}".strip()
            continue
        if _RECOMPUTED.search(part):
            yield f"строка {first}", {"text": part}
        part = ""


def _letter(path: Path) -> Iterator[tuple[str, Cells]]:
    """Paragraphs of a .docx, and the rows of its tables that have known columns."""
    from docx import Document  # only for letters
    from docx.opc.exceptions import PackageNotFoundError

    try:
        letter = Document(str(path))
    except (PackageNotFoundError, BadZipFile, KeyError, ValueError) as error:
        raise DataError(f"{path}: is not a letter that can be read: {error}") from error
    for place, paragraph in enumerate(letter.paragraphs, 1):
        if _RECOMPUTED.search(paragraph.text):
            yield f"абзац {place}", {"text": paragraph.text}
    for number, table in enumerate(letter.tables, 1):
        rows = [[cell_text(cell.text) for cell in row.cells] for row in table.rows]
        if rows and {"now", "before", "share"} & _known(rows[0]).keys():
            for line, row in enumerate(rows[1:], 2):
                yield f"таблица {number}, строка {line}", _cells(rows[0], row, str(path))
