"""Parquet: a file or a folder of parts in, a file out; types stay, memory does not grow with the rows."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from appealcls.errors import DataError, MissingExtraError
from appealcls.tables.base import BATCH, Batch, Kind, Row, Table, TableWriter, cell_text
from appealcls.tables.typed import BAD_BYTES, UNFIT, fitted, has_zone, unique_names

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError as missing:
    raise MissingExtraError("reading and writing .parquet files", "pyarrow", "archive") from missing

__all__ = ["ParquetBatch", "ParquetTable", "ParquetWriter"]

BAD_VALUE: Final = "значение колонки «{}» не читается"

_READ_AHEAD: Final = 1 << 20  # bytes of a column that are read at once; by default it would be a whole row group
_GROUP_ROWS: Final = 1 << 16  # of a row group: enough for columns to pack well, and no reader must hold much
_GROUP_BYTES: Final = 1 << 26  # of a row group before packing: 65,536 texts of 1 kB
# Half the size of snappy for Russian texts, and read by all that reads Parquet since 2019.
_COMPRESSION: Final = "zstd"

_FAILURES: Final = (pa.ArrowException, OSError, ValueError)  # by which pyarrow tells of damage
# … and of values that Python or a type cannot hold; LookupError is a zone that this machine does not know.
_UNREADABLE: Final = (pa.ArrowException, ValueError, TypeError, OverflowError, LookupError)


@dataclass(slots=True)
class ParquetBatch(Batch):
    """Rows that also are as they were in the file.

    Attributes
    ----------
    record : pyarrow.RecordBatch or None
        The same rows; :class:`ParquetWriter` copies its columns, so what a Python value cannot hold (nanoseconds,
        the year 20000) is not lost on the way.
    """

    record: Any = None


class ParquetTable(Table):
    """A Parquet file, or a folder of parts ``*.parquet`` by name; names that start with ``.`` or ``_`` are no parts.

    Parts have the same columns, in any order; types that differ (an id that needs 64 bits in one part only, a column
    that is empty in another) are widened to what holds all of them. Rows are numbered from 1 over all parts.

    Raises
    ------
    DataError
        If a part is damaged, or has other columns.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._parts = [path]
        if path.is_dir():
            self._parts = sorted(part for part in path.glob("*.parquet") if part.name[0] not in "._")
            if not self._parts:
                raise DataError(f"{path}: the folder holds no .parquet files")
        self._rows = self._read = 0
        schema: pa.Schema | None = None
        for part in self._parts:
            with _opened(part) as file:
                self._rows += file.metadata.num_rows
                schema = file.schema_arrow if schema is None else _unified(schema, file.schema_arrow, part)
        self._schema = schema
        self.columns = list(self.schema.names)
        if not self.columns:
            raise DataError(f"{path}: has no columns")

    @property
    def schema(self) -> pa.Schema:
        """The types of the columns, and what else is written with them."""
        return self._schema

    @property
    def kinds(self) -> list[Kind]:
        """What the cells of each column are."""
        return [_kind(column) for column in self.schema.types]

    @property
    def progress(self) -> tuple[int, int] | None:
        """Rows: how far, of how many."""
        return self._read, self._rows

    def fingerprint(self) -> dict[str, Any]:
        """See :class:`Table`."""
        sizes = {part.name: part.stat().st_size for part in self._parts}
        return {"parts": sizes, "rows": self._rows, "columns": self.columns}

    def batches(self, size: int = BATCH) -> Iterator[Batch]:
        """See :class:`Table`. What Python cannot hold or is no UTF-8 is a problem of its row."""
        self._read = 0
        for part in self._parts:
            for record in self._records(part, size):
                numbers = list(range(self._read + 1, self._read + record.num_rows + 1))
                problems: dict[int, str] = {}
                columns = [
                    _cells(column, name, problems) for name, column in zip(self.columns, record.columns, strict=True)
                ]
                self._read += record.num_rows
                rows = list(map(list, zip(*columns, strict=True)))
                yield ParquetBatch(numbers, rows, dict(sorted(problems.items())), record=record)

    def _records(self, part: Path, size: int) -> Iterator[pa.RecordBatch]:
        """The rows of a part, with the columns and types of all."""
        schema = self.schema
        with _opened(part) as file:
            names = file.schema_arrow.names
            places = range(len(names)) if names == schema.names else [names.index(name) for name in schema.names]
            records = file.iter_batches(batch_size=size)
            while True:
                try:
                    if (record := next(records, None)) is None:
                        return
                    columns = [_cast(record.column(at), field.type) for at, field in zip(places, schema, strict=True)]
                    record = pa.RecordBatch.from_arrays(columns, schema=schema)
                except _FAILURES as error:
                    raise DataError(
                        f"{part}: is damaged after row {self._read}, or its values do not fit the types of the other "
                        f"parts: {error}"
                    ) from error
                yield record


