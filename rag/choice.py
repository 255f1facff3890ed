"""The choice between the sentences of a lesson, or none of them.

A sentence's logit is how much likelier it is to answer than that none does: that of none is 0.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from rag.lesson import Lesson

UNREAD = -1e4
"""The logit of a sentence that is not there, or was not read."""
_FARTHEST = 50.0


def rows_of(logits: Tensor, lessons: Sequence[Lesson]) -> Tensor:
    """Give each lesson a row of the logits of its sentences, (lessons, sentences)."""
    counts = [sum(len(page.excerpt.sentences) for page in lesson.pages) for lesson in lessons]
    return pad_sequence(logits.float().split(counts), batch_first=True, padding_value=UNREAD)


def is_read(rows: Tensor) -> Tensor:
    """Tell which sentences were read."""
    return rows > UNREAD / 2


def surprise(rows: Tensor, lessons: Sequence[Lesson]) -> Tensor:
    """Return −ln of the probability that it is one of those which answer; none, where none of them was read.

    One number for each lesson.
    """
    right = rows_of(_right(lessons).to(rows.device), lessons) > 0
    right &= is_read(rows)
    right = torch.cat([right, ~right.any(dim=1, keepdim=True)], dim=1)
    logits = _beside_none(rows)
    return logits.logsumexp(dim=1) - logits.masked_fill(~right, UNREAD).logsumexp(dim=1)


def divergence(rows: Tensor, told: Tensor) -> Tensor:
    """Return how far the choice is from the one that was told: Kullback and Leibler's, (lessons,)."""
    ours, theirs = (_beside_none(one).log_softmax(dim=1) for one in (rows, told))
    # Where neither was read, there would be nought times infinity.
    return (theirs.exp() * (theirs - ours).clamp(-_FARTHEST, _FARTHEST)).sum(dim=1)


def mean(losses: Tensor, lessons: Sequence[Lesson]) -> Tensor:
    """Return the mean by what each lesson weighs."""
    weights = torch.tensor([lesson.weight for lesson in lessons], device=losses.device)
    return (losses * weights).sum() / weights.sum()


def _right(lessons: Sequence[Lesson]) -> Tensor:
    pages = [page for lesson in lessons for page in lesson.pages]
    right = [number in page.right for page in pages for number in range(len(page.excerpt.sentences))]
    return torch.tensor(right, dtype=torch.float32)


def _beside_none(rows: Tensor) -> Tensor:
    return torch.cat([rows, rows.new_zeros(len(rows), 1)], dim=1)
