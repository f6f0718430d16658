"""The package as a whole: its layers, what importing it costs, what it hands out, and that it is typed."""

import ast
import graphlib
import importlib
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

import appealcls

_ROOT = Path(__file__).parents[1]
_PACKAGE = _ROOT / "src" / "appealcls"
_LAYERS = (
    {"errors", "keys"},
    {"topics", "text"},
    {"tokens", "lemmas"},
    {"features", "prediction"},
    {"model"},
    {"vectorizer"},
    {"classifier"},
    {"store", "evaluation", "tables"},
    {"card"},
    {"training", "archive"},
    {"reporting.figures"},
    {"reporting.wording"},
    {"reporting.reading"},
    {"reporting.analysis"},
    {"reporting.checking", "reporting.rendering"},
    {"reporting.reports"},
    {"reporting"},
    {"api"},
    {"cli"},
    {"__main__"},
)
"""Modules and packages; a package's own modules stand on its layer and make no circle."""
_LAYER_OF = {unit: number for number, layer in enumerate(_LAYERS) for unit in layer}
_MODULES = {
    ".".join(path.relative_to(_PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(_PACKAGE.rglob("*.py"))
    if path != _PACKAGE / "__init__.py"
}
_PACKAGES = {module for module, path in _MODULES.items() if path.name == "__init__.py"}
_HEAVY = {"sklearn", "scipy", "pandas", "numpy", "pymorphy3"}


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _imports(tree: ast.AST) -> Iterator[str]:
    """Modules of the package that a piece of code imports, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name.removeprefix("appealcls.") in _MODULES else node.module or "" for name in whole]
        else:
            continue
        yield from {name.removeprefix("appealcls.") for name in names if name.startswith("appealcls.")} & set(_MODULES)


def _python(code: str) -> str:
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, encoding="utf-8")
    assert result.returncode == 0, result.stderr
    return result.stdout


def _unit(module: str) -> str:
    """The entry of the layers that a module belongs to: itself or the nearest package."""
    while module not in _LAYER_OF and "." in module:
        module = module.rpartition(".")[0]
    return module


def test_every_module_has_a_layer() -> None:
    """A new module must say where it stands, and what stands in the table exists."""
    assert {_unit(module) for module in _MODULES} == set(_LAYER_OF)
    assert {module for module in _MODULES if _unit(module) == "reporting"} == {"reporting"}


@pytest.mark.parametrize("module", sorted(_MODULES))
def test_a_module_imports_from_earlier_layers_only(module: str) -> None:
    """No import goes up or sideways, not even inside a function; within a package, see the next test."""
    unit = _unit(module)
    inner = {_unit(name) for name in _imports(_tree(_MODULES[module]))} - ({unit} if unit in _PACKAGES else set())
    assert {name for name in inner if _LAYER_OF[name] >= _LAYER_OF[unit]} == set()


def test_no_modules_import_each_other() -> None:
    """The imports of all modules, those inside functions too, make no circle."""
    graph = {module: set(_imports(_tree(path))) - {module} for module, path in _MODULES.items()}
    # "from appealcls.tables import x" names the package, whose __init__ gathers its modules for those outside.
    for module, imported in graph.items():
        assert not {package for package in _PACKAGES if module.startswith(f"{package}.")} & imported, module
    assert list(graphlib.TopologicalSorter(graph).static_order())


def test_only_the_commands_are_built_on_the_command_line() -> None:
    """Nothing in the library imports the command line."""
    importers = {
        module
        for module, path in _MODULES.items()
        if "cli" in {_unit(name) for name in _imports(_tree(path))} and _unit(module) != "cli"
    }
    assert importers == {"__main__"}


@pytest.mark.parametrize("module", sorted(module for module in _MODULES if _unit(module) not in {"cli", "__main__"}))
def test_library_code_does_not_print_exit_or_look_around(module: str) -> None:
    """Printing, exiting, arguments, environment and the working folder are the command line's affair."""
    forbidden = {"print", "input", "exit", "quit", "breakpoint"}
    attributes = {
        "sys": {"argv", "exit", "stdout", "stderr", "stdin"},
        "os": {"environ", "getenv", "getcwd", "chdir", "_exit", "putenv"},
        "Path": {"cwd", "home"},
    }
    found = []
    for node in ast.walk(_tree(_MODULES[module])):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in forbidden:
            found.append(f"line {node.lineno}: {node.func.id}()")
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.attr in attributes.get(node.value.id, ())
        ):
            found.append(f"line {node.lineno}: {node.value.id}.{node.attr}")
        if isinstance(node, ast.ImportFrom):
            found += [
                f"line {node.lineno}: {node.module}.{alias.name}"
                for alias in node.names
                if alias.name in attributes.get(node.module or "", ())
            ]
        if isinstance(node, ast.Name) and node.id == "SystemExit":
            found.append(f"line {node.lineno}: SystemExit")
    assert found == []


def test_nothing_is_unpickled_or_evaluated() -> None:
    """No module can execute what a file says; rows that wait for a database do so in a nameless file of the process."""
    for module, path in _MODULES.items():
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.Import):
                found = {alias.name for alias in node.names} & {"pickle", "marshal", "shelve", "dill"}
                assert not found or module == "tables.staging", module
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"eval", "exec", "compile", "__import__"}, module


def test_importing_the_package_loads_nothing_heavy() -> None:
    """``import appealcls`` is cheap: not even NumPy comes with it."""
    loaded = _python("import sys, appealcls; print(*{name.partition('.')[0] for name in sys.modules})").split()
    assert "appealcls" in loaded
    assert _HEAVY.isdisjoint(loaded)


