"""The command line as a user meets it: real processes, their files, their words and their exit codes."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import appealcls

_ROOT = Path(__file__).parents[1]
_COMMANDS = ("label", "predict", "train", "evaluate", "report")
_OPTIONS = {
    "label": {
        "-o",
        "--output",
        "--text-column",
        "--model",
        "--sheet",
        "--excel-csv",
        "--duplicates",
        "--id-column",
        "--strict",
        "--restart",
        "--jobs",
        "--backend",
        "--scheduler",
        "--table",
        "--query",
        "--key",
        "--output-table",
        "--add-columns",
    },
    "predict": {"--model", "--json"},
    "train": {"-o", "--output", "--text-column", "--label-column", "--topics", "--name", "--seed", "--json"},
    "evaluate": {"--text-column", "--label-column", "--model", "--against", "--json"},
    "report": {
        "-o",
        "--output",
        "--period",
        "--column",
        "--topic-column",
        "--topics",
        "--rules",
        "--model",
        "--check",
    },
}
_APPEALS = (
    ("Яма на дороге у дома", "roads"),
    ("Стая собак у школы", "stray_animals"),
    ("Автобус не пришёл по расписанию", "transport"),
    ("Не чищен снег, на тротуаре наледь", "snow_removal"),
    ("Свалка шин за гаражами", "dumps"),
    ("Когда расселят аварийный барак", "resettlement"),
    ("Холодные батареи в квартире", "other"),
)


def _run(
    *arguments: str | Path, cwd: Path | None = None, stdin: bytes = b"", code: int = 0, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command; whatever happens, there is no traceback and the exit code is the promised one."""
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-m", "appealcls", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        check=False,
        env={**os.environ, "COLUMNS": "200", **environment},
    )
    result = subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in result.stderr
    assert result.returncode == code, result.stderr
    if code:
        assert "appealcls" in result.stderr
        assert result.stdout == ""
    return result


