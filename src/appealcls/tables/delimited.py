"""CSV and TSV: the delimiter and the encoding are found, rows that break the rules are kept and named."""

import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any, Final

from appealcls.errors import DataError
from appealcls.tables.base import BATCH, Batch, Dialect, Row, Table, TableWriter, cell_text, find_header
from appealcls.tables.streams import DAMAGE, PackedWriter, detect_encoding, open_packed, sample, unpacked_suffix

__all__ = ["DelimitedTable", "DelimitedWriter"]

_DELIMITERS: Final = {";": 0, "\t": 1, ",": 2}  # by which wins when two split the header alike
_LONGEST: Final = 1 << 25  # characters of a record: a cell of 50 MB is read, an open quote does not eat the whole file
_HINT: Final = re.compile(r'"?sep=(.)"?[\r\n]', re.IGNORECASE)  # what some programs write for Excel above the header
_KNOWN: Final = 20_000  # cells of an added column that are remembered; probabilities of four digits are half as many
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
        delimiter, self._above = _layout(text.lstrip("\ufeff"), "\t" if unpacked_suffix(path) == ".tsv" else "")
        self.dialect = Dialect(encoding, delimiter)
        self._size = path.stat().st_size
        self._disk: IO[bytes] | None = None
        header = next(islice(self._records(), self._above, None), None)
        if header is None:
            raise DataError(f"{path}: is empty: the first line must name the columns")
        self.columns = [_visible(name).strip() for name in header[1]]

    @property
    def progress(self) -> tuple[int, int] | None:
        """Bytes on disk read so far, and all of them."""
        return (self._disk.tell() if self._disk and not self._disk.closed else self._size), self._size

    def batches(self, size: int = BATCH) -> Iterator[Batch]:
        """See :class:`Table`."""
        records = islice(self._records(), self._above + 1, None)
        width = len(self.columns)
        while part := list(islice(records, size)):
            batch = Batch(delimiter=self.dialect.delimiter)
            spoilt = self._is_spoilt("".join([raw for _, _, raw, _ in part]))
            for place, (line, row, raw, problem) in enumerate(part):
                kept: str | None = raw
                if len(row) != width or problem is not None:
                    row, problem = _fitted(row, width, self.dialect.delimiter, problem)
                    kept = None
                if spoilt and self._is_spoilt(raw):
                    row, kept, problem = [_visible(cell) for cell in row], None, problem or BAD_BYTES
                if problem:
                    batch.problems[place] = problem
                batch.numbers.append(line)
                batch.rows.append(row)
                batch.raw.append(kept)
            yield batch

    @property
    def _is_wide(self) -> bool:
        """Whether the file is in UTF-16, whose broken bytes Python cannot carry along."""
        return "16" in self.dialect.encoding

    def _is_spoilt(self, raw: str) -> bool:
        """Whether bytes were met that are no letters of the encoding."""
        if self._is_wide:
            return "\ufffd" in raw
        try:
            raw.encode()
        except UnicodeEncodeError:
            return True
        return False

    def _records(self) -> Iterator[tuple[int, Row, str, str | None]]:
        """Line number, cells, the record as written, and what is wrong with it (empty: only its form, None: nothing)."""
        encoding, delimiter = self.dialect.encoding, self.dialect.delimiter
        errors = "replace" if self._is_wide else "surrogateescape"
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
                except DAMAGE as error:
                    raise DataError(
                        f"{self.path}, after line {number}: cannot be read, or is damaged: {error}"
                    ) from error
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
    row, in_doubt = [], False
    for cell in line.rstrip("\r\n").split(delimiter):
        quoted = len(cell) > 1 and cell[0] == cell[-1] == '"'
        row.append(cell[1:-1].replace('""', '"') if quoted else cell)
        in_doubt |= cell.count('"') % 2 > 0 or (cell.startswith('"') and not quoted)
    # In «"ООО "Ромашка" не чистит";5» every cell still ends where it should: nothing is in doubt.
    # Still it is not copied: other programs would read such quotes in their own ways.
    return row, line, "" if alone and not in_doubt else BAD_QUOTES


