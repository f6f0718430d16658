"""Whole columns of cells cleaned at once: each different cell is read once, by :mod:`.columns`, and put back in its rows.

A cell that says nothing is null throughout.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from appealcls.reporting.reading.columns import BadDate, clean_value, fold_value, parse_date, parse_flag, parse_topics

__all__ = ["dates", "flags", "raw_cell", "topic_lists", "topics", "values"]

_MOMENT: Final = (
    r"^\s*([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}\.[0-9]{2}\.[0-9]{4})"
    r"(?:T|\s+)[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?\s*$"
)  # what columns.parse_date takes too; here, so that a million moments are as many cells as there are days


def raw_cell(name: str, column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A column as it is read, under the name of its property: what takes little room and can still be cleaned.

    Categorical for all but ``duplicate_of`` (String) and ``confidence`` (Float32, 0–1, null outside).
    """
    text = _as_text(column, dtype)
    if name == "confidence":
        number = text.str.strip_chars().str.replace(",", ".", literal=True).cast(pl.Float32, strict=False)
        return pl.when(number.is_between(0, 1)).then(number).alias(name)
    if name == "duplicate_of":
        stripped = text.str.strip_chars()
        return pl.when(stripped.str.len_bytes() > 0).then(stripped).alias(name)
    if name in {"date", "answered"}:
        text = pl.coalesce(text.str.extract(_MOMENT), text)
    return text.cast(pl.Categorical).alias(name)


def _as_text(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Cells as :func:`appealcls.tables.cell_text` writes them."""
    if dtype == pl.String:
        return column
    if isinstance(dtype, pl.Datetime):
        return column.dt.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(dtype, pl.List):
        return column.cast(pl.List(pl.String)).list.join("|", ignore_nulls=True)
    if dtype.is_float():
        whole = column.cast(pl.Int64, strict=False)
        return pl.when(column == whole).then(whole.cast(pl.String)).otherwise(column.cast(pl.String))
    return column.cast(pl.String)


def dates(cells: pl.Series, latest: dt.date) -> tuple[pl.Series, pl.Series]:
    """Days (Date), and for rows without one what is wrong: values of :class:`.columns.BadDate` (Categorical)."""
    read = {cell: parse_date(cell, latest) for cell in _different(cells)}
    good = {cell: day for cell, day in read.items() if isinstance(day, dt.date)}
    bad = {cell: day.value for cell, day in read.items() if isinstance(day, BadDate)}
    return _put(cells, good, pl.Date), _put(cells, bad, pl.Categorical, BadDate.EMPTY.value)


def flags(cells: pl.Series) -> pl.Series:
    """Yes or no (Boolean). In a column where nobody wrote no, what says nothing is no: only some are ticked off."""
    read = {cell: parse_flag(cell) for cell in _different(cells)}
    found = {cell: flag for cell, flag in read.items() if flag is not None}
    if set(found.values()) != {True}:
        return _put(cells, found, pl.Boolean)
    return _put(cells, found | {cell: False for cell in read if clean_value(cell) is None}, pl.Boolean, False)


def values(cells: pl.Series) -> pl.Series:
    """Values (Categorical), spellings that differ in case or «ё» made one: the commonest, the first of equals."""
    groups: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    cleaned = {}
    for cell, count in cells.drop_nulls().value_counts(name="count").rows():
        value = clean_value(cell)
        if value is not None:
            cleaned[cell] = value
            groups[fold_value(value)][value] += count
    chosen = {fold: min(group, key=lambda value: (-group[value], value)) for fold, group in groups.items()}
    return _put(cells, {cell: chosen[fold_value(value)] for cell, value in cleaned.items()}, pl.Categorical)


def topics(cells: pl.Series) -> pl.Series:
    """Ids of topics (Categorical) as they are written, but for spaces."""
    read = {cell: clean_value(cell) for cell in _different(cells)}
    return _put(cells, {cell: topic for cell, topic in read.items() if topic is not None}, pl.Categorical)


def topic_lists(cells: pl.Series, main: pl.Series) -> pl.Series:
    """All topics of each row (List of String), the main one first; null where there is none."""
    frame = pl.DataFrame({"cell": cells, "main": main})
    pairs = frame.unique()
    lists = [parse_topics(cell, topic) or None for cell, topic in pairs.rows()]
    pairs = pairs.with_columns(pl.Series("topics", lists, dtype=pl.List(pl.String)))
    joined = frame.join(pairs, on=["cell", "main"], how="left", nulls_equal=True, maintain_order="left")
    return joined["topics"]


def _different(cells: pl.Series) -> list[str]:
    return cells.drop_nulls().unique().cast(pl.String).to_list()


def _put(cells: pl.Series, read: Mapping[str, Any], dtype: Any, without: Any = None) -> pl.Series:
    """What was read of each different cell, in its rows; ``without`` where there is no cell, null for any other."""
    found = pl.DataFrame({"cell": list(read), "value": list(read.values())}, schema={"cell": pl.String, "value": dtype})
    frame = cells.to_frame("cell").join(
        found.with_columns(pl.col("cell").cast(cells.dtype)), on="cell", how="left", maintain_order="left"
    )
    if without is not None:
        value = pl.when(pl.col("cell").is_null()).then(pl.lit(without).cast(dtype)).otherwise(pl.col("value"))
        frame = frame.select(value=value)
    return frame["value"].alias(cells.name)
