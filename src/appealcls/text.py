"""Raw text → clean text → the canonical spelling of a word.

This is the only module that knows markup left by web forms, hyphens at line ends, look-alike letters of two alphabets,
ё and е, and masks for personal data. Training, serving and the archive all pass through it, so that no text can be
prepared in two ways.

Two levels, because they differ in cost:

* what spans several words (markup, masks, hyphens at line ends) is done by :func:`clean`, with a map back to the text
  as written. Most appeals hold nothing of the kind, and :mod:`appealcls.tokens` sees that at a glance;
* what stays inside a word (case, ё/е, look-alikes, invisible characters, repeated letters) is done by
  :func:`canonical_word`, once for every spelling, not once for every occurrence.
"""

import html
import re
import unicodedata
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["DOCUMENT", "EMAIL", "LINK", "PHONE", "CleanText", "canonical_word", "clean", "fold", "mask"]

# A mask is one control character: it cannot be typed, needs no room, and is a word of its own for the features.
PHONE: Final = "\x01"
EMAIL: Final = "\x02"
LINK: Final = "\x03"
DOCUMENT: Final = "\x04"
_MARKUP: Final = "\x05"  # where a tag was: it separates words, as the tag did on the page

_READABLE: Final = {PHONE: "[телефон]", EMAIL: "[почта]", LINK: "[ссылка]", DOCUMENT: "[номер документа]"}

_LOOKALIKES: Final = str.maketrans("abcehkmoptxyё", "авсенкмортхуе")
"""Lower-case letters of the Latin alphabet that look like Cyrillic ones in either case (B, H, M, T as capitals).

Folding all of them, wherever they stand, makes «сор» and "cop" one spelling and so needs no guess about the alphabet
of a word; genuine Latin words only get another, equally unique name.
"""

_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ENTITY_PASSES: Final = 3  # "&amp;lt;" is text that was escaped twice; deeper nesting is nobody's honest text
_TAG: Final = re.compile(rf"<[A-Za-z/!][^<>{_MARKUP}]{{0,400}}>")
_LINE_HYPHEN: Final = re.compile(r"[-\u00ad\u2010](?<=[^\W\d_].)\r?\n\s*(?=[^\W\d_])")
_COMPATIBILITY: Final = re.compile(
    "[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\ufb00-\ufb06\U0001d400-\U0001d7ff]"
)  # wide, ligatures, "bold"

_LINK: Final = re.compile(r"(?:https?://|www\.)[^\s<>\"\x00-\x1f]+", re.IGNORECASE)
_EMAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")  # lengths of RFC 5321 and 1035
_NUMBER_RUN: Final = re.compile(r"\d[\d\s()№-]{4,}\d")  # what any phone or document number holds; quick to search for
_PHONE: Final = re.compile(
    r"(?<!\d)(?:"
    r"(?:\+\s?7|8|7)[\s(-]*\d{3}[\s)-]*\d{3}[\s-]*\d{2}[\s-]*\d{2}"  # +7 (914) 000-00-00, 89140000000
    r"|\d{2,3}-\d{2}-\d{2}"  # 30-00-00, 300-00-00 inside a city
    r"|\(\d{3,5}\)\s?\d{1,3}-?\d{2}-?\d{2}"  # (4212) 30-00-00
    r")(?!\d)"
)
_DOCUMENT: Final = re.compile(
    r"(?<!\d)(?:"
    r"\d{3}-\d{3}-\d{3}[ -]\d{2}"  # СНИЛС
    r"|\d{2} ?\d{2} ?(?:№ ?)?\d{6}"  # passport: series and number
    r"|\d{4}(?:[ -]\d{4}){3}"  # bank card
    r"|\d{9,20}"  # ИНН, личный счёт, ОГРН
    r")(?!\d)"
)

_REPEATS: Final = re.compile(r"(.)\1{2,}")


class CleanText(NamedTuple):
    """A text without markup, with masks, and where each of its characters stood."""

    text: str
    origin: NDArray[np.intp] | None
    """``origin[i]`` is the place of ``text[i]`` in the raw text, ``origin[len(text)]`` the raw length; None: unchanged."""


