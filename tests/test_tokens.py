"""appealcls.tokens: where every word stands, and one key for all its spellings."""

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from appealcls.text import DOCUMENT, EMAIL, LINK, PHONE, canonical_word, clean
from appealcls.tokens import MAX_CHARS, NUMBER, scan, word_keys

WORDS = st.text("абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЁЯdfgijlnqrsuvwzABCEHKMOPTXaceopxy", min_size=1, max_size=12)
TEXTS = st.text(
    st.sampled_from("аеёйАЕЁЙaceopxBCT059 .,-–@+()№&;<>/\n\r\u00ad\u200b\u0301ﬁＷ\x01\x02\x05") | st.characters(),
    max_size=60,
)


def spelled(text: str) -> list[str]:
    """The words of a text, canonical."""
    tokens = scan([text])
    return [tokens.word(token) for token in range(len(tokens))]


def written(text: str) -> list[str]:
    """The words of a text, as written."""
    return [text[start:stop] for start, stop in scan([text]).spans(0)]


class TestWords:
    """scan: what is a word."""

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("Яма у дома 5", ["яма", "у", "дома", NUMBER]),
            ("дом 12а, кв. 7", ["дом", NUMBER, "а", "кв", NUMBER]),
            ("во-первых", ["во", "первых"]),
            ("12.03.2024", [NUMBER, NUMBER, NUMBER]),
            ("«Снег»!!! Лёд…", ["снег", "лед"]),
            ("тел. 8 900 000-00-00", ["тел", PHONE]),
            ("a.b@example.com", [EMAIL]),
            ("см. https://example.com/1", ["см", LINK]),
            ("СНИЛС 000-000-000 00", ["снилс", DOCUMENT]),
            ("<b>снег</b><i>лёд</i>", ["снег", "лед"]),
            ("доро-\nга и доро\u00ad\r\n га", ["дорога", "и", "дорога"]),
            ("собака–друг", ["собака", "друг"]),
            ("йод и\u0306од", ["йод", "йод"]),
            ("снег🐶лёд", ["снег", "лед"]),
            ("", []),
            (" \n.,;", []),
            ("漢字", []),
        ],
    )
    def test_table(self, text: str, words: list[str]) -> None:
        """A text holds the words beside it and no others."""
        assert spelled(text) == words

    @given(st.text("аб 0123456789-()+.@<>&;\n/:w", min_size=2, max_size=60))
    @example("<p>снег</p>")
    @example("тел. 30-00-00")
    @example("а-\r\nб")
    def test_same_as_of_the_clean_text(self, text: str) -> None:
        """Where a text is not cleaned to save time, cleaning would not have changed its words."""
        assert spelled(text) == spelled(f" {clean(text).text} ")

    def test_reads_a_bounded_part_of_a_text(self) -> None:
        """What stands beyond forty pages is not read."""
        tokens = scan(["а " * MAX_CHARS])
        assert len(tokens) == MAX_CHARS // 2

    def test_one_string_is_refused(self) -> None:
        """A string in place of a list is a mistake, not a list of letters."""
        with pytest.raises(TypeError, match="put it into a list"):
            scan("снег")

    def test_what_is_no_text_is_named(self) -> None:
        """The error names the place of what is no string."""
        with pytest.raises(TypeError, match="text 1 is not a string but float"):
            scan(["снег", float("nan")])  # type: ignore[list-item]

    def test_no_texts(self) -> None:
        """No texts have no words."""
        assert scan([]).bounds.tolist() == [0]


