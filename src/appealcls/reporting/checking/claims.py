"""Numbers and words of a sentence that claims something: what it says there was, is, and by how much it changed.

Only what a sentence says plainly is read; of two numbers that might be meant, neither is.
"""

import re
from dataclasses import dataclass, replace
from typing import Final, Literal

__all__ = ["Claim", "Claimed", "read_claim", "read_claims", "read_number"]

_SPACES: Final = "\u00a0\u202f\u2009 "
_NUMBER: Final = rf"\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)?"
_PERCENT: Final = r"\s*(?:%|процент\w*+|проц\.)(?!\s*(?:пункт|п\.))"

_DATE: Final = re.compile(
    r"\d{1,2}\.\d{1,2}\.\d{2,4}(?:\s*(?:г\.|год[ауе]?\b))?"
    r"|\b(?:19|20)\d\d(?:\s*[-–—/]\s*(?:19|20)?\d\d)?\s*(?:г\.\s?г\.|гг\.|г\b\.?|год\w*)"
    r"|\b\d{1,2}(?:-\w+)?\s+(?:месяц\w*|квартал\w*|полугоди\w*|дн\w*|день|лет|января|февраля|марта|апреля|мая|июня|июля|августа"
    r"|сентября|октября|ноября|декабря)(?:\s+(?:19|20)\d\d(?!\s*обращ)(?:\s*(?:г\b\.?|год\w*))?)?"
    r"|(?:январ|феврал|март|апрел|ма[йея]|июн|июл|август|сентябр|октябр|ноябр|декабр)\w*\s+(?:19|20)\d\d"
    r"|\b\d{1,3}-ФЗ\b|№\s*[\d/-]+|\bст(?:ать\w+|\.)\s*\d+|\bв\s+(?:19|20)\d\d(?=\s*[(–—-]|\s*$)",
    re.IGNORECASE,
)
"""What holds digits and counts nothing."""

_TOKEN: Final = re.compile(
    rf"(?P<sign>[+\u2212-](?=\d))?(?P<number>{_NUMBER})(?:(?P<percent>{_PERCENT})"
    r"|(?P<points>\s*(?:п\.\s?п\.|процентн\w+\s+пункт\w*|%\s*(?:пункт|п\.)\w*))|(?P<scale>\s*(?:тыс|млн)\b\.?)"
    r"|(?P<times>\s*раза?\b))?",
    re.IGNORECASE,
)
_UP: Final = (
    r"больше|более\s+чем\s+в\s+прошл\w+|рост\w*|вырос\w*|возрос\w*|возраст\w*|увелич\w*|прирост\w*|выше|прибав\w*|чаще"
)
_DOWN: Final = r"меньше|сни[жз]\w*|уменьш\w*|сократ\w*|сокращ\w*|падени\w*|упал\w*|ниже|спад\w*|убыл\w*|реже"
_WORDS_UP: Final = re.compile(rf"\b(?:{_UP})\b", re.IGNORECASE)
_WORDS_DOWN: Final = re.compile(rf"\b(?:{_DOWN})\b", re.IGNORECASE)
_FROM_TO: Final = re.compile(
    rf"(?:\bс\s+|\bот\s+)?(?P<a>{_NUMBER})[^\d%;]{{0,40}}?(?:→|->|=>|⟶|\bдо\b)\s*(?P<b>{_NUMBER})(?!\s*%)(?!\d)",
    re.IGNORECASE,
)
_OUT_OF: Final = re.compile(
    rf"(?P<a>{_NUMBER})(?:\s+[а-яё]+){{0,3}}?\s+(?:из|от)\s+(?:общего\s+числа\s+|всех\s+|числа\s+)?(?P<b>{_NUMBER})(?!\d)",
    re.IGNORECASE,
)
_WAS_IS: Final = re.compile(
    rf"\bбыло\b[^\d]{{0,30}}(?P<a>{_NUMBER})[^\d]{{1,40}}\b(?:стало|составил\w*|теперь)\b[^\d]{{0,30}}(?P<b>{_NUMBER})",
    re.IGNORECASE,
)
_SHARE: Final = re.compile(
    r"\bдол[яиюей]+\b|\bсоставля\w+\b|\bсоставил\w*\b|\bприходится\b|\bот\s+(?:общ|всех|числа)", re.IGNORECASE
)
_ABOUT: Final = re.compile(r"(?:около|примерно|порядка|приблизительно|почти|≈|~)\s*(?:на\s+)?$", re.IGNORECASE)
_OVER: Final = re.compile(r"(?:более\s+чем|больше\s+чем|более|свыше)\s*(?:на\s+|в\s+)?$", re.IGNORECASE)
_UNDER: Final = re.compile(r"(?:менее\s+чем|менее|не\s+более)\s*(?:на\s+|в\s+)?$", re.IGNORECASE)
_BY: Final = re.compile(r"\bна\s*$", re.IGNORECASE)

