"""Training turns labelled rows of any city into a model folder, the same bytes from the same rows."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import appealcls
from appealcls.errors import DataError, UsageError
from appealcls.tables import write_table
from appealcls.training import LabelledTexts, read_labelled, train

_ROOT = Path(__file__).parents[1]
_PLACES = ("у дома 5", "во дворе школы", "на улице Садовой", "за гаражами", "в посёлке", "у остановки", "в парке")
_WORDS = {
    "Вода и тепло": ("Нет горячей воды", "Холодные батареи", "Прорвало трубу отопления"),
    "Освещение": ("Не горит фонарь", "Темно, нужны лампы", "Погасло уличное освещение"),
    "Деревья": ("Спилите сухое дерево", "Упала ветка тополя", "Обрежьте кроны деревьев"),
}


def _pairs(labels: tuple[str, ...] = tuple(_WORDS)) -> list[tuple[str, str]]:
    return [(f"{words} {place}", label) for label in labels for words in _WORDS[label] for place in _PLACES]


def _csv(path: Path, pairs: list[tuple[str, str]], header: str = "Обращение;Тема") -> Path:
    path.write_text("\n".join([header, *(f'"{text}";{label}' for text, label in pairs)]) + "\n", encoding="utf-8-sig")
    return path


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, appealcls.TrainingResult]:
    """A table of three Russian labels and what training on it gave."""
    folder = tmp_path_factory.mktemp("trained")
    path = _csv(folder / "обращения.csv", _pairs())
    return path, train(path, folder / "model", name="Проба")


# Reading


def test_rows_are_read_with_their_labels_and_groups(tmp_path: Path) -> None:
    """Texts, labels, further topics and groups are the columns of the table, trimmed."""
    path = tmp_path / "t.csv"
    path.write_text("batch,text,topic,additional\nа, Яма ,roads, dumps | transport |\n,Снег,snow,\n", encoding="utf-8")
    data = read_labelled(path)
    assert (data.texts, data.labels) == (["Яма", "Снег"], ["roads", "snow"])
    assert data.additional == [("dumps", "transport"), ()]
    assert data.groups == ["а", "t"]
    assert len(data) == 2


def test_rows_without_text_or_label_are_skipped_and_named(tmp_path: Path) -> None:
    """Nothing is dropped in silence: each skipped row is named by file and line."""
    path = tmp_path / "t.csv"
    path.write_text('text,topic\nЯма,a\n"две\nстроки",\n  ,b\nСнег,b\nЛёд, \n', encoding="utf-8")
    data = read_labelled(path)
    assert data.texts == ["Яма", "Снег"]
    assert data.skipped == ["t.csv, row 3", "t.csv, row 5", "t.csv, row 7"]


def test_each_table_of_a_folder_is_a_group(tmp_path: Path) -> None:
    """A folder is read in the order of its names, tables of all kinds, and files of other kinds are let be."""
    _csv(tmp_path / "б.csv", [("Снег", "b")])
    _csv(tmp_path / "а.csv", [("Яма", "a"), ("Лёд", "b")])
    with write_table(tmp_path / "в.xlsx", ["text", "label"]) as writer:
        writer.write([["Свет", "c"]])
    with write_table(tmp_path / "г.jsonl", ["text", "label"]) as writer:
        writer.write([["Вода", "d"]])
    (tmp_path / "readme.md").write_text("не таблица", encoding="utf-8")
    data = read_labelled(tmp_path)
    assert list(zip(data.texts, data.labels, data.groups, strict=True)) == [
        ("Яма", "a", "а"), ("Лёд", "b", "а"), ("Снег", "b", "б"), ("Свет", "c", "в"), ("Вода", "d", "г"),
    ]  # fmt: skip


def test_labels_that_are_numbers_are_texts_without_a_point(tmp_path: Path) -> None:
    """A code 7 of a workbook is the label «7», and 0 is a label too."""
    path = tmp_path / "t.xlsx"
    with write_table(path, ["text", "label"]) as writer:
        writer.write([["Яма", 7], ["Снег", 0], ["Лёд", "07"]])
    assert read_labelled(path).labels == ["7", "0", "07"]


def test_a_label_that_joins_several_is_refused(tmp_path: Path) -> None:
    """«|» stands between topics in archives and cannot be inside one; the row is named."""
    path = _csv(tmp_path / "t.csv", [("Яма", "дороги"), ("Снег", "снег|лёд")])
    with pytest.raises(DataError, match=r"t\.csv, row 3: label 'снег\|лёд'"):
        read_labelled(path)


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """A folder without tables, a missing file and a missing column each say so."""
    with pytest.raises(DataError, match="no tables"):
        read_labelled(tmp_path)
    with pytest.raises(DataError, match="no such file"):
        read_labelled(tmp_path / "нет.csv")
    path = _csv(tmp_path / "t.csv", [("Яма", "a")], "Обращение;Код")
    with pytest.raises(UsageError, match=r"«Обращение», «Код».*--label-column"):
        read_labelled(path)
    assert read_labelled(path, label_column="код").labels == ["a"]
    with pytest.raises(UsageError, match="no column «суть»"):
        read_labelled(path, "суть", "код")


def test_the_digest_is_of_texts_labels_and_order() -> None:
    """Any change of the data changes its digest, and what says where they come from does not."""

    def digest(texts: list[str], labels: list[str], more: list[tuple[str, ...]], group: str = "g") -> str:
        return LabelledTexts(texts, labels, more, [group] * len(texts)).digest

    one = digest(["x", "y"], ["a", "b"], [(), ()])
    assert one == digest(["x", "y"], ["a", "b"], [(), ()], "other")
    changed = [
        digest(["y", "x"], ["b", "a"], [(), ()]),
        digest(["x", "y"], ["b", "a"], [(), ()]),
        digest(["x", "y"], ["a", "b"], [("b",), ()]),
        digest(["x", "z"], ["a", "b"], [(), ()]),
        digest(["x"], ["a"], [()]),
    ]
    assert len({one, *changed}) == 6


# Training


def test_any_labels_give_a_folder_that_loads_and_predicts(trained: tuple[Path, appealcls.TrainingResult]) -> None:
    """A city's own labels, in Russian and with spaces, are the topics of its model."""
    _, result = trained
    assert result.folder is not None
    model = appealcls.load(result.folder)
    assert set(model.taxonomy.ids) == set(_WORDS)
    texts = ["Третий день нет горячей воды в трубах", "Фонарь не горит", "Ветка дерева упала"]
    assert [p.topic for p in model.predict(texts)] == list(_WORDS)
    for text in texts:
        assert model.predict(text).ranking == result.model.predict(text).ranking


