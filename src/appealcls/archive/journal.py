"""The labels of an unfinished run, kept beside its output until it is finished, so that no text is labelled twice.

A journal is a file of lines: first what the run is (input, model, options), then a line for each batch. A line begins
with a checksum, so one that a crash cut short is known for what it is and labelled again. The output itself is always
written from the start to the end: that is why a run that was killed any number of times gives the same bytes.
"""

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from appealcls.errors import DataError, UsageError

with suppress(ImportError):  # Windows has none, and lets nobody replace a file that another process has open
    import fcntl

__all__ = ["Journal", "Labels", "digest_texts"]

_FORMAT: Final = 1


class Labels(NamedTuple):
    """What was found in the texts of a batch, by column: id or None, probability 0–1, for review, ids joined by ``|``."""

    topic: list[str | None]
    confidence: list[float]
    review: list[bool]
    topics: list[str]


class Journal:
    """Labels of batches, in their order.

    Parameters
    ----------
    path : Path
        Created if it is not there.
    job : mapping
        What the run is; JSON-able. A journal of another one is refused.
    restart : bool, default=False
        Forget what is there, whatever run it was.

    Raises
    ------
    UsageError
        If the journal there belongs to a run with other input, model or options.
    DataError
        If it cannot be read or written, or another process is at work with it.
    """

    def __init__(self, path: Path, job: Mapping[str, Any], restart: bool = False) -> None:
        self.path = path
        self._job = {"format": _FORMAT, **job}
        self._empty = False
        try:
            self._file: IO[bytes] = path.open("a+b")
        except OSError as error:
            raise DataError(f"{path}: cannot be written: {error.strerror or error}") from error
        try:
            self._lock()
            if restart:
                self._file.truncate(0)
            self._kept = self._check()
        except OSError as error:
            self.close()
            raise DataError(f"{path}: cannot be written: {error.strerror or error}") from error

    def _lock(self) -> None:
        """Keep others out; the system lets go of it, however this process ends."""
        if "fcntl" not in globals():
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise DataError(f"{self.path}: another process is writing this output: wait for it, or stop it") from None
        except OSError:  # a network disk may know no locks
            return

    def _check(self) -> int:
        """Bytes of whole lines; anything after them is thrown away."""
        file = self._file
        file.seek(0)
        kept = whole = 0
        for number, line in enumerate(file):
            data = _read_line(line)
            if data is None:
                break
            if number == 0 and data != self._job:
                file.close()
                changed = ", ".join(key for key in {**self._job, **data} if data.get(key) != self._job.get(key))
                raise UsageError(
                    f"{self.path}: an unfinished run is kept here, and it was another one (different: {changed}). "
                    "Give the same command to continue it, or start anew with --restart (restart=True)"
                )
            kept += len(line)
            whole += 1
        file.truncate(kept)
        file.seek(kept)
        if not kept:
            self._write(self._job)
        self._empty = whole < 2
        return kept

    def __iter__(self) -> Iterator[tuple[str, Labels]]:
        """Digest and labels of every batch that was labelled before."""
        with self.path.open("rb") as file:
            file.readline()
            while file.tell() < self._kept:
                data = _read_line(file.readline())
                if data is None:
                    raise DataError(f"{self.path}: was changed by somebody else: start anew with --restart")
                yield data["digest"], Labels(data["topic"], data["confidence"], data["review"], data["topics"])

    def add(self, digest: str, labels: Labels) -> None:
        """Keep the labels of the next batch."""
        try:
            self._write({"digest": digest, **labels._asdict()})
            self._empty = False
        except OSError as error:
            raise DataError(f"{self.path}: cannot be written: {error.strerror or error}") from error

    def _write(self, data: Mapping[str, Any]) -> None:
        body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
        self._file.write(b"%08x %b\n" % (zlib.crc32(body), body))
        self._file.flush()

    def close(self) -> None:
        """Leave it for the run that continues, if there is anything to continue."""
        with suppress(OSError):  # what a full disk has not taken is tried again here; the line is labelled anew
            self._file.close()
        if self._empty:
            self.path.unlink(missing_ok=True)

    def remove(self) -> None:
        """The run is finished."""
        self.close()
        self.path.unlink(missing_ok=True)


def digest_texts(texts: Sequence[str]) -> str:
    """By which the labels of a batch know its texts again."""
    # The lengths tell where one text ends and the next begins.
    state = hashlib.blake2b(",".join([str(len(text)) for text in texts]).encode(), digest_size=12)
    state.update("".join(texts).encode("utf-8", "surrogatepass"))
    return state.hexdigest()


def _read_line(line: bytes) -> dict[str, Any] | None:
    head, _, body = line.partition(b" ")
    if not body.endswith(b"\n") or head != b"%08x" % zlib.crc32(body[:-1]):
        return None
    data: dict[str, Any] = json.loads(body)
    return data
