"""CSV and TSV: the delimiter and the encoding are found, rows that break the rules are kept and named."""

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Final

from appealcls.errors import DataError
from appealcls.tables.base import BATCH, Batch, Dialect, Row, Table, TableWriter, cell_text
from appealcls.tables.streams import PackedWriter, detect_encoding, open_packed, sample, unpacked_suffix

__all__ = ["DelimitedTable", "DelimitedWriter"]

_DELIMITERS: Final = {";": 0, "\t": 1, ",": 2}  # by which wins when two split the header alike
_LONGEST: Final = 1 << 25  # characters of a record: a cell of 50 MB is read, an open quote does not eat the whole file
_EOL: Final = "\r\n"  # with both in it, the writer quotes cells that hold either

BAD_BYTES: Final = "байты не в кодировке файла"
BAD_QUOTES: Final = "кавычка открыта и не закрыта или стоит не на месте"


class DelimitedTable(Table):
    """A table whose cells are divided by ``;``, a tab or a comma."""

    def __init__(self, path: Path) -> None:
        csv.field_size_limit(_LONGEST * 2)  # 128 kB unless told otherwise; the length of records is watched here
        self.path = path
        data = sample(path)
        encoding = detect_encoding(data)
        text = data.decode("utf-8" if encoding == "utf-8-sig" else encoding, errors="replace")
        self.dialect = Dialect(encoding, "\t" if unpacked_suffix(path) == ".tsv" else _delimiter(text.lstrip("\ufeff")))
        self._size = path.stat().st_size
        self._disk: IO[bytes] | None = None
        header = next(self._records(), None)
        if header is None:
            raise DataError(f"{path}: is empty: the first line must name the columns")
        self.columns = [name.strip() for name in header[1]]

    @property
    def progress(self) -> tuple[int, int] | None:
        """Bytes on disk read so far, and all of them."""
        return (self._disk.tell() if self._disk and not self._disk.closed else self._size), self._size

    def batches(self, size: int = BATCH) -> Iterator[Batch]:
        """See :class:`Table`."""
        records = self._records()
        next(records)
        width = len(self.columns)
        batch = self._batch()
        for line, row, raw, problem in records:
            kept: str | None = raw
            if len(row) != width or problem:
                row, problem = _fitted(row, width, self.dialect.delimiter, problem)
                kept = None
            if not raw.isascii() and (spoilt := _spoilt(raw)) is not None:
                row, kept, problem = [_visible(cell) for cell in row], None, problem or spoilt
            if problem:
                batch.problems[len(batch.rows)] = problem
            batch.numbers.append(line)
            batch.rows.append(row)
            batch.raw.append(kept)
            if len(batch.rows) == size:
                yield batch
                batch = self._batch()
        if batch.rows:
            yield batch

    def _batch(self) -> Batch:
        return Batch(delimiter=self.dialect.delimiter)

    def _records(self) -> Iterator[tuple[int, Row, str, str | None]]:
        """Line number, cells, the record as written, and what is wrong with it."""
        encoding, delimiter = self.dialect.encoding, self.dialect.delimiter
        errors = "replace" if encoding.replace("-", "_").startswith("utf_16") else "surrogateescape"
        stream, self._disk = open_packed(self.path)
        with self._disk, stream, io.TextIOWrapper(stream, encoding, errors=errors, newline="") as file:
            lines = _Lines(file)
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            number = 1
            while True:
                lines.start()
                try:
                    row = next(reader)
                except StopIteration:
                    return
                except (OSError, EOFError) as error:
                    raise DataError(f"{self.path}, after line {number}: cannot be unpacked: {error}") from error
                except (csv.Error, _TooLongError):
                    yield number, *_salvaged(lines, delimiter)
                    number += 1
                    reader = csv.reader(lines, delimiter=delimiter, strict=True)
                    continue
                taken = lines.taken
                if row:
                    yield number, row, taken[0] if len(taken) == 1 else "".join(taken), None
                number += len(taken)


class _TooLongError(Exception):
    pass


