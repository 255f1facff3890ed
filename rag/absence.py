"""How much it tells that documents lack a word of a question.

Where text that answers repeats a word with probability e, text that lacks it is 1 - e times as likely to
answer: -ln(1 - e) is what the word weighs where it is asked whether documents speak of a thing at all. A
name is nearly always repeated, 总是 or 通俗 less often. Words that are asked seldom are repeated as often as
those of their kind. Both are counted by `rag.training`, on more questions than the `echo`: also on such as
people ask in words of their own; see rag/model/README.md.
"""

import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from rag import echo
from rag.table import read

Kind = Callable[[str], str]
"""Tells what jieba holds a token to be, see `index.segmenter.Segmenter.kind`."""

TABLE = Path(__file__).parent / "model" / "absence.json"
_NAMES = ("nr", "ns", "nt", "nz", "eng")
_PRIOR = 20.0
"""Words that the share of all kinds counts for."""
_MOST = 0.98


def count(pairs: echo.Pairs, kind: Kind) -> dict[str, float]:
    """Return the share of questions whose answering text repeats each token, in (0, 1).

    Of seldom tokens by their kind, under ``/`` and its name; of all of them under ``/``.
    """
    pairs = list(pairs)
    asked, echoed = echo.tally(pairs)
    times, repeated = Counter[str](), Counter[str]()
    for token in asked:
        if asked[token] < echo.SEEN:
            group = _group(token, kind)
            times[group] += asked[token]
            repeated[group] += echoed[token]
    average = repeated.total() / max(times.total(), 1)
    kinds = {
        f"/{group}": round((repeated[group] + _PRIOR * average) / (times[group] + _PRIOR), 3)
        for group in sorted({"", *times})
    }
    return kinds | {token: share for token, share in echo.count(pairs).items() if token}


def _group(token: str, kind: Kind) -> str:
    """Name what a token is counted with: names by their kinds, others by the first letter, each length."""
    found = kind(token)
    return (found if found in _NAMES else found[:1]) + "1" * (len(token) == 1)


def absence(token: str, kind: Kind) -> float:
    """Return -ln(1 - e) of a folded word or bigram, which text that answers repeats with probability e."""
    table: dict[str, float] = read(TABLE)
    share = table[token] if token in table else table.get(f"/{_group(token, kind)}", table["/"])
    return -math.log(1 - min(share, _MOST))
