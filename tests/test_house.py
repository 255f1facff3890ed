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


HEAVY = "grpc httpx httpx2 ir_measures jinja2 matplotlib mcp openai pymilvus pytrec_eval ray torch uvicorn"


@pytest.mark.parametrize("words", [["ask", "什么是氛围编码？"], ["search", "幽灵"], ["status"]], ids=str)
def test_what_is_not_used_does_not_slow_the_start(words: list[str], data: Path) -> None:
    code = "import sys; from api.cli import app; app(sys.argv[1:], standalone_mode=False); "
    code += f"print(sorted(set({HEAVY.split()}) & set(sys.modules)))"
    command = [sys.executable, "-c", code, *words, "--data", str(data)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