class _Lines:
    """Lines of a file for csv.reader, which remembers those of the record at hand and can take them back."""

    def __init__(self, file: IO[str]) -> None:
        self._next = file.__next__
        self._back: deque[str] = deque()
        self.taken: list[str] = []
        self._length = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else self._next()
        self.taken.append(line)
        self._length += len(line)
        if self._length > _LONGEST and len(self.taken) > 1:
            raise _TooLongError
        return line

    def start(self) -> None:
        self.taken = []
        self._length = 0

    def keep_first(self) -> str:
        first, *rest = self.taken
        self._back.extendleft(reversed(rest))
        return first


def _salvaged(lines: _Lines, delimiter: str) -> tuple[Row, str, str | None]:
    """What can be saved of a record whose quotes are wrong: its first line; the others are read anew."""
    alone = len(lines.taken) == 1
    line = lines.keep_first()
    row = []
    for cell in line.rstrip("\r\n").split(delimiter):
        quoted = len(cell) > 1 and cell[0] == cell[-1] == '"'
        row.append(cell[1:-1].replace('""', '"') if quoted else cell)
    # In «"ООО "Ромашка" не чистит";5» every cell still ends where it should: nothing is in doubt.
    whole = alone and all(cell.count('"') % 2 == 0 for cell in row)
    return row, line, None if whole else BAD_QUOTES


def _fitted(row: Row, width: int, delimiter: str, problem: str | None) -> tuple[Row, str | None]:
    """A row with as many cells as there are columns; nothing of it is lost."""
    while len(row) > width and not row[-1]:
        row = row[:-1]
    if len(row) > width:
        problem = problem or f"ячеек {len(row)}, а колонок {width}: «{delimiter}» в тексте без кавычек?"
        row = [*row[: width - 1], delimiter.join(row[width - 1 :])]
    return row + [""] * (width - len(row)), problem


def _spoilt(raw: str) -> str | None:
    try:
        raw.encode()
    except UnicodeEncodeError:
        return BAD_BYTES
    return BAD_BYTES if "\ufffd" in raw else None


def _visible(cell: str) -> str:
    r"""Bytes that are no letters, written as ``\xff``."""
    return cell.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _delimiter(text: str) -> str:
    def columns(delimiter: str) -> tuple[int, int]:
        with suppress(csv.Error):
            return len(next(csv.reader(io.StringIO(text), delimiter=delimiter), [])), -_DELIMITERS[delimiter]
        return 0, 0

    best = max(_DELIMITERS, key=columns)
    return best if columns(best)[0] > 1 else ","


class DelimitedWriter(TableWriter):
    """CSV and TSV out, packed if the name says so."""

    def __init__(self, draft: Path, name: Path, columns: Sequence[str], dialect: Dialect) -> None:
        super().__init__()
        self._packed = PackedWriter(draft, name)
        self._file = io.TextIOWrapper(self._packed.stream, dialect.encoding, newline="", write_through=False)
        self._delimiter = dialect.delimiter
        self._csv = csv.writer(self._file, delimiter=dialect.delimiter, lineterminator=_EOL)
        self._csv.writerow(columns)

    def write(self, rows: Iterable[Row]) -> None:
        """Append rows."""
        self._csv.writerows([cell_text(cell) for cell in row] for row in rows)

    def write_with(self, batch: Batch, added: Sequence[Row]) -> None:
        """Append rows with more cells; a record that was read as it should be is copied, not written anew."""
        if self._delimiter != batch.delimiter:
            super().write_with(batch, added)
            return
        tails: list[str] = []
        csv.writer(SimpleNamespace(write=tails.append), delimiter=self._delimiter, lineterminator=_EOL).writerows(
            [cell_text(cell) for cell in row] for row in added
        )
        between = self._delimiter
        for row, raw, more, tail in zip(batch.rows, batch.raw, added, tails, strict=True):
            if raw is None:
                self.write([[*row, *more]])
            else:
                self._file.write(f"{raw.rstrip(_EOL)}{between}{tail}")

    def close(self, complete: bool) -> None:
        """Write what is left, and the end of a packed file."""
        try:
            if complete:
                self._file.flush()
            self._file.detach()
        finally:
            self._packed.close()