def _fitted(row: Row, width: int, delimiter: str, problem: str | None) -> tuple[Row, str | None]:
    """A row with as many cells as there are columns; nothing of it is lost."""
    if width == 1:
        return [delimiter.join(row)], problem  # a list of texts has no delimiter: these are commas
    while len(row) > width and not row[-1]:
        row = row[:-1]
    if len(row) > width:
        problem = problem or f"ячеек {len(row)}, а колонок {width}: «{delimiter}» в тексте без кавычек?"
        row = [*row[: width - 1], delimiter.join(row[width - 1 :])]
    return row + [""] * (width - len(row)), problem


def _visible(cell: str) -> str:
    r"""Bytes that are no letters, written as ``\xff``."""
    return cell.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _layout(text: str, delimiter: str) -> tuple[str, int]:
    """The delimiter, unless it is given, and how many records stand above the header."""
    hint = _HINT.match(text)
    if hint is not None:
        text, delimiter = text[hint.end() :], delimiter or hint[1]
    found = [_header(text, one) for one in ([delimiter] if delimiter else _DELIMITERS)]
    _, width, _, best, above = max(found)
    return delimiter or (best if width > 1 else ","), above + (hint is not None)


def _header(text: str, delimiter: str) -> tuple[bool, int, int, str, int]:
    """How well a delimiter fits (a header is found by its names, it has many columns), and where the header is."""
    rows: list[Row] = []
    with suppress(csv.Error):
        rows.extend(row for row in islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 50) if row)
    place = find_header(rows)
    width = len(rows[place or 0]) if rows else 0
    return place is not None, width, -_DELIMITERS.get(delimiter, 0), delimiter, place or 0


class DelimitedWriter(TableWriter):
    """CSV and TSV out, packed if the name says so."""

    def __init__(self, draft: Path, name: Path, columns: Sequence[str], dialect: Dialect) -> None:
        super().__init__()
        self._packed = PackedWriter(draft, name)
        self._file = io.TextIOWrapper(self._packed.stream, dialect.encoding, newline="", write_through=False)
        self._delimiter = dialect.delimiter
        self._record: list[str] = []  # where the csv module writes to
        self._csv = csv.writer(
            SimpleNamespace(write=self._record.append), delimiter=dialect.delimiter, lineterminator=_EOL
        )
        self._known: dict[int, dict[Any, str]] = {}
        self.write([list(columns)])

    def write(self, rows: Iterable[Row]) -> None:
        """Append rows."""
        self._csv.writerows([cell_text(cell) for cell in row] for row in rows)
        self._file.write("".join(self._record))
        self._record.clear()

    def write_with(self, batch: Batch, added: Sequence[Row]) -> None:
        """Append rows with more cells; a record that was read as it should be is copied, not written anew."""
        if self._delimiter != batch.delimiter:
            super().write_with(batch, added)
            return
        between = self._delimiter
        columns = [self._written(place, cells) for place, cells in enumerate(zip(*added, strict=True))]
        records = []
        for row, raw, more, tail in zip(batch.rows, batch.raw, added, zip(*columns, strict=True), strict=True):
            if raw is None:
                self._csv.writerow([cell_text(cell) for cell in (*row, *more)])
                records.append(self._record.pop())
            else:
                records.append(f"{raw.rstrip(_EOL)}{between}{between.join(tail)}{_EOL}")
        self._file.write("".join(records))

    def _written(self, place: int, cells: Sequence[Any]) -> list[str]:
        """The cells of an added column as they stand in the file; of topics and probabilities there are not many."""
        known = self._known.setdefault(place, {})
        for cell in set(cells) - known.keys():
            self._csv.writerow([cell_text(cell), ""])  # alone, an empty cell would be written as ""
            known[cell] = self._record.pop()[: -len(self._delimiter + _EOL)]
        written = [known[cell] for cell in cells]
        if len(known) > _KNOWN:
            known.clear()
        return written

    def close(self, complete: bool) -> None:
        """Write what is left, and the end of a packed file."""
        try:
            if complete:
                self._file.flush()
            self._file.detach()
        finally:
            self._packed.close()
