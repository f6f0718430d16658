"""Open a table by what it is, and create one by what its name says."""

import codecs
from collections.abc import Callable, Iterable, Sequence
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from appealcls.errors import DataError, UsageError
from appealcls.tables.base import Batch, Dialect, Kind, Row, Table, TableWriter
from appealcls.tables.delimited import DelimitedTable, DelimitedWriter
from appealcls.tables.jsonlines import JsonLinesTable, JsonLinesWriter
from appealcls.tables.streams import detect_encoding, is_packed, sample, unpacked_suffix
from appealcls.tables.workbook import WorkbookTable, WorkbookWriter

__all__ = ["open_table", "write_table"]

_KINDS: Final = {
    ".csv": "delimited", ".tsv": "delimited", ".txt": "delimited", ".xlsx": "workbook", ".xlsm": "workbook",
    ".xls": "workbook", ".ods": "workbook", ".jsonl": "jsonlines", ".ndjson": "jsonlines", ".parquet": "parquet",
}  # fmt: skip
_ONLY_READ: Final = {".xls", ".ods", ".xlsm"}
_PAGES: Final = {**dict.fromkeys((b"<html", b"<!doc", b"<tabl"), "a web page"), b"<?xml": "an XML document"}
_MARKS: Final = ((b"PK\x03\x04", "workbook"), (b"\xd0\xcf\x11\xe0", "workbook"), (b"PAR1", "parquet"))


def _kind(path: Path) -> str:
    kind = _KINDS.get(unpacked_suffix(path))
    if kind is None:
        raise UsageError(
            f"{path}: unknown kind of file {path.suffix!r}: use .csv, .tsv, .xlsx, .jsonl or .parquet "
            "(.csv.gz and the like are packed)"
        )
    if is_packed(path) and kind not in {"delimited", "jsonlines"}:
        raise UsageError(f"{path}: {unpacked_suffix(path)} files are packed inside already: leave out {path.suffix}")
    return kind


def open_table(path: str | PathLike[str], sheet: str | None = None) -> Table:
    """Open a table for reading.

    The content counts for more than the name: an .xls that is a text inside, as many registers export it, is read as
    a text.

    Parameters
    ----------
    path : path
        ``.csv``, ``.tsv``, ``.txt``, ``.jsonl`` or ``.ndjson``, each also packed (``.gz``, ``.zst``); ``.xlsx``,
        ``.xlsm``, ``.xls``, ``.ods``; ``.parquet``, or a folder of them.
    sheet : str, optional
        The sheet of a workbook; by default all that have the columns of the first.

    Raises
    ------
    DataError
        If the file is missing, empty, or cannot be read as what it is.
    UsageError
        If the suffix is none of these, or there is no such sheet.
    MissingExtraError
        If the package that reads this kind is not installed.
    """
    file = Path(path)
    if file.is_dir() and any(file.glob("*.parquet")):
        return _parquet(file)
    kind = _kind(file)
    if not file.is_file():
        raise DataError(f"{file}: {'is a folder, not a file' if file.is_dir() else 'no such file'}")
    try:
        data = sample(file)
        found = next((known for mark, known in _MARKS if data.startswith(mark)), None)
        if found is not None:
            kind = found
        elif kind == "parquet" or (kind == "workbook" and not (file.suffix.lower() == ".xls" and _is_text(data))):
            raise DataError(f"{file}: is not a {file.suffix} file inside, or it is damaged")
        elif kind == "workbook":
            kind = "delimited"
        if (begin := data.removeprefix(codecs.BOM_UTF8).lstrip()[:5].lower()) in _PAGES:
            raise DataError(f"{file}: is {_PAGES[begin]} inside: open it in Excel and save it as .xlsx")
        if kind == "parquet":
            return _parquet(file)
        if kind == "workbook":
            return WorkbookTable(file, sheet)
        if sheet is not None:
            raise UsageError(f"{file}: has no sheets: leave out --sheet")
        return DelimitedTable(file) if kind == "delimited" else JsonLinesTable(file)
    except OSError as error:
        raise DataError(f"{file}: cannot be read: {error.strerror or error}") from error


