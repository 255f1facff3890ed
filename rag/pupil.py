"""The network that becomes the reader, while it learns."""

import math
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import one_hot, pad, relu

from index.static import StaticEmbedder
from rag.choice import UNREAD, divergence, is_read, mean, rows_of, surprise
from rag.course import DEVICE, Course, Lessons, follow, halves
from rag.lesson import Lesson, Pair, pairs_of
from rag.lexicon import NONE, Lexicon, Numbers, padded
from rag.network import EXACT, LEAST, MOST
from rag.tutor import Told

COURSE = Course(steps=3700, at_once=192, together=192, rate=2e-3)
WIDTH = 96
BESIDE = 3
"""What is told of a word of a passage beside what it is."""
POOLS, IMPORTANCES = 2, 4
_LIKE, _SAME = 1.0, 3.0  # how far the attention begins by going by either
_FORGOTTEN = 0.04  # of all words' vectors, in each step
_RIGHT, _DISTANCE = 0.4, 0.03
"""What weigh being right and the squared distance of single logits, where the tutor's choice weighs 1."""
_TOLD = -9.0, 8.0
"""The tutor's logits beyond these are not approached."""


class Seen(NamedTuple):
    """Pairs as the network takes them, padded; `asked` and `said` tell what is no padding."""

    question: Tensor
    """What is known of each word, (pairs, words, inputs)."""
    passage: Tensor
    """The same, and whether the question holds it, whether it is of title or headings, and whether it is the
    first of these or of a sentence: (pairs, words, inputs + `BESIDE`)."""
    asked: Tensor
    said: Tensor
    """Where there are words, (pairs, words)."""
    like: Tensor
    """Cosines, (pairs, words of the question, words of the passage)."""
    same: Tensor
    """Which of them are one word, in the same shape."""
    holds: Tensor
    """Which sentence holds each word, (pairs, words, sentences); none, those of title and headings."""


class Pupil:
    """Convolutions over words, and attention from the passage to the question."""

    def __init__(self, lexicon: Lexicon, vectors: StaticEmbedder) -> None:
        """Begin with layers that know nothing."""
        self._lexicon = lexicon
        self._inputs = torch.from_numpy(lexicon.inputs(vectors)).to(DEVICE)
        self._dimension = vectors.dimension
        self.layers = _layers(self._inputs.shape[1]).to(DEVICE)

    def read(self, pairs: Sequence[Pair]) -> Tensor:
        """Return the logit of each sentence of pairs, in order."""
        counts = torch.tensor([len(excerpt.sentences) for _, excerpt in pairs], device=DEVICE)
        logits = self._logits(self._seen(pairs, int(counts.max())))
        return logits[torch.arange(logits.shape[1], device=DEVICE) < counts[:, None]]

    def weights(self) -> dict[str, NDArray[np.float16]]:
        """Return what it has learnt, at half precision."""
        return {name: each.half().cpu().numpy() for name, each in self.layers.state_dict().items()}

    def _seen(self, pairs: Sequence[Pair], count: int) -> Seen:
        spelt = [self._lexicon.excerpts[excerpt] for _, excerpt in pairs]
        asked = _table([self._lexicon.questions[question] for question, _ in pairs], NONE)
        said = _table([one.words for one in spelt], NONE)
        sentences = _table([one.sentences for one in spelt], -1)
        question, passage = self._known(asked, said)
        vectors = (one[..., : self._dimension] for one in (question, passage))
        same = (asked[:, :, None] == said[:, None, :]) & (said != NONE)[:, None, :]
        begins = pad(sentences[:, 1:] != sentences[:, :-1], (1, 0), value=True)
        beside = torch.stack([same.any(dim=1), sentences < 0, begins], dim=-1)
        return Seen(
            question,
            torch.cat([passage, beside], dim=-1),
            asked != NONE,
            said != NONE,
            torch.einsum("pqd,pwd->pqw", *vectors),
            same.float(),
            one_hot(sentences + 1, count + 1)[..., 1:].float(),
        )

    def _known(self, *words: Tensor) -> tuple[Tensor, ...]:
        """Return what is known of words; while it learns, the vectors of some are forgotten."""
        known = tuple(self._inputs[numbers] for numbers in words)
        if self.layers.training:
            kept = (torch.rand(len(self._inputs), device=DEVICE) > _FORGOTTEN).float()
            for inputs, numbers in zip(known, words, strict=True):
                inputs[..., : self._dimension] *= kept[numbers][..., None]
        return known

    def _logits(self, seen: Seen) -> Tensor:
        """Return logits, (pairs, sentences)."""
        layers, asked, said = self.layers, seen.asked[..., None], seen.said[..., None]
        question = self._around("question_around", relu(layers["question"](seen.question)) * asked, asked)
        words = self._around("around", relu(layers["passage"](seen.passage)) * said, said)
        words = self._around("fused_around", self._fused(words, question, seen) * said, said)
        logits = self._scores(words, question, seen).float()
        return torch.where(seen.holds.any(dim=1), logits, UNREAD)

    def _around(self, name: str, words: Tensor, there: Tensor) -> Tensor:
        """Let each word look at the one before and the one after."""
        wide = pad(words, (0, 0, 1, 1))
        three = torch.cat([wide[:, :-2], words, wide[:, 2:]], dim=-1)
        return self.layers[f"{name}_norm"](words + relu(self.layers[name](three))) * there

    def _fused(self, words: Tensor, question: Tensor, seen: Seen) -> Tensor:
        """Let each word look at the question, most at words that it is or is like."""
        like, same = self.layers.likeness
        towards = self.layers["attention"](words) @ question.transpose(1, 2) / math.sqrt(WIDTH)
        towards = towards + (like * seen.like + same * seen.same).transpose(1, 2)
        found = towards.masked_fill(~seen.asked[:, None], UNREAD).softmax(dim=-1) @ question
        held = seen.same.amax(dim=1)
        best = torch.maximum(seen.like.amax(dim=1), held)
        beside = [words, found, words * found, best[..., None], held[..., None]]
        return self.layers["fused_norm"](relu(self.layers["fused"](torch.cat(beside, dim=-1))))

    def _scores(self, words: Tensor, question: Tensor, seen: Seen) -> Tensor:
        """Score sentences by means of their words, and by how near they come to each word of the question."""
        share = self.layers["pool"](words).float().clamp(-MOST, MOST).exp()
        sums = torch.einsum("pws,pwkd->pskd", seen.holds, share[..., None] * words[:, :, None])
        means = sums / (torch.einsum("pws,pwk->psk", seen.holds, share)[..., None] + LEAST)
        importance = self.layers["importance"](question).float()
        importance = importance.masked_fill(~seen.asked[..., None], UNREAD).softmax(dim=1)
        near = _nearest(torch.maximum(seen.like, EXACT * seen.same), seen.holds)
        whole = torch.einsum("pq,pqk->pk", near.amax(dim=1), importance)
        gist = question.sum(dim=1) / seen.asked.sum(dim=1, keepdim=True).clamp(min=1)
        alike = torch.cat([whole, gist], dim=-1)[:, None].expand(-1, near.shape[1], -1)
        every = torch.cat([means.flatten(2), torch.einsum("psq,pqk->psk", near, importance), alike], dim=-1)
        return self.layers["score"](relu(self.layers["hidden"](every))).squeeze(-1)


