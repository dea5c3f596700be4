"""The house as it is laid out: packages, their faces, one list of them, no trace of a machine."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ["model", "archive", "pipelines", "spiders", "crawler", "desk"]
FACES = sorted(
    ".".join(path.parent.relative_to(ROOT).parts)
    for name in PACKAGES
    for path in (ROOT / name).rglob("__init__.py")
)


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize("name", FACES)
def test_every_package_is_ours_and_its_face_is_sorted_and_whole(name: str) -> None:
    # The import names are plain ones: a library of the same name must never stand in for ours.
    package = importlib.import_module(name)
    assert package.__file__ is not None
    assert Path(package.__file__).is_relative_to(ROOT)
    assert package.__doc__
    offered = getattr(package, "__all__", [])
    assert list(offered) == sorted(set(offered))
    for one in offered:
        assert getattr(package, one) is not None


@pytest.mark.parametrize("name", FACES)
def test_a_face_holds_a_docstring_imports_and_nothing_that_runs(name: str) -> None:
    body = ast.parse((ROOT / name.replace(".", "/") / "__init__.py").read_text(encoding="utf-8")).body
    assert isinstance(body[0], ast.Expr)
    for statement in body[1:]:
        match statement:
            case ast.Import() | ast.ImportFrom():
                continue
            case ast.Assign(targets=[ast.Name(id="__getattr__")], value=value):
                # What is heavy is imported when asked for.
                assert ast.unparse(value) in {"later(__name__, _PLACES)", "later(__name__, _LATER)"}
            case ast.Assign(value=value):
                ast.literal_eval(value)
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=[]):
                assert all(isinstance(inner, ast.ImportFrom) for inner in statement.body)
            case _:
                pytest.fail(f"{name} runs {ast.unparse(statement)!r}")


@pytest.mark.parametrize("name", ["archive", "archive.catalogue", "archive.rebuild", "spiders"])
def test_what_is_imported_later_comes_from_where_the_types_say(name: str) -> None:
    package = importlib.import_module(name)
    places = getattr(package, "_PLACES", None) or package._LATER
    text = (ROOT / name.replace(".", "/") / "__init__.py").read_text(encoding="utf-8")
    (block,) = [one for one in ast.parse(text).body if isinstance(one, ast.If)]
    said = {
        alias.name: imported.module
        for imported in block.body
        if isinstance(imported, ast.ImportFrom)
        for alias in imported.names
    }
    assert places == said
    assert set(places) <= set(package.__all__)


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("desk.cli", {"archive", "pipelines", "sqlalchemy", "scrapy", "starlette"}),
        ("desk.cli.status", {"pipelines", "scrapy", "twisted", "boto3", "starlette"}),
        ("crawler.reading", {"sqlalchemy", "scrapy", "twisted", "boto3", "typer"}),
        ("archive.rebuild.workers", {"sqlalchemy", "scrapy", "pipelines", "boto3"}),
    ],
)
def test_a_start_imports_nothing_heavy_that_it_has_no_need_of(module: str, heavy: set[str]) -> None:
    code = f"import sys, {module}; print(*{{one.partition('.')[0] for one in sys.modules}})"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(said.stdout.split()) & heavy == set()


def test_the_list_of_packages_is_one_and_the_same_everywhere() -> None:
    tool = pyproject()["tool"]
    assert tool["hatch"]["build"]["targets"]["wheel"]["packages"] == PACKAGES
    assert tool["check-wheel-contents"]["toplevel"] == PACKAGES
    assert tool["mypy"]["packages"] == PACKAGES
    assert tool["importlinter"]["root_packages"] == PACKAGES
    layers = next(one for one in tool["importlinter"]["contracts"] if one["type"] == "layers")["layers"]
    assert sorted(name.strip() for layer in layers for name in layer.split("|")) == sorted(PACKAGES)
    assert set(tool["pytest"]["ini_options"]["testpaths"]) <= {"tests", *PACKAGES}
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert found == set(PACKAGES)


def test_no_dependency_is_named_twice() -> None:
    names = [re.split(r"[<>=~!\[; ]", one)[0] for one in pyproject()["project"]["dependencies"]]
    assert sorted(set(names)) == sorted(names)


def test_nothing_names_this_machine_or_a_registry() -> None:
    # In two parts each, so that this file does not name them either.
    parts = [
        ("/wo", "rk/(?:main|shared)"),
        ("/ro", "ot/"),
        ("/ho", "me/[a-z]+/"),
        ("pythonhosted", r"\.org"),
        ("pypi", r"\.org/simple"),
        ("registry", r"\.npmjs"),
        ("--(?:extra-)?index-", "url "),
    ]
    forbidden = re.compile("|".join(first + rest for first, rest in parts))
    found = []
    for path in tracked():
        data = path.read_bytes()
        if b"\0" in data[:1024]:
            continue
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
            if forbidden.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    assert found == []
