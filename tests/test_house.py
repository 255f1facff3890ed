"""The floors know only what is below them, and the code keeps its style."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BELOW = {"index": {"index"}, "rag": {"index", "rag"}, "api": {"index", "rag", "api"}}


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0] if node.level == 0 else path.parent.name)
    return names


@pytest.mark.parametrize("floor", BELOW)
def test_arrows_point_down(floor: str) -> None:
    files = sorted((ROOT / floor).glob("**/*.py"))
    upwards = {str(path): imports(path) & (set(BELOW) - BELOW[floor]) for path in files}
    assert files
    assert not {path: names for path, names in upwards.items() if names}


def test_the_environment_is_read_in_one_place() -> None:
    readers = [
        path.relative_to(ROOT).as_posix()
        for floor in BELOW
        for path in (ROOT / floor).glob("**/*.py")
        if re.search(r"getenv|os\.environ|import environ|BaseSettings", path.read_text("utf-8"))
    ]
    assert readers == ["api/settings.py"]


def test_no_package_below_tests_shadows_a_floor() -> None:
    assert not list((ROOT / "tests").glob("**/__init__.py"))


@pytest.mark.parametrize(
    "command", [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]], ids=" ".join
)
def test_style(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_evaluating_does_not_slow_the_start() -> None:
    heavy = {"ir_measures", "jinja2", "matplotlib", "pytrec_eval", "torch"}
    code = f"import sys, api.cli; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "[]\n"
