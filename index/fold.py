"""Fold text so that spellings of one thing compare equal.

Folded text is for matching only: NFKC and case folding change lengths (℃ → °c, ß → ss), so no
offset into it may leave the index.
"""

import hashlib
import unicodedata
from functools import cache
from pathlib import Path

import opencc
from opencc import OpenCC

TAIWAN = Path(__file__).with_name("taiwan.json")
WORDS = TAIWAN.with_suffix(".txt")
"""Words of Taiwan that differ from the mainland's in more than their characters, 軟體 and 软件. Chosen
from OpenCC's TWPhrases (Apache-2.0): those that are no common words when only their characters change,
as 指標 (指针, but also 指标) is."""


@cache
def _converters() -> tuple[OpenCC, OpenCC]:
    return OpenCC(str(TAIWAN)), OpenCC("t2s")


def fold(text: str) -> str:
    """Return ``text`` in NFKC and case-folded, traditional characters and words of Taiwan simplified."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    if not plain.isascii():
        for converter in _converters():
            plain = converter.convert(plain)
    return plain


@cache
def version() -> str:
    """Name what decides how text is folded."""
    digest = hashlib.sha256(WORDS.read_bytes()).hexdigest()
    return f"{opencc.__version__} {unicodedata.unidata_version} {digest}"
