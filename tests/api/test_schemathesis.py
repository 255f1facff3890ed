"""Every operation of the OpenAPI document, asked with what fits it and what does not."""

import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from rag.knowledge import rebuild

Serving = Callable[..., AbstractContextManager[str]]
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",  # every error is documented as application/problem+json
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
]
KEYS = {"CHUCHU_API_KEY": "reading-key", "CHUCHU_ADMIN_KEY": "administering-key"}


def attack(serve: Serving, folder: Path, *options: str) -> int:
    """Run schemathesis and return the number of its cases."""
    small = folder / "small.md"
    small.write_text("# 幽灵\n\n幽灵是被召唤的，动物是被驯养的。", "utf-8")
    rebuild(folder / "data", [small])
    with serve(folder / "data", folder / "log", **KEYS) as address:
        command = [
            sys.executable, "-m", "schemathesis.cli", "run", f"{address}/openapi.json",
            "-H", f"Authorization: Bearer {KEYS['CHUCHU_ADMIN_KEY']}",
            "--checks", ",".join(CHECKS), "--continue-on-failure", "--no-color", "--generation-database", "none",
            "--request-timeout", "60", *options,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=590, check=False, cwd=folder)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    assert "Traceback" not in (folder / "log").read_text("utf-8")
    return int(re.search(r"(\d+) generated", done.stdout)[1])  # type: ignore[index]


def test_a_little(serve: Serving, tmp_path: Path) -> None:
    assert attack(serve, tmp_path, "--phases", "examples,fuzzing", "--max-examples", "3", "--seed", "1") > 50


@pytest.mark.soak
def test_at_length(serve: Serving, tmp_path: Path) -> None:
    options = ["--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "100", "--max-time", "500"]
    assert attack(serve, tmp_path, *options) >= 2000
