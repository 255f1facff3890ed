"""Tables that were learnt: a token a line, and what is known of it."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any


def save(table: Mapping[str, Any], path: Path) -> None:
    """Write a table."""
    text = json.dumps(table, ensure_ascii=False, separators=(",", ":"), indent=0)
    path.write_text(text + "\n", "utf-8")
    read.cache_clear()


@cache
def read(path: Path) -> dict[str, Any]:
    """Return what `save` wrote; it is read once."""
    table: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return table