def _opened(part: Path) -> Any:
    try:
        return pq.ParquetFile(part, buffer_size=_READ_AHEAD, pre_buffer=False)
    except FileNotFoundError as error:
        raise DataError(f"{part}: no such file") from error
    except _FAILURES as error:
        raise DataError(f"{part}: is not a readable Parquet file: {error}") from error


def _unified(schema: pa.Schema, other: pa.Schema, part: Path) -> pa.Schema:
    """One schema for the parts so far and one more."""
    if schema.names != other.names:
        for name in [*schema.names, *other.names]:
            if schema.names.count(name) != other.names.count(name):
                what = "lacks the column" if name in schema.names else "has one more column,"
                raise DataError(f"{part}: {what} «{name}»: the parts of a folder must have the same columns")
        if len(set(schema.names)) < len(schema.names):
            raise DataError(f"{part}: columns of one name are in another order than in the first part")
    fields = []
    for place, field in enumerate(schema):
        alike = other.field(place if schema.names == other.names else field.name)
        try:
            fields.append(pa.unify_schemas([pa.schema([field]), pa.schema([alike])], promote_options="permissive")[0])
        except pa.ArrowException as error:
            raise DataError(
                f"{part}: the column «{field.name}» is {alike.type} here and {field.type} in the parts before"
            ) from error
    return pa.schema(fields, metadata=schema.metadata)


def _cast(column: pa.Array, wanted: pa.DataType, safe: bool = True) -> pa.Array:
    return column if column.type == wanted else column.cast(wanted, safe=safe)


def _kind(column: pa.DataType) -> Kind:
    if pa.types.is_dictionary(column):
        return _kind(column.value_type)
    return next((kind for holds, kind in _KINDS if holds(column)), str)


_KINDS: Final[tuple[tuple[Callable[[pa.DataType], bool], Kind], ...]] = (
    (pa.types.is_boolean, bool),
    (pa.types.is_integer, int),
    (pa.types.is_floating, float),
    (pa.types.is_timestamp, dt.datetime),
    (pa.types.is_date, dt.date),
)


def _cells(column: pa.Array, name: str, problems: dict[int, str]) -> list[Any]:
    """Python values of a column; those that Python has not are noted, or, if they can be, are texts."""
    column = _cast(column, _microseconds(column.type), safe=False)
    try:
        cells: list[Any] = column.to_pylist()
    except _UNREADABLE:
        cells = [_cell(column, place, name, problems) for place in range(len(column))]
    return cells


def _microseconds(wanted: pa.DataType) -> pa.DataType:
    """As exact as Python is; without this pyarrow would give classes of pandas, or fail where pandas is missing."""
    if getattr(wanted, "unit", None) != "ns":
        return wanted
    if pa.types.is_timestamp(wanted):
        return pa.timestamp("us", wanted.tz)
    return pa.duration("us") if pa.types.is_duration(wanted) else pa.time64("us")


def _cell(column: pa.Array, place: int, name: str, problems: dict[int, str]) -> Any:
    try:
        return column[place].as_py()
    except UnicodeDecodeError as error:
        problems[place] = BAD_BYTES
        if pa.types.is_nested(column.type):
            return None
        return error.object.decode("utf-8", "backslashreplace")
    except _UNREADABLE:
        with suppress(*_FAILURES):
            return column.slice(place, 1).cast(pa.string())[0].as_py()
        problems[place] = BAD_VALUE.format(name)
        return None