def test_the_figures_are_of_the_training_rows_and_are_in_the_folder(
    trained: tuple[Path, appealcls.TrainingResult],
) -> None:
    """Result, manifest and card tell of the same rows with the same figures."""
    _, result = trained
    assert result.folder is not None
    assert result.evaluation.n == len(_pairs())
    assert {topic.topic: topic.support for topic in result.evaluation.topics} == Counter(label for _, label in _pairs())
    assert result.evaluation.accuracy.value > 0.8 > result.evaluation.majority
    metadata = json.loads((result.folder / "manifest.json").read_bytes())["metadata"]
    assert metadata["name"] == "Проба"
    assert metadata["data"]["texts"] == len(_pairs())
    assert metadata["data"]["topics"] == dict(Counter(label for _, label in _pairs()))
    assert metadata["evaluation"]["accuracy"]["value"] == round(result.evaluation.accuracy.value, 4)
    card = (result.folder / "README.md").read_text(encoding="utf-8")
    assert card.startswith("# Проба\n")
    assert metadata["data"]["sha256"] in card
    assert f"{result.evaluation.macro_f1.value:.3f}" in card
    for label in _WORDS:
        assert f"| {label} |" in card


def test_the_same_rows_and_seed_give_the_same_bytes(
    tmp_path: Path, trained: tuple[Path, appealcls.TrainingResult]
) -> None:
    """Training again is the same model byte for byte; another seed is said in the manifest."""
    path, result = trained
    assert result.folder is not None
    again = train(path, tmp_path / "again", name="Проба")
    assert again.folder is not None
    assert _files(again.folder) == _files(result.folder)
    assert again.evaluation == result.evaluation
    other = train(path, tmp_path / "other", name="Проба", random_state=1)
    assert other.model.metadata["classifier"]["random_state"] == 1
    assert other.model.metadata != again.model.metadata


def test_a_folder_of_tables_is_trained_on_as_its_groups(tmp_path: Path) -> None:
    """Files are the parts that calibration holds out: the manifest counts them."""
    (tmp_path / "data").mkdir()
    pairs = _pairs()
    for i in range(6):
        _csv(tmp_path / "data" / f"{i}.csv", pairs[i::6])
    result = train(tmp_path / "data")
    assert result.folder is None
    assert result.model.metadata["data"]["groups"] == 6
    assert result.evaluation.n == len(pairs)
    assert result.model.predict("Нет горячей воды").topic == "Вода и тепло"


def test_two_labels_are_enough(tmp_path: Path) -> None:
    """The smallest task is a task: two labels, probabilities that sum to 1."""
    model = train(_csv(tmp_path / "t.csv", _pairs(("Освещение", "Деревья"))), tmp_path / "m").model
    for text, topic in (("Не горит фонарь", "Освещение"), ("Спилите дерево", "Деревья")):
        prediction = model.predict(text)
        assert prediction.topic == topic
        assert sum(probability for _, probability in prediction.ranking) == pytest.approx(1)


