from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from index.appended import AppendedRagged
from index.ragged import Ragged

LISTS = st.lists(st.lists(st.integers(0, 9), max_size=5), min_size=1, max_size=8)


@given(lists=LISTS, data=st.data())
def test_lists_come_back(lists: list[list[int]], data: st.DataObject) -> None:
    ragged = Ragged.of(lists)
    assert len(ragged) == len(lists)
    assert [ragged[n].tolist() for n in range(len(lists))] == lists
    numbers = data.draw(st.lists(st.integers(-1, len(lists) - 1)))
    taken = ragged.take(np.array(numbers, np.int64))
    assert [taken[n].tolist() for n in range(len(taken))] == [[] if n < 0 else lists[n] for n in numbers]
    assert len(taken.values) == taken.bounds[-1]


@given(lists=LISTS, data=st.data())
def test_parts_are_appended_to_the_whole(lists: list[list[int]], data: st.DataObject) -> None:
    ragged = Ragged.of(lists)
    cut = data.draw(st.integers(0, len(lists)))
    parts = ragged.part(0, cut), ragged.part(cut, len(lists))
    assert [part[n].tolist() for part in parts for n in range(len(part))] == lists
    with TemporaryDirectory() as scratch:
        appended = AppendedRagged(Path(scratch), "lists")
        for part in parts:
            appended.add(part)
        appended.close()
        joined = Ragged.load(Path(scratch), "lists")
        assert [joined[n].tolist() for n in range(len(joined))] == lists


@given(pairs=st.lists(st.tuples(*[st.lists(st.integers(0, 9), max_size=4)] * 2), min_size=1, max_size=8))
def test_lists_beside_each_other(pairs: list[tuple[list[int], list[int]]]) -> None:
    one, other = (Ragged.of(lists) for lists in zip(*pairs, strict=True))
    both = one.beside(other)
    assert [both[n].tolist() for n in range(len(pairs))] == [[*a, *b] for a, b in pairs]