def _csv(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def _labelled(path: Path) -> Path:
    return _csv(path, [("text", "topic"), *_APPEALS])


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder trained by the command on three rows of each topic, and what the command said."""
    folder = tmp_path_factory.mktemp("small")
    rows = [(f"{text} {place}", topic) for text, topic in _APPEALS for place in ("", "у парка", "на Садовой улице")]
    _csv(folder / "data.csv", [("text", "topic"), *rows, ("без метки", "")])
    done = _run("train", folder / "data.csv", "-o", folder / "model", "--name", "Малая", "--seed", "3")
    (folder / "said.txt").write_text(done.stdout, encoding="utf-8")
    return folder / "model"


# label


def test_label_adds_topics_and_says_what_it_did(tmp_path: Path) -> None:
    """The file has all rows with topics, the screen the counts, and the model is named by what it found."""
    given = _csv(tmp_path / "обращения.csv", [("№", "Обращение"), *((str(i), t) for i, (t, _) in enumerate(_APPEALS))])
    said = _run("label", given, "-o", tmp_path / "с темами.csv").stdout
    with (tmp_path / "с темами.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["topic"] for row in rows] == [topic for _, topic in _APPEALS]
    assert [row["Обращение"] for row in rows] == [text for text, _ in _APPEALS]
    assert list(rows[0]) == ["№", "Обращение", "topic", "topic_name", "confidence", "needs_review", "topics", "problem"]
    assert re.search(r"Всего\s+7", said)
    assert re.search(r"stray_animals\s+1\s+14,3 %", said)
    review = sum(row["needs_review"] == "true" for row in rows)
    assert f"На проверку: {review} из 7" in said
    assert str(tmp_path / "с темами.csv") in said


def test_label_takes_a_column_a_model_and_another_kind_of_file(tmp_path: Path, small: Path) -> None:
    """Options are obeyed: the named column, the named model, the kind of output by its suffix."""
    given = _csv(tmp_path / "in.csv", [("text", "жалоба"), ("Стая собак у школы", "Яма на дороге")])
    _run("label", given, "-o", tmp_path / "out.jsonl", "--text-column", "жалоба", "--model", small)
    row = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    prediction = appealcls.load(small).predict("Яма на дороге")
    assert (row["topic"], row["confidence"]) == ("roads", round(prediction.confidence, 4))


@pytest.mark.slow
def test_label_with_jobs_gives_the_same_file(tmp_path: Path) -> None:
    """--jobs 2 and --jobs -1 write what one process writes."""
    given = _csv(tmp_path / "in.csv", [("text",), *([text] for text, _ in _APPEALS * 300)])
    for jobs in ("1", "2", "-1"):
        _run("label", given, "-o", tmp_path / f"out{jobs}.csv", "--jobs", jobs)
    assert (tmp_path / "out1.csv").read_bytes() == (tmp_path / "out2.csv").read_bytes()
    assert (tmp_path / "out1.csv").read_bytes() == (tmp_path / "out-1.csv").read_bytes()


# predict


def test_predict_prints_topic_probabilities_and_words() -> None:
    """A person reads the topic by its name, all probabilities and the words that decided."""
    said = _run("predict", "Стая собак у школы").stdout
    assert said.startswith("Тема: Отлов бездомных животных (stray_animals)\n")
    assert re.search(r"Уверенность: \d+,\d %", said)
    for topic in appealcls.Taxonomy.default().ids:
        assert re.search(rf"^{topic}\s+\d+,\d %$", said, re.MULTILINE)
    assert re.search(r"^(Стая|собак)\s+\+\d", said, re.MULTILINE)


def test_predict_json_is_the_prediction() -> None:
    """A program reads what ``predict`` returns, with the name of the topic."""
    text = "Яма на дороге, стая собак"
    data = json.loads(_run("predict", text, "--json").stdout)
    expected = json.loads(json.dumps(appealcls.predict(text).to_dict()))
    assert {key: value for key, value in data.items() if key != "topic_name"} == expected
    assert data["topic_name"] == appealcls.Taxonomy.default()[data["topic"]].name


def test_predict_reads_standard_input_for_a_dash() -> None:
    """«-» is the text that is piped in, the same as one in quotes."""
    text = "Автобус не пришёл\nпо расписанию"
    piped = _run("predict", "-", "--json", stdin=text.encode())
    assert piped.stdout == _run("predict", text, "--json").stdout


@pytest.mark.parametrize("text", ["", "qwxz", "…"])
def test_predict_of_a_text_without_known_words_asks_for_a_person(text: str) -> None:
    """Where nothing is known nothing is guessed, and that is no failure."""
    assert "должен указать человек" in _run("predict", text).stdout
    assert json.loads(_run("predict", text, "--json").stdout)["abstained"] is True


def test_a_console_that_has_no_cyrillic_is_no_failure() -> None:
    """Letters that a console lacks are replaced, and the answer still comes."""
    said = _run("predict", "Стая собак у школы", PYTHONIOENCODING="ascii").stdout
    assert "(stray_animals)" in said


# train


def test_train_writes_a_model_and_says_how_good_it_is(small: Path) -> None:
    """The folder loads under its name, and the screen has the figures and the rows that were skipped."""
    said = (small.parent / "said.txt").read_text(encoding="utf-8")
    model = appealcls.load(small)
    assert model.metadata["name"] == "Малая"
    assert model.metadata["classifier"]["random_state"] == 3
    assert "Обращений: 21" in said
    assert "Точность (accuracy)" in said
    assert "Macro-F1" in said
    assert "Пропущено строк без текста или метки: 1 (data.csv, row 23)" in said
    assert f"Модель записана: {small}" in said


def test_train_json_and_topics_of_a_city(tmp_path: Path) -> None:
    """--json prints figures for programs; --topics gives the labels the city's names."""
    rows = [(f"{text} {i}", topic) for text, topic in _APPEALS[:2] for i in ("у дома", "в парке", "во дворе")]
    _csv(tmp_path / "data.csv", [("суть", "код"), *rows])
    (tmp_path / "topics.toml").write_text(
        '[[topic]]\nid = "roads"\nname = "Дороги города"\n\n[[topic]]\nid = "stray_animals"\nname = "Животные"\n',
        encoding="utf-8",
    )
    columns = ("--text-column", "суть", "--label-column", "код")
    said = _run(
        "train", tmp_path / "data.csv", "-o", tmp_path / "m", *columns, "--topics", tmp_path / "topics.toml", "--json"
    ).stdout
    data = json.loads(said)
    assert data["n"] == 6
    assert data["model"] == str(tmp_path / "m")
    assert data["skipped"] == []
    assert appealcls.load(tmp_path / "m").taxonomy["roads"].name == "Дороги города"


# evaluate


def test_evaluate_prints_figures_and_json_holds_them(tmp_path: Path) -> None:
    """Both forms tell what ``appealcls.evaluate`` returns."""
    data = _labelled(tmp_path / "t.csv")
    expected = appealcls.evaluate(data)
    assert json.loads(_run("evaluate", data, "--json").stdout) == json.loads(json.dumps(expected.to_dict()))
    said = _run("evaluate", data).stdout
    assert "Обращений: 7" in said
    assert f"Macro-F1: {expected.macro_f1.value:.3f}" in said
    assert f"Калибровка (средняя ошибка {expected.calibration_error:.3f})" in said
    for topic in expected.topics:
        assert re.search(rf"^{topic.topic}\s+{topic.precision:.3f}\s+{topic.recall:.3f}", said, re.MULTILINE)


def test_evaluate_against_compares_two_models(tmp_path: Path, small: Path) -> None:
    """A model against itself is not better, in words and in JSON; another model's figures are shown beside."""
    data = _labelled(tmp_path / "t.csv")
    said = _run("evaluate", data, "--model", small, "--against", small).stdout
    assert f"По сравнению с {small}: разница не доказана" in said
    assert "p = 1.0000" in said
    found = json.loads(_run("evaluate", data, "--against", small, "--json").stdout)
    assert found["against"]["macro_f1"]["low"] <= found["against"]["macro_f1"]["value"]
    assert found["n"] == 7


# report


def test_report_writes_markdown_and_json(tmp_path: Path) -> None:
    """The report of a labelled file is what ``appealcls.report`` gives, in the form of the suffix."""
    labelled = _labelled(tmp_path / "t.csv")
    expected = appealcls.report(labelled)
    assert str(tmp_path / "r.md") in _run("report", labelled, "-o", tmp_path / "r.md").stdout
    assert (tmp_path / "r.md").read_text(encoding="utf-8") == expected.to_markdown()
    _run("report", labelled, "-o", tmp_path / "r.json")
    data = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert data == json.loads(json.dumps(expected.to_dict()))


def test_report_takes_a_column_and_names_of_topics(tmp_path: Path) -> None:
    """Another column may hold the topics, another file their names."""
    given = _csv(tmp_path / "t.csv", [("topic", "код"), ("x", "roads"), ("x", "roads")])
    (tmp_path / "topics.toml").write_text(
        '[[topic]]\nid = "roads"\nname = "Дороги города"\n\n[[topic]]\nid = "b"\nname = "Б"\n', encoding="utf-8"
    )
    _run("report", given, "-o", tmp_path / "r.md", "--topic-column", "код", "--topics", tmp_path / "topics.toml")
    assert "| Дороги города | 2 |" in (tmp_path / "r.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_report_writes_every_kind_at_once_and_shows_itself_without_a_file(tmp_path: Path) -> None:
    """-o may be repeated, one kind of document each; without it the report is on the screen; --period chooses the time."""
    given = _csv(
        tmp_path / "t.csv",
        [("topic", "Дата рег."), *(("roads", f"{day:02d}.03.2025") for day in range(1, 31)), ("dumps", "01.04.2025")],
    )
    names = [tmp_path / f"r{suffix}" for suffix in (".html", ".docx", ".xlsx", ".md", ".txt", ".json")]
    chosen = ("report", given, "--period", "март 2025", "--column", "date=Дата рег.")
    said = _run(*chosen, *(part for name in names for part in ("-o", name))).stdout
    assert all(str(name) in said and name.stat().st_size > 500 for name in names)
    shown = _run(*chosen).stdout.replace("\u00a0", " ")
    assert "ЗА МАРТ 2025 ГОДА" in shown
    assert "поступило 30 обращений" in shown
    assert "2025-05" in _run("report", given, "-o", tmp_path / "x.md", "--period", "2025-05", code=2).stderr


def test_report_checks_claims_alone_and_against_a_table(tmp_path: Path) -> None:
    """The city's own 18 970 against 13 916 is not 33 % more; a count is compared with the table that is given."""
    claims = tmp_path / "published.csv"
    claims.write_text(
        "утверждение;стало;было;изменение, %\nПоступило обращений;18970;13916;33\nОтвечено;110;100;10\n",
        encoding="utf-8",
    )
    said = _run("report", "--check", claims).stdout
    assert "Не следует из чисел: 1" in said
    assert "+36,3\u00a0%" in said
    counts = tmp_path / "counts.csv"
    counts.write_text("тема;количество\nУборка несанкционированных свалок;5\n", encoding="utf-8")
    said = _run("report", _labelled(tmp_path / "t.csv"), "--check", counts).stdout
    assert "Не следует из чисел: 1" in said


def test_a_report_of_nothing_is_wrong_usage() -> None:
    """Without a table and without claims there is nothing to do."""
    assert "which table" in _run("report", "-o", "r.html", code=2).stderr


# Exit codes


def test_a_missing_file_is_a_failure(tmp_path: Path) -> None:
    """Exit code 1 and the name of the file, for every command that reads one."""
    path = tmp_path / "нет.csv"
    for arguments in (
        ("label", path, "-o", tmp_path / "out.csv"),
        ("train", path, "-o", tmp_path / "model"),
        ("evaluate", path),
        ("report", path, "-o", tmp_path / "r.md"),
    ):
        assert f"{path}: no such file" in _run(*arguments, code=1).stderr
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_column_is_wrong_usage_with_the_list(tmp_path: Path) -> None:
    """Exit code 2, and all columns to choose from."""
    given = _csv(tmp_path / "t.csv", [("номер", "дата"), ("1", "2")])
    columns = "«номер», «дата»"
    for arguments in (
        ("label", given, "-o", tmp_path / "out.csv", "--text-column", "суть"),
        ("label", given, "-o", tmp_path / "out.csv"),
        ("train", given, "-o", tmp_path / "model", "--text-column", "суть"),
        ("evaluate", given, "--text-column", "номер", "--label-column", "суть"),
        ("report", given, "-o", tmp_path / "r.md", "--topic-column", "суть"),
        ("report", given, "-o", tmp_path / "r.md"),
    ):
        assert columns in _run(*arguments, code=2).stderr
    assert list(tmp_path.iterdir()) == [given]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("classify",),
        ("predict",),
        ("predict", "Яма", "--colour"),
        ("label", "in.csv"),
        ("label", "in.csv", "-o", "out.csv", "--jobs", "0"),
        ("label", "in.csv", "-o", "out.csv", "--jobs", "два"),
        ("label", "in.csv", "-o", "out.pdf"),
        ("label", "in.csv", "-o", "in.csv"),
        ("label", "in.pdf", "-o", "out.csv"),
        ("train", "in.csv", "-o", "m", "--seed", "x"),
        ("report", "in.csv", "-o", "r.pdf"),
    ],
)
def test_wrong_usage_is_exit_code_two(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """What cannot be meant is refused at once, and nothing is written."""
    _labelled(tmp_path / "in.csv")
    before = (tmp_path / "in.csv").read_bytes()
    _run(*arguments, cwd=tmp_path, code=2)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]
    assert (tmp_path / "in.csv").read_bytes() == before