_MULTIPLE: Final = re.compile(r"\b(вдвое|втрое|вчетверо)\b", re.IGNORECASE)
_MULTIPLES: Final = {"вдвое": 2, "втрое": 3, "вчетверо": 4}
_HALF: Final = re.compile(r"\b(?:вполовину|наполовину)\b", re.IGNORECASE)
_MOST: Final = re.compile(r"\b(?:чаще|реже|больше|меньше)\s+всего\b", re.IGNORECASE)
"""A comparison of parts, not a change."""
_SHARE_OF: Final = re.compile(rf"{_PERCENT}\s+от\s+(?:(?P<whole>{_NUMBER})(?!\s*%)|общ|всех|числа)", re.IGNORECASE)
_FROM_WHOLE: Final = re.compile(rf"\s*из\s+(?P<whole>{_NUMBER})", re.IGNORECASE)
_IN_YEAR: Final = re.compile(
    rf"(?<!\d)(?P<count>{_NUMBER})(?:\s+[а-яё]+){{0,3}}?\s+(?:в|за)\s+(?P<year>(?:19|20)\d\d)\s*г", re.IGNORECASE
)
_ORDERED: Final = re.compile(r"\bчем\b|\bпротив\b|\bаппг\b|\bк\s|\bранее\b|\([^()]*\d[^()]*\)", re.IGNORECASE)
"""What names the earlier number after the later one."""
_FEW_TIMES: Final = 0.25  # «в 2 раза» is said of 1.8, not of 1.5

