"""How likely text that answers a question is to repeat a word of it.

An answer to 什么时候出生 says 出生, rarely 时候, never 什么. What a word of the question is worth, in
retrieval and in ranking, is its rarity times this share. The table is counted on questions with
known answers by `rag.training`; see rag/model/README.md.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from rag.table import read

TABLE = Path(__file__).parent / "model" / "echo.json"
SEEN = 5
"""Questions with a word, at least, or its share says nothing."""
_PRIOR = 5.0
"""Questions that the share of words seen seldom counts for."""


Pairs = Iterable[tuple[Sequence[str], Sequence[str]]]
"""Tokens of questions, each with those of the text that answers it."""


def tally(pairs: Pairs) -> tuple[Counter[str], Counter[str]]:
    """Return how many questions hold each token, and how many of them have it repeated."""
    asked, echoed = Counter[str](), Counter[str]()
    for question, text in pairs:
        asked.update(set(question))
        echoed.update(set(question) & set(text))
    return asked, echoed


def count(pairs: Pairs) -> dict[str, float]:
    """Return the share of questions whose answering text repeats each token, in (0, 1)."""
    asked, echoed = tally(pairs)
    seldom = [token for token, times in asked.items() if times < SEEN]
    average = sum(echoed[token] for token in seldom) / max(sum(asked[token] for token in seldom), 1)
    return {"": round(average, 3)} | {
        token: round((echoed[token] + _PRIOR * average) / (asked[token] + _PRIOR), 3)
        for token in sorted(asked)
        if asked[token] >= SEEN
    }


def echo(token: str) -> float:
    """Return the share for a folded word or bigram; that of all seldom ones where it is seldom."""
    table: dict[str, float] = read(TABLE)
    return table.get(token, table[""])
