"""appealcls.topics: the taxonomy, and what is said about a broken one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appealcls.errors import TaxonomyError
from appealcls.topics import Taxonomy, Topic

GOOD = """\
name = "Вопросы жителей"
fallback = "other"

[[topic]]
id = "roads"
name = "Дороги"
code = "0003.0009.0097.0699"
edition = "2025-10-31"

[[topic]]
id = "other"
name = "Прочее"
"""


class TestReading:
    """Taxonomy.load and loads: a city's own file."""

    def test_a_good_file(self, tmp_path: Path) -> None:
        """Topics, fallback and heading are read as written."""
        path = tmp_path / "topics.toml"
        path.write_text(GOOD, encoding="utf-8")
        taxonomy = Taxonomy.load(path)
        assert taxonomy.ids == ("roads", "other")
        assert taxonomy.fallback == "other"
        assert taxonomy.name == "Вопросы жителей"
        assert taxonomy["roads"] == Topic("roads", "Дороги", code="0003.0009.0097.0699", edition="2025-10-31")

    def test_a_byte_order_mark_is_no_error(self, tmp_path: Path) -> None:
        """A file saved by a Windows editor is read."""
        path = tmp_path / "topics.toml"
        path.write_text(GOOD, encoding="utf-8-sig")
        assert Taxonomy.load(path).ids == ("roads", "other")

    @pytest.mark.parametrize(
        ("old", "new", "line", "reason"),
        [
            ('id = "roads"', 'id = "дороги"', 4, "use Latin letters, digits and '_', a letter first"),
            ('id = "roads"', 'id = "1roads"', 4, "a letter first"),
            ('id = "roads"', "id = 5", 4, "id must be a string"),
            ('id = "roads"\n', "", 4, "id is missing"),
            ('id = "roads"', 'id = "  "', 4, "id is missing"),
            ('name = "Дороги"\n', "", 4, "name is missing"),
            ('name = "Прочее"', 'name = ""', 10, "name is missing"),
            ('id = "other"', 'id = "roads"', 10, "id 'roads' is that of line 4 already"),
            ('name = "Прочее"', 'nmae = "Прочее"', 10, "unknown key 'nmae'; the keys are code, definition"),
            ("0003.0009.0097.0699", "3.9.97.699", 4, "expected four or five groups of four digits"),
            ('edition = "2025-10-31"\n', "", 4, "edition is missing"),
        ],
    )
    def test_a_broken_topic_is_named_by_its_line(self, old: str, new: str, line: int, reason: str) -> None:
        """The message names the file, the line of the section, and the reason."""
        assert old in GOOD
        with pytest.raises(TaxonomyError) as caught:
            Taxonomy.loads(GOOD.replace(old, new, 1), "города.toml")
        assert str(caught.value).startswith(f"города.toml, line {line}: ")
        assert reason in str(caught.value)

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "no [[topic]] in it"),
            ("topic = 5", "no [[topic]] in it"),
            ("topic = []", "no [[topic]] in it"),
            ('[topic]\nid = "a"', "no [[topic]] in it"),
            ("[[topic]\n", "not valid TOML"),
            ('topic = ["roads", "other"]', "a topic is a section [[topic]]"),
            (GOOD.replace('fallback = "other"', 'fallback = "else"'), "the fallback 'else' is none of the topics"),
            (GOOD.replace('fallback = "other"', "fallback = 5"), "fallback must be a string"),
            (GOOD.replace('name = "Вопросы жителей"', "name = 5"), "name must be a string"),
            ('[[topic]]\nid = "a"\nname = "A"', "at least two topics, got 1"),
        ],
    )
    def test_a_broken_file(self, text: str, reason: str) -> None:
        """The message begins with the file and says what is wrong."""
        with pytest.raises(TaxonomyError) as caught:
            Taxonomy.loads(text, "города.toml")
        assert str(caught.value).startswith("города.toml")
        assert reason in str(caught.value)

    def test_toml_errors_name_the_line(self) -> None:
        """A mistake of TOML itself is named by its line too."""
        with pytest.raises(TaxonomyError, match="line 3"):
            Taxonomy.loads('name = "a"\n\nfallback = other\n')

    def test_a_missing_file(self, tmp_path: Path) -> None:
        """A file that cannot be read is named."""
        with pytest.raises(TaxonomyError, match=r"nowhere\.toml: cannot be read"):
            Taxonomy.load(tmp_path / "nowhere.toml")

    def test_a_file_in_another_encoding(self, tmp_path: Path) -> None:
        """A file in windows-1251 is refused with what to do."""
        path = tmp_path / "topics.toml"
        path.write_text(GOOD, encoding="cp1251")
        with pytest.raises(TaxonomyError, match=r"is not UTF-8 .*: save it as UTF-8"):
            Taxonomy.load(path)