Roughness = Literal["exact", "about", "over", "under"]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A number as written: its value, and half of its last place, by which a true value may differ.

    Attributes
    ----------
    value : float
        Of per cent 36.3 for «36,3 %»; negative only where a minus is written.
    half : float
    written : str
    roughness : str
        ``exact``, ``about``, ``over`` or ``under``, by the word before it.
    """

    value: float
    half: float
    written: str
    roughness: Roughness = "exact"

    def holds(self, true: float) -> bool:
        """Whether a true value may be written so."""
        slack = self.half + 1e-9 * max(1.0, abs(true))
        if self.roughness == "over":
            return true > self.value - slack
        if self.roughness == "under":
            return true < self.value + slack
        if self.roughness == "about":
            # «Около 30 %» is said of 29 and of 31, not of 36.
            slack = max(2 * slack, 0.05 * abs(self.value))
        return abs(true - self.value) <= slack


@dataclass(frozen=True, slots=True)
class Claim:
    """What one part of a sentence says.

    Attributes
    ----------
    text : str
        As written.
    direction : int
        1 more, -1 less, 0 not said.
    percent : Claimed or None
    kind : str
        What the per cent are: ``change`` or ``share``; empty where there are none, or it is not said.
    times : Claimed or None
        «В 1,4 раза».
    difference : Claimed or None
        «На 5 054 обращения больше».
    before, now : int or None
        Counts that changed.
    part, whole : int or None
        Counts of which the one is a share of the other.
    unclear : str
        Why it cannot be checked, in Russian; empty where it can.
    """

    text: str
    direction: int = 0
    percent: Claimed | None = None
    kind: str = ""
    times: Claimed | None = None
    difference: Claimed | None = None
    before: int | None = None
    now: int | None = None
    part: int | None = None
    whole: int | None = None
    unclear: str = ""
    counts: tuple[int, ...] = ()


_BORDERS: Final = re.compile(
    r"(?<!\bг)(?<!\bгг)(?<!\bст)(?<!\bтыс)(?<!\bмлн)(?<!\bп)[.!?](?=\s|$)|;|\n"
    r"|,\s*(?=(?:из\s+них|в\s+том\s+числе|при\s+этом|а\s+дол[яюи]|дол[яи](?=[^;]*\bиз\b\s*\d))\b)",
    re.IGNORECASE,
)
_OF_THEM: Final = re.compile(r"\s*(?:из\s+них|в\s+том\s+числе)\b", re.IGNORECASE)


def read_claims(text: str) -> list[Claim]:
    """What each part of a text says; parts without a number say nothing, unless there is no other.

    Examples
    --------
    >>> [claim.part for claim in read_claims("Поступило 384 обращения, из них 48 повторных (12,5 %). Спасибо.")]
    [None, 48]
    """
    parts = [part.strip() for part in _BORDERS.split(text)]
    claims: list[Claim] = []
    whole: int | None = None
    for part in filter(lambda part: any(char.isdigit() for char in part), parts):
        of_them = bool(_OF_THEM.match(part))
        claim = read_claim(part, whole if of_them else None)
        claims.append(claim)
        if not of_them and claim.counts:
            whole = claim.counts[0]
    return claims or [Claim(text.strip(), unclear="нет чисел, которые можно пересчитать")]


def read_number(written: str) -> Claimed | None:
    """A number in Russian or plain spelling; None for anything else.

    Examples
    --------
    >>> read_number("18 970").value, read_number("−3,5 %").half, read_number("много")
    (18970.0, 0.05, None)
    """
    match = re.fullmatch(rf"\s*([+\u2212-]?)\s*({_NUMBER})\s*%?\s*", written)
    if match is None:
        return None
    return _claimed(match[2], match[1])


def _claimed(number: str, sign: str = "", roughness: Roughness = "exact") -> Claimed:
    plain = re.sub(rf"[{_SPACES}]", "", number).replace(",", ".")
    places = len(plain.partition(".")[2])
    value = float(plain) * (-1 if sign and sign != "+" else 1)
    return Claimed(value, 0.5 * 10.0**-places, f"{sign}{number}", roughness)


def read_claim(text: str, whole: int | None = None) -> Claim:  # noqa: PLR0915 - one reading after another
    """Read one part of a sentence, in which at most one thing is claimed.

    Parameters
    ----------
    text : str
    whole : int, optional
        What a single count is a part of, where the sentence said so before («из них»).

    Examples
    --------
    >>> claim = read_claim("поступило 18 970 обращений, на 33 % больше, чем в 2022 году (13 916)")
    >>> claim.now, claim.before, claim.percent.value, claim.direction
    (18970, 13916, 33.0, 1)
    """
    plain = _DATE.sub(lambda match: " " * len(match[0]), text)
    percents: list[Claimed] = []
    counts: list[int] = []
    times = difference = None
    for match in _TOKEN.finditer(plain):
        head = plain[: match.start()]
        value = _claimed(match["number"], match["sign"] or "", _roughness(head))
        if match["points"] or match["scale"]:
            return Claim(text, unclear="процентные пункты и округлённые до тысяч числа не пересчитываются")
        if match["percent"]:
            percents.append(value)
        elif match["times"]:
            times = replace(value, half=min(value.half, _FEW_TIMES)) if value.value < 5 else value
        elif value.half < 0.5:
            return Claim(text, unclear=f"непонятно, что означает число {value.written}")
        elif _BY.search(head) and difference is None and (_WORDS_UP.search(plain) or _WORDS_DOWN.search(plain)):
            difference = value
        else:
            counts.append(int(value.value if not match["sign"] else abs(value.value)))
    found = tuple(counts)
    if _HALF.search(plain):
        return Claim(text, unclear="«наполовину» не пересчитывается: укажите изменение числом", counts=found)
    multiple = _MULTIPLE.search(plain)
    if multiple is not None and times is None:
        factor = _MULTIPLES[multiple[1].lower()]
        times = Claimed(factor, _FEW_TIMES, str(factor), _roughness(plain[: multiple.start()]))
    if len(percents) == 1 and whole is None:
        share = _share(text, plain, percents[0], found)
        if share is not None:
            return share
    direction = _direction(plain, percents)
    if direction is None:
        return Claim(text, unclear="сказано и о росте, и о снижении", counts=found)
    if len(percents) > 1:
        return Claim(text, unclear="несколько процентов в одной фразе", counts=found)
    percent = percents[0] if percents else None
    said = _kind(plain, percent, direction)
    if (times or difference) and not direction:
        return Claim(text, unclear="не сказано, рост это или снижение", counts=found)
    of = _OUT_OF.search(plain)
    if said != "change" and percent is not None:
        if of is not None and len(counts) == 2:
            part, out_of = (int(_claimed(of[name]).value) for name in "ab")
            return Claim(text, percent=percent, kind="share", part=part, whole=out_of, counts=found)
        if whole is not None and len(counts) == 1:
            return Claim(text, percent=percent, kind="share", part=counts[0], whole=whole, counts=found)
        if said == "share":
            return Claim(text, percent=percent, kind="share", unclear="не указано, сколько из скольких", counts=found)
    if percent is None and times is None and difference is None and not direction:
        return Claim(text, unclear="нет ни доли, ни изменения, которые можно пересчитать", counts=found)
    if percent is not None and not direction:
        return Claim(text, percent=percent, unclear="не сказано, доля это, рост или снижение", counts=found)
    if len(counts) != 2:
        why = "не указаны два сравниваемых числа" if len(counts) < 2 else "непонятно, какие из чисел сравниваются"
        return Claim(text, direction, percent, said, times, difference, unclear=why, counts=found)
    ordered = _FROM_TO.search(plain) or _WAS_IS.search(plain)
    now, before = counts
    years = {int(match["year"]): int(_claimed(match["count"]).value) for match in _IN_YEAR.finditer(text)}
    if len(years) == 2 and sorted(years.values()) == sorted(counts):
        before, now = (years[year] for year in sorted(years))
    elif ordered is None and not _ORDERED.search(plain):
        pairs = [pair for pair in ((now, before), (before, now)) if _fits(*pair, direction, percent, times, difference)]
        if not pairs:
            unclear = "непонятно, какое из чисел было раньше"
            return Claim(text, direction, percent, said, times, difference, unclear=unclear, counts=found)
        now, before = pairs[0]
    elif ordered is not None:
        before, now = (int(_claimed(ordered[name]).value) for name in "ab")
    return Claim(text, direction, percent, said, times, difference, before, now, counts=found)


def _share(text: str, plain: str, percent: Claimed, counts: tuple[int, ...]) -> Claim | None:
    """The share that a sentence names as one, whatever else it says; None where it names none."""
    of = _SHARE_OF.search(plain)
    if of is None and (_FROM_WHOLE.match(plain) is None or _direction(plain, [percent])):
        return None
    written = of["whole"] if of is not None else _FROM_WHOLE.match(plain)["whole"]  # type: ignore[index]
    out_of = int(_claimed(written).value) if written else None
    if out_of is None or len(counts) != 2 or out_of not in counts:
        return Claim(text, percent=percent, kind="share", unclear="не указано, сколько из скольких", counts=counts)
    part = counts[1] if counts[0] == out_of else counts[0]
    return Claim(text, percent=percent, kind="share", part=part, whole=out_of, counts=counts)


def _fits(
    now: int, before: int, direction: int, percent: Claimed | None, times: Claimed | None, difference: Claimed | None
) -> bool:
    """Whether all that is said is true of a pair."""
    if not now or not before or (now - before) * direction <= 0:
        return False
    low, high = sorted((before, now))
    return (
        (percent is None or replace(percent, value=abs(percent.value)).holds(100 * (high - low) / before))
        and (times is None or times.holds(high / low))
        and (difference is None or difference.holds(high - low))
    )


def _roughness(head: str) -> Roughness:
    if _ABOUT.search(head):
        return "about"
    if _UNDER.search(head):
        return "under"
    return "over" if _OVER.search(head) else "exact"


def _direction(text: str, percents: list[Claimed]) -> int | None:
    """1, -1 or 0; None where both are said."""
    without_over = re.sub(r"больше\s+чем\s+(?=на|в\s+\d)|более\s+чем", " ", _MOST.sub(" ", text), flags=re.IGNORECASE)
    up, down = bool(_WORDS_UP.search(without_over)), bool(_WORDS_DOWN.search(without_over))
    if up and down:
        return None
    if not up and not down and percents and percents[0].written[0] in "+-\u2212":
        return 1 if percents[0].written[0] == "+" else -1
    return up - down


def _kind(text: str, percent: Claimed | None, direction: int) -> str:
    if percent is None:
        return ""
    if direction:
        return "change"
    return "share" if _SHARE.search(text) or _OUT_OF.search(text) else ""
