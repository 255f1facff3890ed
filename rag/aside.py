"""What a question tells beside what it asks: 我是新手, or 老师布置的作业.

The words of such a clause stand in no answer. They may help to find it; but whether the documents speak of
the thing is not to hang on them.
"""

import re
from collections.abc import Sequence

from index.lexical import cut
from index.segmenter import Segmenter

_BETWEEN = re.compile(r"[,。.!;\n]+|(?<=\?)")
_ASKS = re.compile(
    r"什么|哪|谁|几|多少|怎|何|吗|呢|[是能可]否|有没有|是不是|会不会|能不能|可不可以|多[大长高远久重深]|\?"
)
_POINTS = re.compile("[它其该此那他她]|这(?![篇份本])")
_NAMES = re.compile(r"[a-z\d“”\"'「」『』《》零二三四五六七八九十百千两]")


def aside(plain: str, segmenter: Segmenter) -> frozenset[str]:
    """Return the words and bigrams of a question that stand only in clauses beside the one that asks.

    A clause that holds a term of the documents, a figure or another script is not beside it; nor is any where
    the one that asks points back (它有什么风险).

    Args:
        plain: see `rag.question.Question`.
        segmenter: cuts it.

    """
    clauses = [clause for clause in _BETWEEN.split(plain) if clause.strip()]
    asking = [clause for clause in clauses if _ASKS.search(clause)] or clauses[-1:]
    if len(clauses) == len(asking) or any(map(_POINTS.search, asking)):
        return frozenset()
    told = [clause for clause in clauses if clause not in asking and not _names(clause, segmenter)]
    kept = [clause for clause in clauses if clause not in told]
    return _tokens(told, segmenter) - _tokens(kept, segmenter)


def _names(clause: str, segmenter: Segmenter) -> bool:
    return _NAMES.search(clause) is not None or any(map(segmenter.owns, segmenter.cut(clause)))


def _tokens(clauses: Sequence[str], segmenter: Segmenter) -> frozenset[str]:
    return frozenset(token for kind in cut(" ".join(clauses), segmenter) for token in kind)
