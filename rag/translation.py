"""What an English word is called in Chinese, for questions in English about Chinese documents.

The table is learnt from translated texts by `rag.alignment`; see rag/model/README.md.
"""

from collections.abc import Mapping
from pathlib import Path

from rag.table import read

TABLE = Path(__file__).parent / "model" / "translations.json"


def chinese(word: str) -> Mapping[str, float]:
    """Return the Chinese words for a folded English one, best first, each with its share."""
    table: dict[str, dict[str, float]] = read(TABLE)
    return table.get(word, {})
