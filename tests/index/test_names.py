from mmap import mmap
from pathlib import Path
from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import index.names
from index.names import Names

NAMES = st.lists(st.text(st.characters(codec="utf-8"), max_size=6), unique=True, max_size=12)


@given(names=NAMES, others=NAMES, collide=st.booleans())
def test_a_name_has_its_number_and_no_other_has_one(
    names: list[str], others: list[str], collide: bool
) -> None:
    """Also where all have one hash."""
    with patch.object(index.names, "_hash", (lambda _: 7) if collide else index.names._hash):
        numbered = Names.of(names)
        assert list(numbered) == names
        assert [numbered[n] for n in range(len(names))] == names == numbered[:]
        assert [numbered.number(name) for name in names] == list(range(len(names)))
        assert [name in numbered for name in others] == [name in names for name in others]


@given(before=NAMES, new=NAMES, data=st.data(), collide=st.booleans())
def test_names_are_joined_as_if_all_were_new(
    before: list[str], new: list[str], data: st.DataObject, collide: bool
) -> None:
    with patch.object(index.names, "_hash", (lambda _: 7) if collide else index.names._hash):
        new = [name for name in new if name not in before]
        kept = data.draw(st.lists(st.booleans(), min_size=len(before), max_size=len(before)))
        joined, anew = Names.of(before).joined(Names.of(new), np.array(kept, np.bool_))
        expected = [name for name, keep in zip(before, kept, strict=True) if keep] + new
        assert sorted(joined) == sorted(expected)
        for name, number in zip(before + new, anew.tolist(), strict=True):
            assert joined.number(name) == (number if name in expected else None)
        shuffled = data.draw(st.permutations(expected))
        afresh, _ = Names.of([]).joined(Names.of(shuffled), np.empty(0, np.bool_))
        assert list(afresh) == list(joined)


def test_names_are_mapped_not_read(tmp_path: Path) -> None:
    Names.of(["氛围编码", "", "幽灵"]).save(tmp_path, "words")
    loaded = Names.load(tmp_path, "words")
    assert list(loaded) == ["氛围编码", "", "幽灵"]
    assert loaded.number("幽灵") == 2
    assert loaded.number("\ud800") is None
    assert isinstance(loaded._text.base, mmap)
