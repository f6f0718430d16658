"""The taxonomy: which topics there are, what they are called, who answers for them. Data, not code."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import Any, Final, Self

from appealcls.errors import TaxonomyError

__all__ = ["Taxonomy", "Topic"]

_ID: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_CODE: Final = re.compile(r"\d{4}(\.\d{4}){3,4}")
_HEADER: Final = re.compile(r"^\s*\[\[\s*topic\s*\]\]")


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic.

    Attributes
    ----------
    id : str
        What files and programs use.
    name : str
        What people read; the id where nothing else is given.
    definition, department : str
        What belongs to it, and who answers for it. May be empty.
    code, edition : str
        The nearest question of the national classifier of appeals, and the edition the code was read in. May be empty.
    """

    id: str
    name: str = ""
    definition: str = ""
    department: str = ""
    code: str = ""
    edition: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.id)


@dataclass(frozen=True)
class Taxonomy:
    """The topics of a city.

    Parameters
    ----------
    topics : tuple of Topic
        In the order in which they are listed everywhere.
    fallback : str or None
        The id of the topic that takes what fits no other; None where there is no such topic.
    name : str
        A heading.

    Raises
    ------
    TaxonomyError
        If there are fewer than two topics, an id occurs twice, or the fallback is none of them.

    Examples
    --------
    >>> taxonomy = Taxonomy.default()
    >>> taxonomy["roads"].code
    '0003.0009.0097.0699'
    """

    topics: tuple[Topic, ...]
    fallback: str | None = None
    name: str = ""

    def __post_init__(self) -> None:
        ids = self.ids
        if len(ids) < 2:
            raise TaxonomyError(f"a taxonomy needs at least two topics, got {len(ids)}")
        twice = sorted({topic for topic in ids if ids.count(topic) > 1})
        if twice:
            raise TaxonomyError(f"topic ids occur twice: {', '.join(twice)}")
        if self.fallback is not None and self.fallback not in ids:
            raise TaxonomyError(f"the fallback {self.fallback!r} is none of the topics {', '.join(ids)}")

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Ids of the topics, in their order."""
        return tuple(topic.id for topic in self.topics)

    @cached_property
    def _by_id(self) -> dict[str, Topic]:
        return {topic.id: topic for topic in self.topics}

    def __getitem__(self, topic: str) -> Topic:
        try:
            return self._by_id[topic]
        except KeyError:
            raise KeyError(f"no topic {topic!r}; the topics are {', '.join(self.ids)}") from None

    def __contains__(self, topic: object) -> bool:
        return topic in self._by_id

    def __len__(self) -> int:
        return len(self.topics)

    @classmethod
    def default(cls) -> Self:
        """The topics that the city of Khabarovsk named in its report for 2023, and ``other``."""
        return cls.loads(files("appealcls").joinpath("topics.toml").read_text(encoding="utf-8"), "topics.toml")

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read a city's own file of topics; ``topics.toml`` of this package is the pattern.

        Raises
        ------
        TaxonomyError
            If the file cannot be read or is broken; the message names the line and the reason.
        """
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except OSError as error:
            raise TaxonomyError(f"{path}: cannot be read: {error.strerror or error}") from error
        except UnicodeDecodeError as error:
            raise TaxonomyError(f"{path}: is not UTF-8 (byte {error.start}): save it as UTF-8") from error
        return cls.loads(text, str(path))

    @classmethod
    def loads(cls, text: str, source: str = "topics") -> Self:
        """The same from a string; ``source`` is what error messages call it."""
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise TaxonomyError(f"{source}: not valid TOML: {error}") from error
        lines = [number for number, line in enumerate(text.splitlines(), 1) if _HEADER.match(line)]
        entries = data.get("topic")
        if not isinstance(entries, list) or not entries:
            raise TaxonomyError(f"{source}: no [[topic]] in it: give each topic a section [[topic]]")
        seen: dict[str, int] = {}
        topics = []
        for number, entry in enumerate(entries):
            line = lines[number] if number < len(lines) else 1
            topic = _topic(entry, f"{source}, line {line}")
            if topic.id in seen:
                raise TaxonomyError(f"{source}, line {line}: id {topic.id!r} is that of line {seen[topic.id]} already")
            seen[topic.id] = line
            topics.append(topic)
        fallback, name = data.get("fallback"), data.get("name", "")
        for key, value in (("fallback", fallback or ""), ("name", name)):
            if not isinstance(value, str):
                raise TaxonomyError(f"{source}: {key} must be a string")
        try:
            return cls(tuple(topics), fallback, name)
        except TaxonomyError as error:
            raise TaxonomyError(f"{source}: {error}") from None

    @classmethod
    def from_labels(cls, labels: Iterable[str]) -> Self:
        """A taxonomy of bare ids, in alphabetical order, for a label set that has no file.

        ``other`` or «прочее», in any case, becomes the fallback.
        """
        ids = sorted(set(labels))
        fallback = next((label for label in ids if label.strip().lower() in {"other", "прочее", "другое"}), None)
        return cls(tuple(map(Topic, ids)), fallback)

    def restricted_to(self, ids: Iterable[str]) -> Self:
        """The same taxonomy without the topics that are not among ``ids``."""
        kept = set(ids)
        return type(self)(
            tuple(topic for topic in self.topics if topic.id in kept),
            self.fallback if self.fallback in kept else None,
            self.name,
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-able data that :meth:`from_dict` reads back."""
        return {"name": self.name, "fallback": self.fallback, "topics": [asdict(topic) for topic in self.topics]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Undo :meth:`to_dict`.

        Raises
        ------
        TaxonomyError
            If the data are not what :meth:`to_dict` gives.
        """
        try:
            topics = tuple(Topic(**{key: _string(value) for key, value in entry.items()}) for entry in data["topics"])
            fallback = data["fallback"]
            return cls(topics, None if fallback is None else _string(fallback), _string(data["name"]))
        except (KeyError, TypeError, AttributeError) as error:
            raise TaxonomyError(f"not a taxonomy: {error}") from error


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a string, got {type(value).__name__}")
    return value


def _topic(entry: object, where: str) -> Topic:
    """One [[topic]] of a file, checked."""
    if not isinstance(entry, dict):
        raise TaxonomyError(f"{where}: a topic is a section [[topic]]")
    known = {field.name for field in fields(Topic)}
    unknown = sorted(set(entry) - known)
    if unknown:
        raise TaxonomyError(f"{where}: unknown key {unknown[0]!r}; the keys are {', '.join(sorted(known))}")
    for key, value in entry.items():
        if not isinstance(value, str):
            raise TaxonomyError(f"{where}: {key} must be a string")
    for key in ("id", "name"):
        if not entry.get(key, "").strip():
            raise TaxonomyError(f"{where}: {key} is missing")
    topic = Topic(**entry)
    if not _ID.fullmatch(topic.id):
        raise TaxonomyError(f"{where}: id {topic.id!r}: use Latin letters, digits and '_', a letter first")
    if topic.code and not _CODE.fullmatch(topic.code):
        raise TaxonomyError(
            f"{where}: code {topic.code!r}: expected four or five groups of four digits, as 0003.0009.0097.0699"
        )
    if topic.code and not topic.edition:
        raise TaxonomyError(f"{where}: edition is missing: codes change from edition to edition")
    return topic
