"""Bytes of a file, packed or not, and the encoding of its text."""

import codecs
import gzip
import io
import math
import zlib
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final, cast

from appealcls.errors import DataError, MissingExtraError

__all__ = [
    "DAMAGE",
    "SAMPLE",
    "PackedWriter",
    "detect_encoding",
    "is_packed",
    "open_packed",
    "sample",
    "unpacked_suffix",
]

SAMPLE: Final = 1 << 20
"""Bytes that are looked at to tell the kind, the encoding and the delimiter of a file."""

DAMAGE: Final = (OSError, EOFError, zlib.error)
"""By which a stream of :func:`open_packed` tells that the file is cut short or spoilt."""

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_PACKINGS: Final = {".gz": "gzip", ".zst": "zstd"}
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ENCODINGS: Final = {"cp1251": 0.0, "koi8_r": -2.0, "cp866": -2.0}
"""That Russian offices have written in; the logarithm of how common they are beside Windows-1251: a guess, which decides
for two or three letters only."""
_FEW: Final = 0.2  # share of broken letters up to which a file is still the UTF-8 that it mostly is; in others most are
_HIGH: Final = b"\x00\x04"  # first bytes of Latin and Cyrillic letters in UTF-16
_MOST: Final = 0.7  # share of characters that are such letters in a text of UTF-16; elsewhere these bytes are rare
_CHUNK: Final = 1 << 15  # bytes of a packed file: they may become a thousand times as many
_GZIP_LEVEL: Final = 6  # the default of the gzip program; 9 takes three times as long for one per cent


def unpacked_suffix(path: Path) -> str:
    """The suffix that names the kind of table, in lower case: ``.csv`` of ``x.CSV.gz``."""
    return Path(path.stem).suffix.lower() if is_packed(path) else path.suffix.lower()


def is_packed(path: Path) -> bool:
    """Whether the name says that the file is packed."""
    return path.suffix.lower() in _PACKINGS


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
        return cast("IO[bytes]", io.BufferedReader(_ZstdReader(disk, zstandard), 1 << 17)), disk
    return disk, disk


class _ZstdReader(io.RawIOBase):
    """Unpacks a file. The reader of the library takes one that is cut short for a whole one: rows would be lost."""

    def __init__(self, disk: IO[bytes], zstandard: Any) -> None:
        self._disk, self._zstandard = disk, zstandard
        self._frame: Any = None
        self._unpacked = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._unpacked:
            packed = b""
            if self._frame is not None and self._frame.eof:
                packed, self._frame = self._frame.unused_data, None
            packed = packed or self._disk.read(_CHUNK)
            if not packed:
                if self._frame is not None:
                    raise EOFError("the file ends in the middle of a Zstandard frame")
                return 0
            self._frame = self._frame or self._zstandard.ZstdDecompressor().decompressobj()
            try:
                self._unpacked = memoryview(self._frame.decompress(packed))
            except self._zstandard.ZstdError as error:
                raise OSError(str(error)) from error
        size = min(len(buffer), len(self._unpacked))
        buffer[:size] = self._unpacked[:size]
        self._unpacked = self._unpacked[size:]
        return size


def sample(path: Path) -> bytes:
    """The first bytes inside."""
    stream, disk = open_packed(path)
    with disk, stream:
        try:
            return stream.read(SAMPLE)
        except DAMAGE as error:
            raise DataError(f"{path}: cannot be read, or is damaged: {error}") from error


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
            self.stream = cast(
                "IO[bytes]", zstandard.ZstdCompressor(write_checksum=True).stream_writer(self._disk, closefd=False)
            )

    def close(self) -> None:
        """Write what is left; the disk is let go even where that fails."""
        try:
            if self.stream is not self._disk:
                self.stream.close()
        finally:
            self._disk.close()


def detect_encoding(data: bytes) -> str:
    """The encoding of a text by its first bytes.

    UTF-8 unless more than one letter in five is broken (a file with some spoilt bytes is still UTF-8, and each is
    reported with its row); then that of the Russian offices in which the letters are as frequent as in Russian.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    for name, high in (("utf_16_le", data[1::2]), ("utf_16_be", data[::2])):
        if sum(map(high.count, _HIGH)) > _MOST * len(high):
            return name
    with suppress(UnicodeDecodeError):
        # An incremental decoder does not mind a letter that the end of the sample cuts in two.
        codecs.getincrementaldecoder("utf-8")().decode(data)
        return "utf-8"
    text = data.decode("utf-8", errors="replace")
    if text.count("\ufffd") <= _FEW * sum(1 for character in text if character > "\x7f"):
        return "utf-8"
    letters = data.translate(None, bytes(range(0x80)))[: SAMPLE >> 4]
    return max(_ENCODINGS, key=lambda name: _ENCODINGS[name] + _likelihood(letters.decode(name, errors="replace")))


def _likelihood(text: str) -> float:
    """The logarithm of how likely these characters are in Russian."""
    counts = Counter(text.lower())
    return sum(count * _LOGARITHMS.get(character, _UNLIKELY) for character, count in counts.items())


_FREQUENCIES: Final = (
    "о 1097 е 845 а 801 и 735 н 670 т 626 с 547 р 473 в 454 л 440 к 349 м 321 д 298 п 281 у 262 я 201 ы 190 ь 174 "
    "г 170 з 165 б 159 ч 144 й 121 х 97 ж 94 ш 73 ю 64 ц 48 щ 36 э 32 ф 26 ъ 4 ё 4 № 10 « 10 » 10 — 10 – 10 \u00a0 10"
)  # in ten thousand letters: Ляшевская, Шаров, Частотный словарь русского языка (2009); signs are a guess
_LOGARITHMS: Final = {
    character: math.log(int(count) / 1e4)
    for character, count in zip(_FREQUENCIES.split(" ")[::2], _FREQUENCIES.split(" ")[1::2], strict=True)
}
_UNLIKELY: Final = math.log(1e-5)  # anything else, as the lines and boxes that letters of CP866 become elsewhere