def test_labels_with_one_row_are_kept(tmp_path: Path) -> None:
    """A topic that is met once is a topic of the model, with a support of 1."""
    rare = {
        "Скот": "Коровы бродят по селу без пастуха",
        "Интернет": "Пропала связь, вышка молчит",
        "Школа": "Нет учителя английского языка",
        "Рынок": "Торговля арбузами на обочине",
        "Шум": "Музыка из кафе ночью",
    }
    pairs = [*_pairs(), *((text, label) for label, text in rare.items())]
    result = train(_csv(tmp_path / "t.csv", pairs), tmp_path / "m")
    assert set(result.model.taxonomy.ids) == {*_WORDS, *rare}
    assert [topic.support for topic in result.evaluation.topics if topic.topic in rare] == [1] * 5
    assert result.model.predict("Не горит фонарь").topic == "Освещение"


def test_skipped_rows_are_in_the_result(tmp_path: Path) -> None:
    """Training names the rows that it did without."""
    pairs = [*_pairs(), ("Без метки", "")]
    result = train(_csv(tmp_path / "t.csv", pairs))
    assert result.skipped == (f"t.csv, row {len(pairs) + 1}",)
    assert result.evaluation.n == len(pairs) - 1


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (_pairs(("Деревья",)), r"at least two topics, got 21 texts of \['Деревья'\]"),
        ([], "at least two topics, got 0 texts"),
    ],
)
def test_less_than_two_labels_are_refused(tmp_path: Path, pairs: list[tuple[str, str]], message: str) -> None:
    """One label is nothing to choose between, and no folder is left behind."""
    path = _csv(tmp_path / "t.csv", pairs)
    with pytest.raises(DataError, match=message):
        train(path, tmp_path / "m")
    assert list(tmp_path.iterdir()) == [path]


def test_a_label_that_the_taxonomy_lacks_is_refused(tmp_path: Path) -> None:
    """With topics given, a label that is none of them is named."""
    taxonomy = appealcls.Taxonomy.from_labels(["Освещение", "Деревья"])
    with pytest.raises(DataError, match="not in the taxonomy: 'Вода и тепло'"):
        train(_csv(tmp_path / "t.csv", _pairs()), taxonomy=taxonomy)


def test_names_come_from_the_taxonomy_that_fits(tmp_path: Path) -> None:
    """Labels that are ids of the package's topics get its names; those of a city's own file get theirs."""
    ids = {"Освещение": "other", "Деревья": "roads", "Вода и тепло": "dumps"}
    pairs = [(text, ids[label]) for text, label in _pairs()]
    path = _csv(tmp_path / "t.csv", pairs)
    default = appealcls.Taxonomy.default()
    found = train(path).model.taxonomy
    assert set(found.ids) == set(ids.values())
    assert found["roads"] == default["roads"]
    assert found.fallback == "other"
    own = appealcls.Taxonomy(
        (appealcls.Topic("roads", "Дороги"), appealcls.Topic("other", "Иное"), appealcls.Topic("dumps", "Мусор"))
    )
    assert train(path, taxonomy=own).model.taxonomy == own


def test_a_folder_that_holds_something_else_is_not_overwritten(tmp_path: Path) -> None:
    """A folder that is no model stays as it is; a model is replaced by the new one."""
    path = _csv(tmp_path / "t.csv", _pairs(("Освещение", "Деревья")))
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "письмо.txt").write_text("важное", encoding="utf-8")
    with pytest.raises(appealcls.ModelError, match="not a model folder"):
        train(path, tmp_path / "docs")
    assert _files(tmp_path / "docs") == {"письмо.txt": "важное".encode()}
    train(path, tmp_path / "m", name="Первая")
    train(path, tmp_path / "m", name="Вторая")
    assert appealcls.load(tmp_path / "m").metadata["name"] == "Вторая"


def test_stages_are_told(tmp_path: Path) -> None:
    """Progress is called with words at each stage, and the library itself prints nothing."""
    stages: list[str] = []
    train(_csv(tmp_path / "t.csv", _pairs()), tmp_path / "m", progress=stages.append)
    assert len(stages) >= 3
    assert any("63 обращений, 3 тем" in stage for stage in stages)


def test_parameters_reach_the_classifier(tmp_path: Path) -> None:
    """What is passed on is what the manifest says, and nonsense is a DataError."""
    path = _csv(tmp_path / "t.csv", _pairs())
    parameters: dict[str, Any] = {"C": 0.1, "pairs": False}
    result = train(path, **parameters)
    assert {key: result.model.metadata["classifier"][key] for key in parameters} == parameters
    assert len(result.model.arrays.pair_keys) == 0
    with pytest.raises(DataError, match="calibration_folds is 1"):
        train(path, calibration_folds=1)


@pytest.mark.slow
def test_the_default_model_is_what_training_on_the_repository_gives(tmp_path: Path) -> None:
    """The promise of ``make model``: datasets/train gives models/default byte for byte."""
    result = train(_ROOT / "datasets" / "train", tmp_path / "model", name="Темы обращений жителей города")
    assert result.folder is not None
    expected = _files(_ROOT / "models" / "default")
    found = _files(result.folder)
    assert found.keys() == expected.keys()
    assert json.loads(found["manifest.json"]) == json.loads(expected["manifest.json"])
    assert [name for name in found if found[name] != expected[name]] == []