def _substitute(part: CleanText, pattern: re.Pattern[str], replacement: Callable[[str], str]) -> CleanText:
    """``pattern.sub`` that keeps the map to the raw text: a replacement stands where its match began."""
    matches = list(pattern.finditer(part.text))
    if not matches:
        return part
    origin = part.origin if part.origin is not None else np.arange(len(part.text) + 1)
    pieces: list[str] = []
    places: list[NDArray[np.intp]] = []
    done = 0
    for match in matches:
        new = replacement(match.group())
        pieces += part.text[done : match.start()], new
        places += origin[done : match.start()], np.full(len(new), origin[match.start()])
        done = match.end()
    pieces.append(part.text[done:])
    places.append(origin[done:])
    return CleanText("".join(pieces), np.concatenate(places))


def _unescape(entity: str) -> str:
    plain = html.unescape(entity)
    return " " if plain == entity or not plain.isprintable() else plain


def clean(text: str) -> CleanText:
    r"""Take markup out of a text, join words broken at a line end, and mask personal data.

    Parameters
    ----------
    text : str
        As it came: from a web form, a letter, a spreadsheet cell.

    Returns
    -------
    CleanText
        Cleaning it again changes nothing.

    Examples
    --------
    >>> clean("<p>Яма на доро-\nге</p>").text.strip("\x05")
    'Яма на дороге'
    >>> clean("Звоните 8 (900) 000-00-00").text == "Звоните " + PHONE
    True
    """
    part = CleanText(text, None)
    if "&" in text:
        for _ in range(_ENTITY_PASSES):
            part = _substitute(part, _ENTITY, _unescape)
        part = _substitute(part, _ENTITY, lambda _: " ")
    if "<" in part.text:
        part = _substitute(part, _TAG, lambda _: _MARKUP)
    part = _substitute(part, _COMPATIBILITY, lambda char: unicodedata.normalize("NFKC", char))
    if "\n" in part.text:
        part = _substitute(part, _LINE_HYPHEN, lambda _: "")
    if "://" in part.text or "www." in part.text.lower():
        part = _substitute(part, _LINK, lambda _: LINK)
    if "@" in part.text:
        part = _substitute(part, _EMAIL, lambda _: EMAIL)
    if _NUMBER_RUN.search(part.text):
        part = _substitute(part, _PHONE, lambda _: PHONE)
        part = _substitute(part, _DOCUMENT, lambda _: DOCUMENT)
    return part


def mask(text: str) -> str:
    """The text in a form fit to be stored or shown: no markup, and readable words instead of personal data.

    Examples
    --------
    >>> mask("Пишите на a.b@example.com, тел. 30-00-00")
    'Пишите на [почта], тел. [телефон]'
    """
    plain = clean(text).text.replace(_MARKUP, " ")
    for sign, word in _READABLE.items():
        plain = plain.replace(sign, word)
    return plain


def fold(char: str) -> str:
    """One character in lower case, ё as е, and Latin letters that look Cyrillic as the Cyrillic ones.

    Characters whose lower case is longer than one character stay as they are.
    """
    lower = char.lower()
    return (lower if len(lower) == 1 else char).translate(_LOOKALIKES)


def canonical_word(word: str) -> str:
    r"""The one spelling that stands for all ways to write a word.

    Unicode compatibility forms are composed (NFKC), accents and invisible characters dropped, every character folded
    (:func:`fold`), and a letter repeated three times or more written once.

    Returns
    -------
    str
        May be empty, when the word held only invisible characters. Doing it twice changes nothing.

    Examples
    --------
    >>> canonical_word("СНЕГ") == canonical_word("cнe\u00adг") == canonical_word("снеееег") == "снег"
    True
    """
    composed = unicodedata.normalize("NFKC", word)
    letters = [fold(char) for char in composed if unicodedata.category(char)[0] not in "CM"]
    return _REPEATS.sub(r"\1", "".join(letters))
