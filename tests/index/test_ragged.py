import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from index.ragged import Ragged

LISTS = st.lists(st.lists(st.integers(0, 9), max_size=5), min_size=1, max_size=8)


@given(lists=LISTS, data=st.data())
def test_lists_come_back(lists: list[list[int]], data: st.DataObject) -> None:
    ragged = Ragged.of(lists)
    assert len(ragged) == len(lists)
    assert [ragged[n].tolist() for n in range(len(lists))] == lists
    assert ragged.owner.tolist() == [n for n, one in enumerate(lists) for _ in one]
    numbers = data.draw(st.lists(st.integers(-1, len(lists) - 1)))
    taken = ragged.take(np.array(numbers, np.int64))
    assert [taken[n].tolist() for n in range(len(taken))] == [[] if n < 0 else lists[n] for n in numbers]
    assert len(taken.values) == taken.bounds[-1]
