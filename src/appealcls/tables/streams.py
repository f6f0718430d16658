"""Bytes of a file, packed or not, and the encoding of its text."""

import codecs
import gzip
import io
from contextlib import suppress
from pathlib import Path
from typing import IO, Final, cast

from appealcls.errors import DataError, MissingExtraError

__all__ = ["SAMPLE", "PackedWriter", "detect_encoding", "open_packed", "sample", "unpacked_suffix"]

SAMPLE: Final = 1 << 20
"""Bytes that are looked at to tell the kind, the encoding and the delimiter of a file."""

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_PACKINGS: Final = {".gz": "gzip", ".zst": "zstd"}
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ENCODINGS: Final = ("cp1251", "koi8_r", "cp866")  # that Russian offices have written in
_FEW: Final = 0.01  # share of broken bytes up to which a file is still the UTF-8 that it mostly is
_GZIP_LEVEL: Final = 6  # the default of the gzip program; 9 takes three times as long for one per cent


def unpacked_suffix(path: Path) -> str:
    """The suffix that names the kind of table, in lower case: ``.csv`` of ``x.CSV.gz``."""
    suffix = path.suffix.lower()
    return Path(path.stem).suffix.lower() if suffix in _PACKINGS else suffix


def open_packed(path: Path) -> tuple[IO[bytes], IO[bytes]]:
    """A stream of the bytes inside, and the one of the bytes on disk that it reads from: its place shows the progress.

    Raises
    ------
    MissingExtraError
        If the file is packed with Zstandard and ``zstandard`` is not installed.
    """
    disk = path.open("rb")
    mark = disk.read(4)
    disk.seek(0)
    if mark.startswith(_GZIP):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=disk)), disk
    if mark == _ZSTD:
        try:
            import zstandard
        except ImportError as error:
            disk.close()
            raise MissingExtraError("reading .zst files", "zstandard", "archive") from error
        reader = zstandard.ZstdDecompressor().stream_reader(disk, read_across_frames=True)
        return cast("IO[bytes]", io.BufferedReader(cast("io.RawIOBase", reader), 1 << 17)), disk
    return disk, disk


def sample(path: Path) -> bytes:
    """The first bytes inside."""
    stream, disk = open_packed(path)
    with disk, stream:
        try:
            return stream.read(SAMPLE)
        except (OSError, EOFError) as error:
            raise DataError(f"{path}: the archive is damaged: {error}") from error


class PackedWriter:
    """A binary file that packs what is written, by the suffix of the name it will have; the same bytes every time."""

    def __init__(self, draft: Path, name: Path) -> None:
        packing = _PACKINGS.get(name.suffix.lower())
        self._disk = draft.open("wb")
        self.stream: IO[bytes] = self._disk
        if packing == "gzip":
            # No name and no time inside: they would differ from run to run.
            packed = gzip.GzipFile(filename="", mode="wb", compresslevel=_GZIP_LEVEL, fileobj=self._disk, mtime=0)
            self.stream = cast("IO[bytes]", packed)
        elif packing == "zstd":
            try:
                import zstandard
            except ImportError as error:
                self._disk.close()
                draft.unlink()
                raise MissingExtraError("writing .zst files", "zstandard", "archive") from error
            self.stream = cast("IO[bytes]", zstandard.ZstdCompressor().stream_writer(self._disk, closefd=False))

    def close(self) -> None:
        """Write what is left; the disk is let go even where that fails."""
        try:
            if self.stream is not self._disk:
                self.stream.close()
        finally:
            self._disk.close()


def detect_encoding(data: bytes) -> str:
    """The encoding of a text by its first bytes.

    UTF-8 unless more than one letter in a hundred is broken (a file with a few spoilt bytes is still UTF-8, and each is
    reported with its row); then what charset-normalizer finds likeliest among the encodings of Russian offices.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    if data.isascii() and b"\x00" in data:  # Cyrillic letters in UTF-16 are pairs of bytes below 0x80
        return "utf_16_le" if data[1::2].count(0) > data[::2].count(0) else "utf_16_be"
    with suppress(UnicodeDecodeError):
        # An incremental decoder does not mind a letter that the end of the sample cuts in two.
        codecs.getincrementaldecoder("utf-8")().decode(data)
        return "utf-8"
    text = data.decode("utf-8", errors="replace")
    if text.count("\ufffd") <= _FEW * sum(1 for character in text if character > "\x7f"):
        return "utf-8"
    from charset_normalizer import from_bytes  # only for the files that need it

    best = from_bytes(data[: 1 << 16], cp_isolation=list(_ENCODINGS)).best()
    return best.encoding if best is not None else "cp1251"
