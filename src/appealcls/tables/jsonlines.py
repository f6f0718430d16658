"""JSON Lines: an object a line, types kept."""

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Final

from appealcls.errors import DataError
from appealcls.tables.base import BATCH, Batch, Kind, Row, Table, TableWriter, cell_text, common_kind, kind_of
from appealcls.tables.streams import DAMAGE, PackedWriter, open_packed
from appealcls.tables.typed import unique_names

__all__ = ["JsonLinesTable", "JsonLinesWriter"]

BAD_JSON: Final = "строка не разобрана как объект JSON: {}"


class JsonLinesTable(Table):
    """A file of JSON objects. It is read twice: objects may have different keys, and columns must be known first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._size = path.stat().st_size
        self._disk: IO[bytes] | None = None
        kinds: dict[str, Kind | None] = {}
        empty = True
        for _, data, _ in self._objects():
            empty = False
            for key, value in (data or {}).items():
                kinds[key] = common_kind(kinds.get(key), kind_of(value))
        if empty or not kinds:
            raise DataError(f"{path}: {'is empty' if empty else 'holds no JSON object'}")
        self.columns = list(kinds)
        self._kinds: list[Kind] = [kind or str for kind in kinds.values()]

    @property
    def kinds(self) -> list[Kind]:
        """What the values of each key are."""
        return self._kinds

    @property
    def progress(self) -> tuple[int, int] | None:
        """Bytes on disk read so far, and all of them."""
        return (self._disk.tell() if self._disk and not self._disk.closed else self._size), self._size

    def _objects(self) -> Iterator[tuple[int, dict[str, Any] | None, str]]:
        """Line number, the object, and, where there is none, the line with what is wrong with it after a zero."""
        stream, self._disk = open_packed(self.path)
        with self._disk, stream, io.TextIOWrapper(stream, "utf-8-sig", errors="backslashreplace") as file:
            try:
                for number, line in enumerate(file, 1):
                    if not line.strip():
                        continue
                    try:
                        data = json.loads(line)
                        if not isinstance(data, dict):
                            raise ValueError("ожидался объект {…}")
                        if "\\ud" in line or "\\uD" in line:
                            json.dumps(data, ensure_ascii=False).encode()  # "\ud83d" alone is JSON, but no text
                    except (ValueError, RecursionError) as error:
                        yield number, None, f"{line.rstrip()}\0{BAD_JSON.format(error)}"
                    else:
                        yield number, data, ""
            except DAMAGE as error:
                raise DataError(f"{self.path}: cannot be read, or is damaged: {error}") from error

    def batches(self, size: int = BATCH) -> Iterator[Batch]:
        """See :class:`Table`. A line that is no object stands as it is in the first column."""
        columns = self.columns
        batch = Batch()
        for number, data, broken in self._objects():
            if data is None:
                line, batch.problems[len(batch.rows)] = broken.rsplit("\0", 1)
                row: Row = [line, *[None] * (len(columns) - 1)]
            else:
                row = [data.get(column) for column in columns]
            batch.numbers.append(number)
            batch.rows.append(row)
            if len(batch.rows) == size:
                yield batch
                batch = Batch()
        if batch.rows:
            yield batch


class JsonLinesWriter(TableWriter):
    """JSON Lines out, packed if the name says so."""

    def __init__(self, draft: Path, name: Path, columns: Sequence[str]) -> None:
        super().__init__()
        self._packed = PackedWriter(draft, name)
        # Of two cells under one key a reader would see the second only.
        self._columns = list(columns) if len(set(columns)) == len(columns) else unique_names(columns)

    def write(self, rows: Iterable[Row]) -> None:
        """Append rows."""
        columns = self._columns
        self._packed.stream.write(
            "".join(
                json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False, default=cell_text) + "\n"
                for row in rows
            ).encode()
        )

    def close(self, complete: bool) -> None:  # noqa: ARG002 - a broken end does no harm to a draft
        """Write what is left."""
        self._packed.close()
