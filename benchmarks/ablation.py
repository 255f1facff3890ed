"""Take one part of chuchu away, to see what it is worth."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import index.build
import index.fold
import index.lexical
import rag.retrieval


def _nothing(*_: Any) -> Any:
    return {}


def _everywhere(original: Callable[..., Any], other: Callable[..., Any]) -> Iterator[Any]:
    """Yield a patch for each module that imported ``original`` by its name."""
    for module in list(sys.modules.values()):
        name = getattr(module, "__name__", "")
        if name.split(".")[0] in {"index", "rag"} and vars(module).get(original.__name__) is original:
            yield patch.object(module, original.__name__, other)


ABLATIONS: dict[str, Callable[[], list[Any]]] = {
    "bigrams": lambda: [patch.object(index.lexical, "BIGRAM_WEIGHT", 0.0)],
    "folding": lambda: list(_everywhere(index.fold.fold, str)),
    "terms": lambda: [patch.object(index.build, "mine", lambda *_: [])],
    "dense": lambda: [patch.object(rag.retrieval, "_dense", _nothing)],
    "context": lambda: [patch.object(index.document.Document, "context_at", lambda *_: "")],
}
"""By name, the patches that take a part away; they hold while the index is built and asked.

``bigrams``: of retrieval; the ranker still sees them. ``context``: the title and headings that a
passage is indexed with. The ranker itself is what the baseline "hybrid, no ranker" leaves out.
"""


@contextmanager
def without(part: str | None) -> Iterator[None]:
    """Take a part away for a while; None leaves chuchu whole."""
    with ExitStack() as stack:
        for one in ABLATIONS[part]() if part else ():
            stack.enter_context(one)
        yield
