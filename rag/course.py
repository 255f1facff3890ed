"""Teach a network lessons, step by step."""

import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import torch
from rich.progress import track
from torch import Tensor

from rag.lesson import KINDS, Lesson, varied

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
_WARM_UP = 0.05  # of the steps, in which the rate rises
_STEEPEST = 1.0  # length of a gradient
_DECAY = 0.01
LossOf = Callable[[Sequence[Lesson]], Tensor]
Lessons = Mapping[str, Sequence[Lesson]]
"""By their kinds, `rag.lesson.KINDS`."""


class Course(NamedTuple):
    """How lessons are taught."""

    steps: int
    at_once: int
    """Lessons of a step."""
    together: int
    """How many of them are read together: fewer where memory is short."""
    rate: float
    """Of learning, at its highest."""

    def share(self, step: int) -> float:
        """Return what the rate is of its highest: it rises along a line, and falls along a cosine."""
        rising = min(1.0, (step + 1) / (_WARM_UP * self.steps))
        return rising * (1 + math.cos(math.pi * step / self.steps)) / 2


def halves() -> torch.autocast:
    """Multiply at half precision where the device is made for it."""
    return torch.autocast(DEVICE.type, torch.bfloat16, enabled=DEVICE.type == "cuda")


def follow(
    course: Course, parameters: Iterable[Tensor], loss_of: LossOf, lessons: Lessons, seed: int, name: str
) -> list[float]:
    """Change ``parameters`` so that the loss falls, and return that of each step.

    Lessons are drawn by their kinds, and `varied`. AdamW (Loshchilov and Hutter 2019).
    """
    learnt, rng, losses = list(parameters), random.Random(seed), list[float]()
    decaying = {"params": [one for one in learnt if one.ndim > 1], "weight_decay": _DECAY}
    others = {"params": [one for one in learnt if one.ndim <= 1], "weight_decay": 0.0}
    optimizer = torch.optim.AdamW([decaying, others], course.rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, course.share)
    for _ in track(range(course.steps), name):
        optimizer.zero_grad()
        losses.append(_descend(drawn(lessons, course.at_once, rng), course.together, loss_of))
        torch.nn.utils.clip_grad_norm_(learnt, _STEEPEST)
        optimizer.step()
        schedule.step()
    return losses


def _descend(lessons: Sequence[Lesson], together: int, loss_of: LossOf) -> float:
    """Add the gradient of the mean loss, by what lessons weigh, and return that loss."""
    whole, loss = sum(lesson.weight for lesson in lessons), 0.0
    for start in range(0, len(lessons), together):
        some = lessons[start : start + together]
        part = loss_of(some) * (sum(lesson.weight for lesson in some) / whole)
        part.backward()
        loss += part.item()
    return loss


def drawn(lessons: Lessons, count: int, rng: random.Random) -> list[Lesson]:
    """Draw lessons of the kinds that there are, each as often as it is to be taught."""
    kinds = [kind for kind in KINDS if lessons.get(kind)]
    chosen = rng.choices(kinds, [KINDS[kind].share for kind in kinds], k=count)
    return [varied(rng.choice(lessons[kind]), KINDS[kind], rng) for kind in chosen]