def _layers(inputs: int) -> nn.ModuleDict:
    wide = {
        "question": nn.Linear(inputs, WIDTH),
        "passage": nn.Linear(inputs + BESIDE, WIDTH),
        "attention": nn.Linear(WIDTH, WIDTH, bias=False),
        "fused": nn.Linear(3 * WIDTH + 2, WIDTH),
        "fused_norm": nn.LayerNorm(WIDTH),
        "pool": nn.Linear(WIDTH, POOLS),
        "importance": nn.Linear(WIDTH, IMPORTANCES),
        "hidden": nn.Linear((POOLS + 1) * WIDTH + 2 * IMPORTANCES, WIDTH),
        "score": nn.Linear(WIDTH, 1),
    }
    for name in ("question_around", "around", "fused_around"):
        wide |= {name: nn.Linear(3 * WIDTH, WIDTH), f"{name}_norm": nn.LayerNorm(WIDTH)}
    layers = nn.ModuleDict(wide)
    layers.register_parameter("likeness", nn.Parameter(torch.tensor([_LIKE, _SAME])))
    return layers


def _table(lists: Sequence[Numbers], filling: int) -> Tensor:
    return torch.from_numpy(padded(lists, filling)).to(DEVICE)


def _nearest(near: Tensor, holds: Tensor) -> Tensor:
    """Return how near the words of each sentence come to each of the question, (pairs, sentences, words)."""
    sentence = torch.where(holds.any(dim=-1), holds.argmax(dim=-1) + 1, 0)
    sentence = sentence[..., None].expand(-1, -1, near.shape[1])
    places = near.new_zeros(len(near), holds.shape[-1] + 1, near.shape[1])
    return places.scatter_reduce(1, sentence, near.transpose(1, 2), "amax")[:, 1:]


def loss_of(logits: Tensor, told: Tensor, lessons: Sequence[Lesson]) -> Tensor:
    """Return the loss over lessons: not to answer right, and not to choose as the tutor does."""
    ours, theirs = rows_of(logits, lessons), rows_of(told, lessons)
    both = is_read(ours) & is_read(theirs)
    ours, theirs = ours.masked_fill(~both, UNREAD), theirs.masked_fill(~both, UNREAD)
    apart = ((ours - theirs.clamp(*_TOLD)).square() * both).sum() / both.sum().clamp(min=1)
    choice = _RIGHT * surprise(ours, lessons) + divergence(ours, theirs)
    return mean(choice, lessons) + _DISTANCE * apart


def learn(lessons: Lessons, told: Told, course: Course, seed: int) -> Pupil:
    """Learn lessons, from a tutor that told its mind about all that they may come to be."""
    torch.manual_seed(seed)
    pupil = Pupil(Lexicon(pairs_of(chain.from_iterable(lessons.values()))), StaticEmbedder())

    def loss(some: Sequence[Lesson]) -> Tensor:
        pairs = [pair for lesson in some for pair in lesson.pairs]
        with halves():
            logits = pupil.read(pairs)
        theirs = torch.from_numpy(np.concatenate([told[pair] for pair in pairs])).to(DEVICE)
        return loss_of(logits, theirs, some)

    follow(course, pupil.layers.parameters(), loss, lessons, seed, "学生学")
    return pupil
