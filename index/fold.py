"""Fold text so that spellings of one thing compare equal.

Folded text is for matching only: NFKC and case folding change lengths (℃ → °c, ß → ss), so no
offset into it may leave the index.
"""

import unicodedata
from functools import cache

from opencc import OpenCC


@cache
def _to_simplified() -> OpenCC:
    return OpenCC("t2s")


def fold(text: str) -> str:
    """Return ``text`` in NFKC, case-folded, with traditional characters made simplified."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return plain if plain.isascii() else _to_simplified().convert(plain)
