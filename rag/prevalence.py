"""How common words are in Chinese text at large.

In a single article the word it is about stands everywhere, and any word that it lacks is as rare as
can be: rarity there takes 好处 for a name and RLVR for a filler. Where it matters whether documents
speak of a thing at all, passages of ordinary text are counted beside theirs; they settle what is rare
in a small collection and go under in a large one. The table is counted by `rag.training`; see
rag/model/README.md.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from index.field import rarity_of
from rag.table import read

TABLE = Path(__file__).parent / "model" / "prevalence.json"
PASSAGES = 300
"""Of ordinary text, that are counted beside those of the documents."""
_SEEN = 20
"""Passages with a token, at least, or it is held to be in none."""
_PARTS = 100_000


def count(passages: Iterable[Sequence[str]]) -> dict[str, int]:
    """Return in how many of a hundred thousand passages each token stands, from the tokens of some."""
    seen = Counter[str]()
    total = 0
    for tokens in passages:
        seen.update(set(tokens))
        total += 1
    return {token: round(_PARTS * times / total) for token, times in sorted(seen.items()) if times >= _SEEN}


def settled_rarity(token: str, frequency: int, size: int) -> float:
    """Return the rarity of a token with `PASSAGES` of ordinary text beside the documents'.

    Args:
        token: a folded word or bigram.
        frequency: of the ``size`` passages of the documents, how many hold it.

    """
    table: dict[str, int] = read(TABLE)
    holding = frequency + PASSAGES * table.get(token, 0) / _PARTS
    return rarity_of(holding, size + PASSAGES)
