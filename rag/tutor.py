"""What the pupil learns from: a transformer that reads question and passage together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

import numpy as np
import torch
from rich.progress import track
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from index.embedder import Vectors
from index.fold import fold
from rag.checkpoint import Checkpoint
from rag.choice import UNREAD, mean, rows_of, surprise
from rag.course import DEVICE, Course, Lessons, follow, halves
from rag.lesson import Lesson, Pair, pairs_of

COURSE = Course(steps=6000, at_once=64, together=64 if DEVICE.type == "cuda" else 4, rate=1.2e-4)
ASKED, ABOUT, SENTENCE = 56, 28, 110
"""Tokens that are read of a question, of title and headings together, and of a sentence."""
_AT_ONCE, _TOLD_AT_ONCE = 128, 8192
"""Pairs of about one length that are read at once; pairs that are put in order of their lengths at once."""
_DROPPED = 0.05

Told = Mapping[Pair, Vectors]
"""Of each pair, the logit of each sentence."""


class Spelling:
    """The tokens of pairs, numbered anew: most that the checkpoint has are of other languages."""

    def __init__(self, checkpoint: Checkpoint, pairs: Sequence[Pair]) -> None:
        """Cut all texts."""
        excerpts = [excerpt for _, excerpt in pairs]
        sentences = chain.from_iterable(excerpt.sentences for excerpt in excerpts)
        questions = _spelt(checkpoint, "query: ", (question for question, _ in pairs), ASKED)
        abouts = _spelt(checkpoint, "passage: ", (excerpt.about for excerpt in excerpts), ABOUT)
        texts = _spelt(checkpoint, "", sentences, SENTENCE)
        every = chain(questions.values(), abouts.values(), texts.values())
        self.tokens = np.unique([*checkpoint.special, *chain.from_iterable(every)])
        """The checkpoint's number of each."""
        self._begin, self._end, self.mark = np.searchsorted(self.tokens, checkpoint.special).tolist()
        self._questions, self._abouts, self._sentences = map(self._renumbered, (questions, abouts, texts))
        self._places = checkpoint.places

    def _renumbered(self, spelt: Mapping[str, list[int]]) -> dict[str, list[int]]:
        return {text: np.searchsorted(self.tokens, tokens).tolist() for text, tokens in spelt.items()}

    def row(self, pair: Pair) -> Tensor:
        """Return the tokens of a pair, a mark before each sentence."""
        question, excerpt = pair
        row = [self._begin, *self._questions[question], self._end, *self._abouts[excerpt.about]]
        for sentence in excerpt.sentences:
            row += [self.mark, *self._sentences[sentence]]
        return torch.tensor([*row[: self._places - 1], self._end])


def _spelt(checkpoint: Checkpoint, prefix: str, texts: Iterable[str], longest: int) -> dict[str, list[int]]:
    distinct = list(dict.fromkeys(texts))
    tokens = checkpoint.spell([prefix + fold(text) for text in distinct])
    # A text about transformers may hold <mask>.
    plain = ([token for token in each if token not in checkpoint.special] for each in tokens)
    return {text: each[:longest] for text, each in zip(distinct, plain, strict=True)}


