"""What tables with typed columns share, files and databases alike: which cells fit, zones of moments, unique names."""

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, Final

from appealcls.tables.base import Kind, cell_text

__all__ = ["BAD_BYTES", "UNFIT", "fitted", "has_zone", "unique_names"]

BAD_BYTES: Final = "байты не в кодировке UTF-8"
UNFIT: Final = "значение не подходит к типу колонки, ячейка оставлена пустой: целиком оно в файле ошибок"

_INT_BITS: Final = 63  # both Parquet and databases hold whole numbers in 64 bits, one of them the sign
_EXACT_BITS: Final = 53  # up to which every whole number is a float too (IEEE 754 double)


def fitted(cell: Any, kind: Kind, zoned: bool = False) -> Any:
    """A cell as a column of this kind holds it.

    Text takes everything; nothing else is ever guessed at: a number that would lose digits, or a moment that would
    lose or gain a zone, does not fit.

    Parameters
    ----------
    cell : object
    kind : type
    zoned : bool, default=False
        Whether the moments of the column have a zone.

    Returns
    -------
    object
        None for an empty cell, which in a column of text is None alone: "" stays.

    Raises
    ------
    ValueError
        If it does not fit.

    Examples
    --------
    >>> fitted(5, float), fitted("", int), fitted("", str), fitted(True, str)
    (5.0, None, '', 'true')
    """
    if kind is str:
        return None if cell is None else cell_text(cell)
    if cell is None or (isinstance(cell, str) and not cell):
        return None
    if isinstance(cell, bool) or kind is bool:
        fits = isinstance(cell, bool) and kind is bool
    elif kind is int:
        fits = isinstance(cell, int) and -(1 << _INT_BITS) <= cell < 1 << _INT_BITS
    elif kind is float:
        fits = isinstance(cell, float) or (isinstance(cell, int) and abs(cell) <= 1 << _EXACT_BITS)
        cell = float(cell) if fits else cell
    elif isinstance(cell, dt.datetime):
        fits = kind is dt.datetime and zoned == (cell.tzinfo is not None)
    else:
        fits = isinstance(cell, dt.date) and not zoned
        if fits and kind is dt.datetime:
            cell = dt.datetime.combine(cell, dt.time())
    if not fits:
        raise ValueError(UNFIT)
    return cell


def has_zone(schema: Any, place: int) -> bool:
    """Whether the moments of a source's column have a zone, by its schema, whichever format that is of.

    Parameters
    ----------
    schema : object
        With the types of the source's columns in ``types``: of pyarrow (which have ``tz``), or of SQLAlchemy
        (``timezone``). None knows of no zones.
    place : int
        Columns beyond the schema were added and have none.
    """
    types = getattr(schema, "types", ())
    if place >= len(types):
        return False
    return bool(getattr(types[place], "tz", None) or getattr(types[place], "timezone", False))


def unique_names(columns: Sequence[str], longest: int | None = None) -> list[str]:
    """Names that a table with typed columns can have: none empty, none twice in any case, none too long.

    Parameters
    ----------
    columns : sequence of str
    longest : int, optional
        Bytes in UTF-8: PostgreSQL takes 63, which is 31 Cyrillic letters.

    Examples
    --------
    >>> unique_names(["Дата", "дата", "", "Тема"])
    ['Дата', 'дата_2', 'column_3', 'Тема']
    """
    taken = {name.casefold() for name in columns if name and _cut(name, longest) == name}
    names: list[str] = []
    used: set[str] = set()
    for place, column in enumerate(columns, 1):
        given = column.replace("\x00", "") or f"column_{place}"
        for name in _candidates(given, longest):
            folded = name.casefold()
            if folded not in used and (name == column or folded not in taken):
                break
        used.add(folded)
        names.append(name)
    return names


def _candidates(name: str, longest: int | None) -> Iterator[str]:
    yield _cut(name, longest)
    for number in count(2):
        suffix = f"_{number}"
        yield _cut(name, None if longest is None else longest - len(suffix)) + suffix


def _cut(name: str, longest: int | None) -> str:
    return name if longest is None else name.encode()[:longest].decode("utf-8", "ignore")