def test_a_damaged_model_is_a_failure(tmp_path: Path, small: Path) -> None:
    """A flipped byte, a missing part, or no model at all are exit code 1 and a word on which file it is."""
    damaged = tmp_path / "damaged"
    shutil.copytree(small, damaged)
    raw = bytearray((damaged / "arrays.npz").read_bytes())
    raw[len(raw) // 2] ^= 1
    (damaged / "arrays.npz").write_bytes(raw)
    assert "arrays.npz: damaged" in _run("predict", "Яма", "--model", damaged, code=1).stderr
    (damaged / "arrays.npz").unlink()
    assert "arrays.npz: is missing" in _run("predict", "Яма", "--model", damaged, code=1).stderr
    (damaged / "manifest.json").write_text("{", encoding="utf-8")
    assert "not valid JSON" in _run("predict", "Яма", "--model", damaged, code=1).stderr
    assert "no such model" in _run("predict", "Яма", "--model", tmp_path / "нет", code=1).stderr
    data = _labelled(tmp_path / "t.csv")
    assert "not valid JSON" in _run("evaluate", data, "--against", damaged, code=1).stderr
    assert "not valid JSON" in _run("label", data, "-o", tmp_path / "out.csv", "--model", damaged, code=1).stderr
    assert not (tmp_path / "out.csv").exists()


def test_broken_data_are_a_failure(tmp_path: Path) -> None:
    """Broken rows, strange labels, too few topics and broken topics are exit code 1 and say where."""
    broken = tmp_path / "broken.csv"
    broken.write_text("text;topic\nЯма;roads;x\n", encoding="utf-8")
    strange = _csv(tmp_path / "strange.csv", [("text", "topic"), ("Яма", "дороги")])
    empty = _csv(tmp_path / "empty.csv", [("text", "topic")])
    topics = tmp_path / "topics.toml"
    topics.write_text('[[topic]]\nid = "1"\nname = "x"\n', encoding="utf-8")
    good = _labelled(tmp_path / "good.csv")
    for arguments, message in (
        (("label", broken, "-o", tmp_path / "out.csv", "--strict"), "broken.csv, line 2"),
        (("evaluate", broken), "broken.csv, line 2"),
        (("evaluate", strange), "'дороги'"),
        (("evaluate", empty), "no rows"),
        (("train", strange, "-o", tmp_path / "m"), "at least two topics"),
        (("train", good, "-o", tmp_path / "m", "--topics", topics), "topics.toml, line 1"),
        (("report", empty, "-o", tmp_path / "r.md"), "no rows"),
        (("report", good, "-o", tmp_path / "нет" / "r.md"), "r.md"),
        (("label", good, "-o", tmp_path / "нет" / "out.csv"), "out.csv"),
    ):
        assert message in _run(*arguments, code=1).stderr
    assert {path.name for path in tmp_path.iterdir()} == {
        "broken.csv", "strange.csv", "empty.csv", "topics.toml", "good.csv",
    }  # fmt: skip


def test_models_with_other_topics_are_not_compared(tmp_path: Path) -> None:
    """--against a model of other topics is exit code 1, with both lists."""
    rows = [(f"{text} {i}", topic) for text, topic in _APPEALS[:2] for i in ("у дома", "в парке", "во дворе")]
    _run("train", _csv(tmp_path / "data.csv", [("text", "topic"), *rows]), "-o", tmp_path / "m")
    done = _run("evaluate", _labelled(tmp_path / "t.csv"), "--against", tmp_path / "m", code=1)
    assert "different topics" in done.stderr


# Help


def test_version_and_help_are_fine() -> None:
    """--version names the version, --help every command."""
    assert _run("--version").stdout == f"appealcls {appealcls.__version__}\n"
    said = _run("--help").stdout
    for command in _COMMANDS:
        assert re.search(rf"^\s+{command}\s+\S", said, re.MULTILINE)


@pytest.mark.parametrize("command", _COMMANDS)
def test_help_of_a_command_names_all_its_options(command: str) -> None:
    """Each option stands in the help with a word on what it does, and no other does."""
    said = _run(command, "--help").stdout
    found = set(re.findall(r"(?<![\w-])(--?[a-z][a-z-]*)", said))
    assert found == _OPTIONS[command] | {"-h", "--help"}
    for option in _OPTIONS[command] - {"-o"}:
        assert re.search(rf"{option} ?(?:[А-ЯA-Z=]*|{{.*}})\s{{2,}}\w", said), option


@pytest.mark.parametrize("command", _COMMANDS)
def test_every_command_is_in_the_readme(command: str) -> None:
    """A command that nobody is told of might as well not be there."""
    assert f"appealcls {command}" in (_ROOT / "README.md").read_text(encoding="utf-8")


def test_verbose_tells_of_the_work_on_the_error_stream() -> None:
    """-v adds words for people and leaves the output for programs as it is."""
    quiet, verbose = _run("predict", "Яма", "--json"), _run("-v", "predict", "Яма", "--json")
    assert quiet.stdout == verbose.stdout
    assert quiet.stderr == ""
    assert "loaded TopicModel" in verbose.stderr


def test_a_reader_that_leaves_early_is_no_failure() -> None:
    """``appealcls … | head`` ends without a word of complaint."""
    with subprocess.Popen(
        [sys.executable, "-m", "appealcls", "predict", "Яма", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0
