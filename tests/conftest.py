r"""What several test modules share: tables of cases in plain text, a toy corpus, and two models.

A test takes its cases from ``tests/cases/<name>.txt`` with ``@pytest.mark.cases(name, *arguments)``. The tables are for
people who know Russian and not Python: one case a line, fields between ``|`` (or white space, where no ``|`` is needed),
``#`` starts a comment, ``\u00ad`` and ``\n`` write what cannot be seen.
"""

import importlib.util
import re
from pathlib import Path

import hypothesis
import pytest

import appealcls
from appealcls.classifier import AppealClassifier
from appealcls.model import TopicModel
from appealcls.reporting.figures import Figures

# The first text opens dictionaries and tables, so the time of a single example says nothing.
hypothesis.settings.register_profile("appealcls", deadline=None)
hypothesis.settings.load_profile("appealcls")

CASES = Path(__file__).parent / "cases"

TOY_CORPUS = {
    "stray_animals": [
        "Стая собак у школы, дети боятся ходить на уроки",
        "Бродячие собаки бегают во дворе дома 5",
        "Прошу отловить собак на улице Полевой",
        "Собака укусила ребёнка возле детского сада",
        "Бездомные псы кидаются на прохожих",
        "Возле магазина живёт стая бездомных собак",
        "Когда будет отлов бродячих собак в нашем районе?",
        "Кошки и собаки без хозяев живут в подвале",
        "На остановке лают и бросаются собаки",
        "Агрессивная собака без хозяина у подъезда",
    ],
    "roads": [
        "Огромная яма на дороге у дома 12",
        "Прошу отремонтировать дорогу на улице Полевой",
        "Асфальт во дворе разбит, ямы глубокие",
        "Нет тротуара, люди идут по проезжей части",
        "Дорога к школе вся в ямах",
        "Положите асфальт в переулке Тихом",
        "После раскопок не восстановили асфальт",
        "Тротуар разрушен, плитка проваливается",
        "Отсыпьте дорогу щебнем, проехать нельзя",
        "Колея и ямы, машины бьют колёса о дорогу",
    ],
    "snow_removal": [
        "Не чищен снег во дворе дома 3",
        "Тротуар не посыпан, гололёд, люди падают",
        "Снег с дороги не вывозят вторую неделю",
        "Уберите снег с остановки",
        "Сугробы у подъезда, снегоуборочной техники нет",
        "Наледь на ступенях, посыпьте песком",
        "После снегопада улицу не чистили",
        "Снежный вал у выезда со двора",
        "Прошу очистить тротуар от снега и льда",
        "Гололёд у школы, песок не сыплют",
    ],
    "transport": [
        "Автобус 14 ходит раз в час",
        "Водитель автобуса не остановился на остановке",
        "Маршрутка не приезжает по расписанию",
        "Добавьте автобусы утром, в салон не войти",
        "Отменили рейс последнего автобуса",
        "Трамвай не ходит по выходным",
        "Почему изменили маршрут троллейбуса?",
        "Кондуктор нагрубил пассажиру автобуса",
        "В автобусе холодно, печка не работает",
        "Верните маршрут 27, ехать нам не на чем",
    ],
}
"""Invented appeals by topic."""


def read_cases(name: str) -> list[tuple[str, ...]]:
    """The rows of a table of cases."""
    rows = []
    for line in (CASES / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        line = re.sub(r"(^|\s)#.*", "", line)
        if line.strip():
            fields = line.split("|") if "|" in line else line.split()
            rows.append(tuple(_unescaped(field.strip()) for field in fields))
    return rows


def _unescaped(field: str) -> str:
    return re.sub(r"\\u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), field).replace(r"\n", "\n")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker of tables of cases."""
    config.addinivalue_line("markers", "cases(name, *arguments): run for every row of tests/cases/<name>.txt")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test marked with a table of cases one run for each of its rows."""
    for marker in metafunc.definition.iter_markers("cases"):
        name, *arguments = marker.args
        metafunc.parametrize(arguments, read_cases(name))


@pytest.fixture(scope="session")
def model() -> TopicModel:
    """The default model."""
    return appealcls.load()


@pytest.fixture(scope="session")
def toy_corpus() -> tuple[list[str], list[str]]:
    """The texts of the toy corpus and their topics."""
    rows = [(text, topic) for topic, texts in TOY_CORPUS.items() for text in texts]
    return [text for text, _ in rows], [topic for _, topic in rows]


@pytest.fixture(scope="session")
def small_classifier(toy_corpus: tuple[list[str], list[str]]) -> AppealClassifier:
    """A classifier of four topics, trained on the toy corpus."""
    return AppealClassifier(min_df=1).fit(*toy_corpus)


@pytest.fixture(scope="session")
def small_model(small_classifier: AppealClassifier) -> TopicModel:
    """The small classifier, compiled: a model without a fallback topic."""
    return small_classifier.compile()


def _report_samples() -> dict[str, Figures]:
    """The invented figures of ``tests/reporting_samples.py``, which is no package that could be imported by name."""
    spec = importlib.util.spec_from_file_location("reporting_samples", Path(__file__).parent / "reporting_samples.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: build() for name, build in module.SAMPLES.items()}


REPORT_SAMPLES = _report_samples()
"""By name: ``full``, ``partial``, ``no_dates``, ``no_last_year``, ``one_row``, ``empty``, ``hostile``."""


@pytest.fixture(scope="session")
def report_samples() -> dict[str, Figures]:
    """Invented figures of reports by name; ``full`` has all that a report can have, ``hostile`` names full of markup."""
    return REPORT_SAMPLES


@pytest.fixture(scope="session", params=REPORT_SAMPLES)
def report_sample(request: pytest.FixtureRequest) -> Figures:
    """Each of the invented figures in turn."""
    return REPORT_SAMPLES[request.param]
