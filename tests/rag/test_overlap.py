"""What stands in texts, against looking for each token in each of them."""

from types import SimpleNamespace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from index.field import Vocabulary
from index.lexical import Cut
from index.names import Names
from index.ragged import Ragged
from rag.overlap import Overlap

_COUNT = 50_000
_VOCABULARY = Vocabulary(Names.of([str(n) for n in range(_COUNT)]), np.arange(_COUNT + 1), 100)
_LEXICAL = SimpleNamespace(words=_VOCABULARY, bigrams=_VOCABULARY)

# Many of these have their last bits in common.
_tokens = st.builds(lambda low, high: low + (high << 14), st.integers(0, 40), st.integers(0, 2))
_texts = st.lists(st.lists(_tokens, max_size=6), min_size=1, max_size=5)


@given(st.lists(_tokens), st.lists(_tokens), _texts, _texts)
def test_held_is_what_stands_in_texts(
    words: list[int], pairs: list[int], texts: list[list[int]], paired: list[list[int]]
) -> None:
    paired = paired[: len(texts)]
    asked = Overlap(_LEXICAL, Cut([*map(str, words), "未知"], [str(n) for n in pairs]), str)  # type: ignore[arg-type]
    held = asked.held(Ragged.of(texts), Ragged.of(paired))
    distinct = list(dict.fromkeys(words))
    assert asked.tokens == [*map(str, distinct), "未知"]
    np.testing.assert_array_equal(
        held[asked.words], [[n in text for text in texts] for n in distinct] + [[False] * len(texts)]
    )
    rest = [[]] * (len(texts) - len(paired))
    expected = [[n in text for text in [*paired, *rest]] for n in dict.fromkeys(pairs)]
    np.testing.assert_array_equal(held[asked.bigrams], np.reshape(expected, (-1, len(texts))))