class TestSpans:
    """Tokens.spans: text[start:stop] is the word as written."""

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("Яма у Дома", ["Яма", "у", "Дома"]),
            ("<p>Яма&nbsp;тут</p>", ["Яма", "тут"]),
            ("доро-\nга есть", ["доро-\nга", "есть"]),
            ("звоните 8 900 000-00-00 днём", ["звоните", "8", "днём"]),
            ("Со\u00adбака лает", ["Со\u00adбака", "лает"]),
        ],
    )
    def test_table(self, text: str, words: list[str]) -> None:
        """Offsets point to the words, through markup, broken lines and masks (which stand where they begin)."""
        assert written(text) == words

    @given(st.lists(TEXTS, max_size=4))
    @example(["&lt;b&gt; снег", "доро-\nга", ""])
    def test_any_text(self, texts: list[str]) -> None:
        """Offsets lie inside the text, ascend, and cut out something that is written there."""
        assume("\n".join(texts) != "\n")
        tokens = scan(texts)
        for number, text in enumerate(texts):
            spans = tokens.spans(number)
            assert len(spans) == tokens.bounds[number + 1] - tokens.bounds[number]
            assert all(0 <= start < stop <= len(text) for start, stop in spans)
            assert [start for start, _ in spans] == sorted(start for start, _ in spans)

    @given(st.lists(WORDS, max_size=8), st.sampled_from([" ", ", ", "\n", " – ", "! "]))
    def test_plain_words(self, words: list[str], between: str) -> None:
        """Words between separators come back as they were written."""
        assert written(between.join(words)) == words


class TestKeys:
    """Keys: one for all spellings of a word, whatever stands around it."""

    @pytest.mark.parametrize("spelling", ["собака", "СОБАКА", "Coбaкa", "COБAКA"])
    def test_case_and_lookalikes(self, spelling: str) -> None:
        """Case and look-alike letters are gone from a key."""
        assert scan([spelling]).keys.tolist() == word_keys(["собака"]).tolist()

    def test_yo(self) -> None:
        """ё and е have one key."""
        assert scan(["ёлка"]).keys == scan(["елка"]).keys

    def test_numbers(self) -> None:
        """All numbers have the key of NUMBER."""
        assert set(scan(["1 22 2024"]).keys.tolist()) == set(word_keys([NUMBER]).tolist())

    @given(WORDS)
    def test_key_of_a_word_is_that_of_its_canonical_spelling(self, word: str) -> None:
        """A word without repeated letters is found by the key of its canonical form."""
        if canonical_word(word) == "".join(map(canonical_word, word)):
            assert scan([word]).keys.tolist() == word_keys([canonical_word(word)]).tolist()

    @given(st.lists(TEXTS, min_size=1, max_size=6))
    def test_company_changes_nothing(self, texts: list[str]) -> None:
        """A text has the same keys and the same offsets alone and among others."""
        assume("\n".join(texts) != "\n" and "\n" not in texts)
        together = scan(texts)
        for number, text in enumerate(texts):
            alone = scan([text])
            begin, end = together.bounds[number : number + 2]
            assert together.keys[begin:end].tolist() == alone.keys.tolist()
            assert together.spans(number) == alone.spans(0)

    def test_no_sentence_spans_two_texts(self) -> None:
        """Sentences end at full stops and at the end of a text, not after a shortened word."""
        tokens = scan(["Снег на ул. Садовой. Уберите лёд", "дорога"])
        assert tokens.sentences.tolist() == [0, 4, 6, 7]

    def test_place_in_a_long_text_changes_nothing(self) -> None:
        """A word far inside a long block has the key it has at the beginning."""
        texts = ["снег " * 15_000 + "лёд"] * 4
        keys = scan(texts).keys
        snow, ice = word_keys(["снег", "лед"])
        assert np.count_nonzero(keys == ice) == 4
        assert np.count_nonzero(keys == snow) == 60_000
        assert len(keys) == 60_004

    def test_order_of_letters_matters(self) -> None:
        """Anagrams have different keys."""
        assert len(set(word_keys(["кот", "ток", "отк", "кто"]).tolist())) == 4


def test_texts_without_words() -> None:
    """Texts of blanks and line breaks only have no tokens, wherever they stand."""
    assert scan(["\n"]).bounds.tolist() == [0, 0]
    assert scan(["", "", "\n\n", "яма", ""]).bounds.tolist() == [0, 0, 0, 0, 1, 1]


def test_sentences() -> None:
    """Sentences end with a stop, not with a shortened word, and never span two texts."""
    found = scan(["Добрый день! На ул. Садовой, д. 5 яма. Уберите", "Спасибо"])
    assert found.sentences.tolist() == [0, 2, 8, 9, 10]
    assert found.bounds.tolist() == [0, 9, 10]
