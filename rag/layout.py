"""Where the sentences of the passages found stand in the matrices that describe them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.generation import Generation
from index.store import Rows
from rag.retrieval import Found


@dataclass(frozen=True)
class Layout:
    """The sentences of passages, passage by passage, and those beside them."""

    passages: Rows
    """The ids of the passages."""
    numbers: Rows
    """The sentences; after them the one before each passage, then the one after each; -1 for none."""
    owner: Rows
    """The passage of each sentence."""
    starts: Rows
    """The place of each passage's first sentence."""
    above: Rows
    """The place in `numbers` of the sentence before each."""
    below: Rows
    """The place in `numbers` of the sentence after each."""

    @classmethod
    def of(cls, found: Sequence[Found], generation: Generation) -> "Layout":
        """Lay out the sentences of all passages."""
        runs = [item.passage.sentences for item in found]
        first, stop = np.array([(run.start, run.stop) for run in runs], np.int64).T
        sizes = stop - first
        ends = sizes.cumsum()
        starts, count = ends - sizes, len(runs)
        places, passages = np.arange(ends[-1]), np.arange(count)
        beside = np.concatenate([first - 1, stop])
        inside = (beside >= 0) & (beside < generation.sentences)
        alike = np.concatenate([first, first])
        owners = generation.owners(np.concatenate([alike, np.where(inside, beside, alike)]))
        beside[~inside | (owners[: 2 * count] != owners[2 * count :])] = -1
        above, below = places - 1, places + 1
        above[starts] = len(places) + passages
        below[ends - 1] = len(places) + count + passages
        return cls(
            np.array([item.passage.id for item in found], np.int64),
            np.concatenate([places + np.repeat(first - starts, sizes), beside]),
            np.repeat(passages, sizes),
            starts,
            above,
            below,
        )

    @property
    def sentences(self) -> Rows:
        """The sentences of the passages."""
        return self.numbers[: len(self.owner)]