class TestTaxonomy:
    """Taxonomy: topics by id, in their order."""

    def test_the_default(self) -> None:
        """It has the six topics of the city and what is left, and each that is not left has a code and an edition."""
        taxonomy = Taxonomy.default()
        assert set(taxonomy.ids) == {
            "stray_animals", "roads", "snow_removal", "dumps", "resettlement", "transport", "other"
        }  # fmt: skip
        assert taxonomy.fallback == "other"
        assert all(topic.code and topic.edition for topic in taxonomy.topics if topic.id != "other")
        assert all(topic.definition and topic.department for topic in taxonomy.topics)

    def test_an_unknown_topic(self) -> None:
        """Asking for what is not there lists what is."""
        with pytest.raises(KeyError, match="no topic 'road'; the topics are roads, other"):
            Taxonomy.loads(GOOD)["road"]

    def test_membership(self) -> None:
        """An id is in it or not, and so is anything else."""
        taxonomy = Taxonomy.loads(GOOD)
        assert "roads" in taxonomy
        assert "road" not in taxonomy
        assert len(taxonomy) == 2

    @pytest.mark.parametrize(
        ("ids", "fallback", "reason"),
        [
            ((), None, "at least two topics, got 0"),
            (("a",), None, "at least two topics, got 1"),
            (("a", "b", "a"), None, "topic ids occur twice: a"),
            (("a", "b"), "c", "the fallback 'c' is none of the topics a, b"),
        ],
    )
    def test_impossible_ones(self, ids: tuple[str, ...], fallback: str | None, reason: str) -> None:
        """A taxonomy that cannot be is refused when it is made."""
        with pytest.raises(TaxonomyError, match=reason):
            Taxonomy(tuple(map(Topic, ids)), fallback)

    @pytest.mark.parametrize(
        ("labels", "fallback"),
        [(["b", "a", "a"], None), (["b", "other"], "other"), (["дороги", "Прочее"], "Прочее")],
    )
    def test_from_labels(self, labels: list[str], fallback: str | None) -> None:
        """Labels without a file are sorted, and what is called other becomes the fallback."""
        taxonomy = Taxonomy.from_labels(labels)
        assert taxonomy.ids == tuple(sorted(set(labels)))
        assert taxonomy.fallback == fallback

    def test_restricted_to(self) -> None:
        """A restricted taxonomy keeps order and texts, and a fallback only if it is kept."""
        taxonomy = Taxonomy.default()
        kept = taxonomy.restricted_to(["transport", "roads"])
        assert kept.topics == (taxonomy["roads"], taxonomy["transport"])
        assert kept.fallback is None
        assert taxonomy.restricted_to(["other", "roads"]).fallback == "other"

    @given(st.lists(st.text(min_size=1), min_size=2, max_size=5, unique=True), st.booleans(), st.text())
    def test_dictionaries_give_it_back(self, ids: list[str], has_fallback: bool, name: str) -> None:
        """from_dict undoes to_dict."""
        taxonomy = Taxonomy(tuple(map(Topic, ids)), ids[-1] if has_fallback else None, name)
        assert Taxonomy.from_dict(taxonomy.to_dict()) == taxonomy

    @pytest.mark.parametrize(
        "data",
        [
            {},
            {"name": "", "fallback": None, "topics": 5},
            {"name": "", "fallback": None, "topics": ["a", "b"]},
            {"name": 5, "fallback": None, "topics": [{"id": "a"}, {"id": "b"}]},
            {"name": "", "fallback": 5, "topics": [{"id": "a"}, {"id": "b"}]},
            {"name": "", "fallback": None, "topics": [{"id": "a"}, {"id": 5}]},
            {"name": "", "fallback": None, "topics": [{"id": "a"}, {"id": "b", "color": "red"}]},
            {"name": "", "fallback": None, "topics": [{"name": "a"}, {"id": "b"}]},
            {"name": "", "fallback": "c", "topics": [{"id": "a"}, {"id": "b"}]},
        ],
    )
    def test_broken_dictionaries(self, data: dict[str, object]) -> None:
        """Data that to_dict never gives is refused as a taxonomy, not with whatever went wrong inside."""
        with pytest.raises(TaxonomyError):
            Taxonomy.from_dict(data)
