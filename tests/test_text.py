"""appealcls.text: one spelling for every word, no markup, no personal data."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from appealcls.text import EMAIL, PHONE, canonical_word, clean, fold, mask

FULL_WIDTH_SIGNS = "".join(chr(code) for code in range(0xFF01, 0xFF5F) if not chr(code).isalpha())

WRITTEN = st.text(
    st.sampled_from("абвеёйсьАБВЕЁЙСaceopxABCEHKMOPTX019 .,-–@+()№&;<>/\n\r\u00ad\u200b\u0306\u0301ﬁＷ\x01\x02\x05")
    | st.characters(exclude_characters=FULL_WIDTH_SIGNS),
    max_size=60,
)
"""Text as bad as it comes: Cyrillic and Latin, digits, pieces of markup, invisible characters, any Unicode at all."""


class TestCanonicalWord:
    """canonical_word: all ways to write a word are one spelling."""

    @pytest.mark.cases("words", "raw", "word")
    def test_table(self, raw: str, word: str) -> None:
        """Every spelling of the table has the canonical form beside it."""
        assert canonical_word(raw) == word

    @pytest.mark.cases("words", "raw", "word")
    def test_table_in_other_cases(self, raw: str, word: str) -> None:
        """Upper, lower and title case of a spelling share its canonical form."""
        assert {canonical_word(raw.upper()), canonical_word(raw.lower()), canonical_word(raw.title())} == {word}

    @given(st.text(max_size=20))
    @example("и\u0306\u0306")
    @example("ааабб")
    @example("İ")
    @example("ﷺ")
    def test_is_idempotent(self, word: str) -> None:
        """The canonical form of a canonical form is itself."""
        once = canonical_word(word)
        assert canonical_word(once) == once

    @pytest.mark.parametrize(
        ("latin", "cyrillic"), list(zip("ABCEHKMOPTXYaceopxy", "АВСЕНКМОРТХУасеорху", strict=True))
    )
    def test_lookalikes_fold_to_one_letter(self, latin: str, cyrillic: str) -> None:
        """A Latin letter and the Cyrillic one that it looks like are one."""
        assert fold(latin) == fold(cyrillic)

    @pytest.mark.parametrize("char", ["İ", "ß", "ﬃ"])
    def test_folding_keeps_length(self, char: str) -> None:
        """One character folds to one character, even where its lower case is longer."""
        assert len(fold(char)) == 1

    def test_different_letters_stay_different(self) -> None:
        """Folding loses no letter of the Russian alphabet but ё."""
        assert len({fold(letter) for letter in "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"}) == 32


class TestMask:
    """mask: what is stored or shown holds no personal data."""

    @pytest.mark.cases("masks", "text", "masked")
    def test_table(self, text: str, masked: str) -> None:
        """Each text of the table is masked as written beside it, or left alone."""
        assert mask(text).strip() == (text if masked == "=" else masked)

    @pytest.mark.cases("masks", "text", "masked")
    def test_table_inside_a_sentence(self, text: str, masked: str) -> None:
        """Words around a number change nothing about its mask."""
        inside = mask(f"Здравствуйте, {text} прошу ответить").replace("  ", " ")
        assert inside == f"Здравствуйте, {text if masked == '=' else masked} прошу ответить"


class TestClean:
    """clean: text without markup, and where each character stood."""

    @given(WRITTEN)
    @example("&amp;amp;amp;lt;b>")
    @example("<a<b>c>")
    @example("8 900 000-\n00-00")
    @example("30-00-00-00-00")
    @example("&#1;&#5;")
    @example("а-\n-\nа")
    def test_is_idempotent(self, text: str) -> None:
        """Cleaning a clean text changes nothing."""
        once = clean(text).text
        assert clean(once).text == once

    @given(WRITTEN)
    def test_origin_leads_back(self, text: str) -> None:
        """Places in the raw text ascend, begin inside it and end at its end; unchanged text needs none."""
        cleaned = clean(text)
        if cleaned.origin is None:
            assert cleaned.text == text
            return
        assert len(cleaned.origin) == len(cleaned.text) + 1
        assert (cleaned.origin[1:] >= cleaned.origin[:-1]).all()
        assert cleaned.origin[0] >= 0
        assert cleaned.origin[-1] == len(text)

    @given(st.text("абвгд \u0301ё,.!?", max_size=60))
    def test_leaves_plain_text_alone(self, text: str) -> None:
        """A text of words and full stops comes back as the same text."""
        assert clean(text) == (text, None)

    def test_kept_characters_stand_where_they_stood(self) -> None:
        """After a tag, an entity and a mask, a letter still points to itself."""
        raw = "<p>Яма&nbsp;тут, звоните 8 900 000-00-00 днём</p>"
        text, origin = clean(raw)
        assert origin is not None
        assert [raw[origin[text.index(char)]] for char in "Ятзд"] == list("Ятзд")

    def test_one_control_character_stands_for_a_number(self) -> None:
        """Masks are single characters that nobody can type."""
        assert clean("8 900 000-00-00, a@example.com").text == f"{PHONE}, {EMAIL}"

    def test_a_tag_separates_words(self) -> None:
        """Lines that only a tag parted do not grow together."""
        assert mask("Яма<br>Снег") == "Яма Снег"

    @pytest.mark.parametrize("text", ["<" * 50_000, "&" * 50_000, "1-" * 50_000, "(1" * 50_000])
    def test_hostile_text_takes_no_longer(self, text: str) -> None:
        """Half-written markup and endless numbers are read in time that grows with their length only."""
        from time import process_time

        begin = process_time()
        clean(text)
        assert process_time() - begin < 5


@pytest.mark.parametrize("text", ["a." * 50_000 + "@", "<a" * 50_000, "&amp;" * 20_000, "1-" * 50_000, "www." * 25_000])
def test_no_pattern_hangs(text: str) -> None:
    """No text makes a pattern hang: what backtracks without end would take minutes here."""
    begin = time.process_time()
    clean(text)
    assert time.process_time() - begin < 10


def test_wide_angle_brackets_are_no_markup() -> None:
    """Cleaning a text with full-width signs twice changes nothing the second time."""
    once = clean("＜b＞ яма ＆lt;").text
    assert clean(once).text == once
