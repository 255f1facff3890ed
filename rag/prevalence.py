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
HELPING = frozenset("能 能够 可以 会 要 还 最 最多 最少 至少 一般 大约 一共 现在".split())
"""Words of which the bigrams with their neighbours tell nothing either: 能转 of 能转租吗."""
FUNCTION = HELPING | frozenset(
    """
    可 应该 应当 该 需要 需 必须 得 还是 才 才能 就 也 都 再 又 只 很 太 过 着
    大概 通常 平时 总共 目前 如今 以后 以前 之前 之后 时候 时 期间 情况
    去 来 从 到 被 把 让 给 对 由 以 为 用 说 上 下 里 中 如果 要是
    这 这个 这些 这次 那 那个 那些 此 其 自己
    """.split()
)
"""Words that hold a question together: a document speaks of 可以转租吗 no less where it lacks 可以."""
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
    """Return the rarity of a token with `PASSAGES` of ordinary text beside the documents'; 0 of `FUNCTION`.

    Args:
        token: a folded word or bigram.
        frequency: of the ``size`` passages of the documents, how many hold it.

    """
    if token in FUNCTION:
        return 0.0
    table: dict[str, int] = read(TABLE)
    holding = frequency + PASSAGES * table.get(token, 0) / _PARTS
    return rarity_of(holding, size + PASSAGES)
