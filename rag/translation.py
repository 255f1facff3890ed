"""What an English word is called in Chinese, for questions in English about Chinese documents.

The table is learnt from translated texts by `rag.alignment`; see rag/model/README.md.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parent / "model" / "translations.json"


@cache
def _table() -> dict[str, dict[str, float]]:
    table: dict[str, dict[str, float]] = json.loads(TABLE.read_text("utf-8"))
    return table


def chinese(word: str) -> Mapping[str, float]:
    """Return the Chinese words for a folded English one, best first, each with its share."""
    return _table().get(word, {})