class Tutor:
    """multilingual-e5-small, and a head that says of the mark before a sentence whether it answers."""

    def __init__(self, checkpoint: Checkpoint, spelling: Spelling) -> None:
        """Begin with what the checkpoint knows; the head knows nothing."""
        width = checkpoint.width
        layer = nn.TransformerEncoderLayer(
            width, checkpoint.heads, checkpoint.inner, _DROPPED, "gelu", checkpoint.epsilon, batch_first=True
        )
        self._spelling = spelling
        self.layers = nn.ModuleDict(
            {
                "words": nn.Embedding(len(spelling.tokens), width),
                "places": nn.Embedding(checkpoint.places, width),
                "normal": nn.LayerNorm(width, checkpoint.epsilon),
                "dropped": nn.Dropout(_DROPPED),
                "encoder": nn.TransformerEncoder(layer, checkpoint.layers, enable_nested_tensor=False),
                "head": nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, 1)),
            }
        )
        known = {name: torch.tensor(value) for name, value in _known(checkpoint, spelling)}
        self.layers.load_state_dict(known, strict=False)
        self.layers.to(DEVICE)

    def states(self, rows: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Return tokens, padded with -1, (rows, tokens), and the vector of each, (rows, tokens, width)."""
        tokens = pad_sequence(rows, batch_first=True, padding_value=-1).to(DEVICE)
        places = torch.arange(tokens.shape[1], device=DEVICE)
        vectors = self.layers["words"](tokens.clamp(min=0)) + self.layers["places"](places)
        vectors = self.layers["dropped"](self.layers["normal"](vectors))
        return tokens, self.layers["encoder"](vectors, src_key_padding_mask=tokens < 0)

    def read(self, pairs: Sequence[Pair]) -> Tensor:
        """Return the logit of each sentence of pairs, in order."""
        rows = [self._spelling.row(pair) for pair in pairs]
        order = sorted(range(len(pairs)), key=lambda number: len(rows[number]))
        read: dict[int, Tensor] = {}
        for start in range(0, len(order), _AT_ONCE):
            some = order[start : start + _AT_ONCE]
            counts = [len(pairs[number][1].sentences) for number in some]
            read |= zip(some, self._logits([rows[number] for number in some], counts), strict=True)
        return torch.cat([read[number] for number in range(len(pairs))])

    def _logits(self, rows: Sequence[Tensor], counts: Sequence[int]) -> Iterator[Tensor]:
        tokens, vectors = self.states(rows)
        marks = tokens == self._spelling.mark
        said = self.layers["head"](vectors[marks]).squeeze(-1).float()
        logits = said.new_full((len(rows), max(counts)), UNREAD)
        logits[marks.nonzero()[:, 0], (marks.cumsum(dim=1) - 1)[marks]] = said
        return (row[:count] for row, count in zip(logits, counts, strict=True))

    def tell(self, pairs: Sequence[Pair]) -> Told:
        """Return what it makes of pairs."""
        self.layers.eval()
        told: dict[Pair, Vectors] = {}
        with torch.no_grad(), halves():
            for start in track(range(0, len(pairs), _TOLD_AT_ONCE), "教师读"):
                some = pairs[start : start + _TOLD_AT_ONCE]
                counts = [len(excerpt.sentences) for _, excerpt in some]
                logits = self.read(some).cpu().split(counts)
                told |= {pair: each.numpy() for pair, each in zip(some, logits, strict=True)}
        return told


def _known(checkpoint: Checkpoint, spelling: Spelling) -> Iterator[tuple[str, Vectors]]:
    """Yield what the checkpoint knows, by the names of torch's layers."""
    width, inner = checkpoint.width, checkpoint.inner
    # All text is of one kind, whose vector is added to every word.
    kind = checkpoint.weights("emb.type", -1, width)[0]
    yield "words.weight", checkpoint.weights("emb.word", -1, width)[spelling.tokens] + kind
    yield "places.weight", checkpoint.weights("emb.pos", -1, width)[: checkpoint.places]
    yield "normal.weight", checkpoint.weights("emb.ln.w", width)
    yield "normal.bias", checkpoint.weights("emb.ln.b", width)
    names = {
        "self_attn.out_proj": ("ao", (width, width)),
        "linear1": ("fi", (inner, width)),
        "linear2": ("fo", (width, inner)),
        "norm1": ("aln", (width,)),
        "norm2": ("oln", (width,)),
    }
    for number in range(checkpoint.layers):
        theirs, ours = f"l{number}.", f"encoder.layers.{number}."
        three = [checkpoint.weights(f"{theirs}{part}.w", width, width) for part in "qkv"]
        yield f"{ours}self_attn.in_proj_weight", np.concatenate(three)
        biases = [checkpoint.weights(f"{theirs}{part}.b", width) for part in "qkv"]
        yield f"{ours}self_attn.in_proj_bias", np.concatenate(biases)
        for name, (part, shape) in names.items():
            yield f"{ours}{name}.weight", checkpoint.weights(f"{theirs}{part}.w", *shape)
            yield f"{ours}{name}.bias", checkpoint.weights(f"{theirs}{part}.b", shape[0])


def teach(lessons: Lessons, course: Course, seed: int) -> Told:
    """Fine-tune the tutor on lessons, and return what it tells of all that they may come to be."""
    torch.manual_seed(seed)
    checkpoint, pairs = Checkpoint(), pairs_of(chain.from_iterable(lessons.values()))
    tutor = Tutor(checkpoint, Spelling(checkpoint, pairs))

    def loss_of(some: Sequence[Lesson]) -> Tensor:
        with halves():
            logits = tutor.read([pair for lesson in some for pair in lesson.pairs])
        return mean(surprise(rows_of(logits, some), some), some)

    follow(course, tutor.layers.parameters(), loss_of, lessons, seed, "教师学")
    return tutor.tell(pairs)