class ParquetWriter(TableWriter):
    """A Parquet file in row groups of 65,536 rows (fewer if texts are long), packed with Zstandard.

    Parameters
    ----------
    draft : Path
    columns : sequence of str
        Empty and repeated names are made unique: hardly a program reads a file that has them.
    kinds : sequence of type
        Of each column.
    schema : pyarrow.Schema, optional
        Of the Parquet table that the first columns come from: they keep their types. The schema of another format
        says which moments have a zone.
    """

    def __init__(self, draft: Path, columns: Sequence[str], kinds: Sequence[Kind], schema: Any = None) -> None:
        super().__init__()
        self._given = list(schema) if isinstance(schema, pa.Schema) else []
        self._columns = list(columns)
        self._kinds = list(kinds)
        self._zoned = [has_zone(schema, place) for place in range(len(columns))]
        names = unique_names(columns)
        fields = [
            self._given[place].with_name(name)
            if place < len(self._given)
            else pa.field(name, _TYPES[kind] if kind is not dt.datetime or not zoned else pa.timestamp("us", "UTC"))
            for place, (name, kind, zoned) in enumerate(zip(names, kinds, self._zoned, strict=True))
        ]
        metadata = dict(schema.metadata or {}) if self._given else {}
        if names[: len(self._given)] != [field.name for field in self._given]:
            metadata.pop(b"pandas", None)  # it speaks of columns by name
        self._schema = pa.schema(fields, metadata=metadata)
        self._waiting: list[pa.RecordBatch] = []
        self._rows = self._bytes = self._written = 0
        self._file = pq.ParquetWriter(draft, self._schema, compression=_COMPRESSION)

    def write(self, rows: Iterable[Row]) -> None:
        """Append rows."""
        rows = iter(rows)
        while part := list(islice(rows, BATCH)):
            self._append([self._array(place, [row[place] for row in part]) for place in range(len(self._columns))])

    def write_with(self, batch: Batch, added: Sequence[Row]) -> None:
        """Append rows with more cells; those of a Parquet file are copied, not written anew."""
        record = batch.record if isinstance(batch, ParquetBatch) else None
        if record is None or record.schema.types != [field.type for field in self._given]:
            super().write_with(batch, added)
            return
        places = range(len(self._given), len(self._columns))
        self._append([
            *record.columns, *(self._array(place, [row[n] for row in added]) for n, place in enumerate(places))
        ])  # fmt: skip

    def _append(self, arrays: list[pa.Array]) -> None:
        record = pa.RecordBatch.from_arrays(arrays, schema=self._schema)
        self._waiting.append(record)
        self._written += record.num_rows
        self._rows += record.num_rows
        self._bytes += record.nbytes
        if self._rows >= _GROUP_ROWS or self._bytes >= _GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            # Batches of a column of categories may each have their own list of them; a row group has one.
            group = pa.Table.from_batches(self._waiting, self._schema).unify_dictionaries()
            self._waiting, self._rows, self._bytes = [], 0, 0
            self._file.write_table(group, row_group_size=group.num_rows)

    def _array(self, place: int, cells: list[Any]) -> pa.Array:
        wanted = self._schema.field(place).type
        try:
            if place >= len(self._given):
                kind, zoned = self._kinds[place], self._zoned[place]
                return pa.array([fitted(cell, kind, zoned) for cell in cells], wanted)
            return pa.array(cells, wanted)
        except UnicodeEncodeError:
            raise  # half of a character is no matter of types
        except _UNREADABLE:
            return pa.array([self._fitted(place, cell, row) for row, cell in enumerate(cells, self._written)], wanted)

    def _fitted(self, place: int, cell: Any, row: int) -> Any:
        try:
            if place >= len(self._given):
                return fitted(cell, self._kinds[place], self._zoned[place])
            pa.scalar(cell, self._schema.field(place).type)
        except _UNREADABLE:
            self.problems.append((row, self._columns[place], UNFIT, cell_text(cell)))
            return None
        return cell

    def close(self, complete: bool) -> None:
        """Write what is left, and the footer."""
        if complete:
            self._flush()
            self._file.close()
            return
        with suppress(*_FAILURES):
            self._file.close()


_TYPES: Final = {
    bool: pa.bool_(), int: pa.int64(), float: pa.float64(), dt.datetime: pa.timestamp("us"), dt.date: pa.date32(),
    str: pa.string(),
}  # fmt: skip