def _parquet(path: Path) -> Table:
    from appealcls.tables.parquet import ParquetTable  # pyarrow takes as long to load as all the rest

    return ParquetTable(path)


def _is_text(data: bytes) -> bool:
    return bool(data) and (b"\x00" not in data[:1024] or "16" in detect_encoding(data))


class write_table:  # noqa: N801 - used like the function open
    """Create a table; a context manager that gives a :class:`TableWriter`.

    The rows go to a file beside ``path`` that takes its name when the block ends well, and is removed when it does not.

    Parameters
    ----------
    path : path
        ``.csv``, ``.tsv``, ``.jsonl``, each also packed (``.gz``, ``.zst``), ``.xlsx`` or ``.parquet``.
    columns : sequence of str
    dialect : Dialect, optional
        Of a text table; by default UTF-8 and a comma, or a tab for ``.tsv``.
    kinds : sequence of type, optional
        Of each column, for a format that has types; text by default.
    schema : object, optional
        Of the table that the first columns come from, where it has one: a file of the same format keeps its types.

    Raises
    ------
    UsageError
        If the suffix is none of these.
    DataError
        If the file cannot be written.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        columns: Sequence[str],
        dialect: Dialect | None = None,
        kinds: Sequence[Kind] | None = None,
        schema: Any = None,
    ) -> None:
        self._path = Path(path)
        kind = _kind(self._path)
        if self._path.suffix.lower() in _ONLY_READ:
            raise UsageError(f"{path}: workbooks are written as .xlsx")
        if not self._path.parent.is_dir():
            raise DataError(f"{path}: there is no folder {self._path.parent}")
        self._draft = self._path.with_name(f".{self._path.name}.part")
        if unpacked_suffix(self._path) == ".tsv":
            dialect = Dialect("utf-8", "\t")
        self._writer: TableWriter
        try:
            if kind == "delimited":
                self._writer = DelimitedWriter(self._draft, self._path, columns, dialect or Dialect())
            elif kind == "jsonlines":
                self._writer = JsonLinesWriter(self._draft, self._path, columns)
            elif kind == "workbook":
                self._writer = WorkbookWriter(self._draft, columns)
            else:
                from appealcls.tables.parquet import ParquetWriter  # as in reading

                self._writer = ParquetWriter(self._draft, columns, kinds or [str] * len(columns), schema)
        except OSError as error:
            raise DataError(f"{path}: cannot be written: {error.strerror or error}") from error
        except BaseException:  # Ctrl-C does not wait until somebody has this object to clean up with
            self._draft.unlink(missing_ok=True)
            raise

    def __enter__(self) -> "write_table":
        return self

    def write(self, rows: Iterable[Row]) -> None:
        """Append rows."""
        self._guarded(lambda: self._writer.write(rows))

    def write_with(self, batch: Batch, added: Sequence[Row]) -> None:
        """Append the rows of a batch, each with some cells added."""
        self._guarded(lambda: self._writer.write_with(batch, added))

    @property
    def noted(self) -> list[tuple[int, str, str, str]]:
        """Cells that the format could not hold: row of the table from 0, column, what is wrong, the whole cell."""
        return self._writer.problems

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except UnicodeEncodeError as error:
            raise DataError(
                f"{self._path}: half of a character (U+{ord(error.object[error.start]):04X}) cannot be written as UTF-8: "
                "mend the input"
            ) from error
        except OSError as error:
            raise DataError(f"{self._path}: cannot be written: {error.strerror or error}") from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._writer.close(complete=kind is None)
            if kind is None:
                self._draft.replace(self._path)
        except OSError as failure:
            if kind is None:
                raise DataError(f"{self._path}: cannot be written: {failure.strerror or failure}") from failure
        finally:
            self._draft.unlink(missing_ok=True)