def test_predicting_loads_no_machine_learning() -> None:
    """Serving needs NumPy alone; scikit-learn, SciPy and joblib stay out also when words are new."""
    code = (
        "import sys, appealcls; assert appealcls.predict('Яма на дороге у Заверюхинска').topic == 'roads';"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    loaded = _python(code).split()
    assert "numpy" in loaded
    assert {"sklearn", "scipy", "pandas", "joblib", "tqdm", "xlsxwriter"}.isdisjoint(loaded)


def test_labelling_and_reporting_load_no_machine_learning(tmp_path: Path) -> None:
    """An archive is labelled with NumPy and pymorphy3 alone, and reported on without what only training needs."""
    (tmp_path / "in.csv").write_text("text\nЯма на дороге\n", encoding="utf-8")
    code = (
        f"import sys, appealcls; appealcls.label_archive({str(tmp_path / 'in.csv')!r}, {str(tmp_path / 'out.csv')!r});"
        "labelled = {name.partition('.')[0] for name in sys.modules};"
        f"assert appealcls.report({str(tmp_path / 'out.csv')!r}).totals.appeals.count == 1;"
        "print(*labelled & {'sklearn', 'scipy', 'pandas', 'polars', 'joblib'}, *{'sklearn', 'pandas'} & set(sys.modules))"
    )
    assert _python(code).split() == []


def test_all_names_resolve_and_are_listed() -> None:
    """Each promised name is there, is what its module defines, and shows in dir()."""
    assert len(set(appealcls.__all__)) == len(appealcls.__all__)
    for name in appealcls.__all__:
        value = getattr(appealcls, name)
        assert callable(value)
        assert value.__module__.startswith("appealcls.")
        assert value.__doc__, name
    assert set(appealcls.__all__) <= set(dir(appealcls))
    assert all(not name.startswith("_") for name in appealcls.__all__)


def test_names_for_type_checkers_are_the_names_at_run_time() -> None:
    """What mypy sees under TYPE_CHECKING is what __all__ promises."""
    block = next(node for node in _tree(_PACKAGE / "__init__.py").body if isinstance(node, ast.If))
    typed = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert typed == set(appealcls.__all__)
    for node in block.body:
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(node.module or "")
            for alias in node.names:
                assert getattr(appealcls, alias.name) is getattr(module, alias.name)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A misspelt name fails as in any module."""
    with pytest.raises(AttributeError, match="no attribute 'predikt'"):
        appealcls.predikt  # noqa: B018
    assert not hasattr(appealcls, "predict_all")


@pytest.mark.parametrize("module", sorted(set(_MODULES) - {"__main__"}))
def test_every_module_names_what_it_hands_out(module: str) -> None:
    """``__all__`` of each module resolves, and each of its names is said in one docstring."""
    loaded = importlib.import_module(f"appealcls.{module}")
    assert loaded.__doc__
    for name in loaded.__all__:
        assert hasattr(loaded, name), name


def test_the_version_is_that_of_the_project_file() -> None:
    """Package, metadata and pyproject.toml say one version."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert appealcls.__version__ == version("appealcls") == project["version"]


def test_the_package_says_that_it_is_typed() -> None:
    """py.typed lies in the package, and an empty file is all it is."""
    assert (_PACKAGE / "py.typed").read_bytes() == b""


_CONSUMER = """\
from pathlib import Path
from typing import assert_type

import appealcls

one = appealcls.predict("Яма на дороге")
assert_type(one, appealcls.Prediction)
assert_type(one.topic, str | None)
assert_type(one.confidence, float)
assert_type(one.topics, tuple[str, ...])
assert_type(one.needs_review, bool)
assert_type(one.ranking, tuple[tuple[str, float], ...])
assert_type(one.evidence, tuple[appealcls.Evidence, ...])
many = appealcls.predict(["Яма", "Снег"], model=Path("models/default"))
assert_type(many, list[appealcls.Prediction])
model = appealcls.load()
assert_type(model, appealcls.TopicModel)
assert_type(model.predict("Яма"), appealcls.Prediction)
assert_type(model.explain("Яма"), appealcls.Explanation)
assert_type(model.taxonomy, appealcls.Taxonomy)
assert_type(model.taxonomy["roads"], appealcls.Topic)
summary = appealcls.label_archive("in.csv", "out.csv", jobs=2)
assert_type(summary, appealcls.ArchiveSummary)
assert_type(summary.rows, int)
assert_type(appealcls.report("out.csv"), appealcls.Report)
assert_type(appealcls.report([{"topic": "roads"}]).to_markdown(), str)
assert_type(appealcls.evaluate("test.csv", model), appealcls.Evaluation)
assert_type(appealcls.evaluate("test.csv").accuracy.value, float)
result = appealcls.train("train.csv", "model", random_state=1)
assert_type(result, appealcls.TrainingResult)
assert_type(result.folder, Path | None)
assert_type(appealcls.__version__, str)
"""


def _mypy(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    (folder / "consumer.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", str(folder.parent / "cache")]
    return subprocess.run(
        [*command, "consumer.py"], cwd=folder, capture_output=True, text=True, check=False, encoding="utf-8"
    )


@pytest.mark.slow
def test_a_typed_program_passes_mypy(tmp_path: Path) -> None:
    """A user's program has the types that the documentation says, and a wrong call is found."""
    right = _mypy(tmp_path, _CONSUMER)
    assert right.returncode == 0, right.stdout + right.stderr
    wrong = _mypy(tmp_path, "import appealcls\n\nappealcls.predict(5)\nappealcls.load().topics\n")
    assert wrong.returncode == 1
    assert "consumer.py:3" in wrong.stdout
    assert "consumer.py:4" in wrong.stdout
