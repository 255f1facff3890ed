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


@given(lists=LISTS, data=st.data())
def test_parts_join_to_the_whole(lists: list[list[int]], data: st.DataObject) -> None:
    ragged = Ragged.of(lists)
    cut = data.draw(st.integers(0, len(lists)))
    joined = Ragged.join([ragged.part(0, cut), Ragged.join([]), ragged.part(cut, len(lists))])
    assert [joined[n].tolist() for n in range(len(joined))] == lists
    number = data.draw(st.integers(0, len(lists) - 1))
    changed = ragged.replaced({number: [7, 7]})
    assert [changed[n].tolist() for n in range(len(lists))] == [*lists[:number], [7, 7], *lists[number + 1 :]]
