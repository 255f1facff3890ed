"""Learn which Chinese words an English word is translated by: ``python -m rag.alignment DATA``.

IBM Model 1 (Brown et al. 1993, The Mathematics of Statistical Machine Translation) over the sentence
pairs of ``DATA/parallel``: t(chinese | english) by expectation maximisation. About three minutes on
two CPU cores.
"""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import typer
from numpy.typing import NDArray

from index.segmenter import Segmenter, is_han
from rag.question import ASKING
from rag.translation import TABLE

CAPS = {"cpp_docs_mt": 10_000, "cpp_docs_ht": 4_000, "ms_headings": 6_000}
"""Pairs taken of what is machine-translated, or all of one kind."""
ROUNDS = 6
_LONGEST = 60  # words of a sentence; long ones align badly
_SEEN = 4  # times that an English word must have been seen
_LEAST, _MOST = 0.12, 3  # share of a translation, and how many are kept
_NULL = 0  # the English word that Chinese words without a counterpart come from


def pairs(data: Path) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the words of an English sentence and of its Chinese translation."""
    segmenter = Segmenter()
    for path in sorted((data / "parallel").glob("*.jsonl.gz")):
        cap = CAPS.get(path.name.split(".")[0])
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                if cap is not None and number >= cap:
                    break
                row = json.loads(line)
                english = [
                    w for w in segmenter.cut(row["en"]) if w.isascii() and w.isalpha() and w not in ASKING
                ]
                chinese = [w for w in segmenter.cut(row["zh"]) if is_han(w)]
                if 0 < len(english) <= _LONGEST and 0 < len(chinese) <= _LONGEST:
                    yield list(dict.fromkeys(english)), list(dict.fromkeys(chinese))


def align(sentences: list[tuple[list[str], list[str]]]) -> dict[str, dict[str, float]]:
    """Return t(chinese | english) of each English word, best first."""
    english, chinese = _numbered(one[0] for one in sentences), _numbered(one[1] for one in sentences)
    e, c, target = _cells(sentences, english, chinese)
    width = len(chinese)
    keys, cell = np.unique(e * width + c, return_inverse=True)
    t: NDArray[np.float64] = np.ones(len(keys))
    for _ in range(ROUNDS):
        weight = t[cell]
        weight /= np.bincount(target, weight)[target]
        t = np.bincount(cell, weight, len(keys)).astype(np.float64)
        t /= np.bincount(keys // width, t)[keys // width]
    return _table(keys, t, list(english), list(chinese), Counter(w for one in sentences for w in one[0]))


def _numbered(sentences: Iterator[list[str]]) -> dict[str, int]:
    numbers: dict[str, int] = {"": _NULL}
    for sentence in sentences:
        for word in sentence:
            numbers.setdefault(word, len(numbers))
    return numbers


def _cells(
    sentences: list[tuple[list[str], list[str]]], english: dict[str, int], chinese: dict[str, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return each English word beside each Chinese word of its sentence; and which word that is."""
    es, cs, targets, first = [], [], [], 0
    for one, other in sentences:
        e = np.array([_NULL, *(english[word] for word in one)])
        c = np.array([chinese[word] for word in other])
        es.append(np.tile(e, len(c)))
        cs.append(np.repeat(c, len(e)))
        targets.append(np.repeat(np.arange(first, first + len(c)), len(e)))
        first += len(c)
    return np.concatenate(es), np.concatenate(cs), np.concatenate(targets)


def _table(
    keys: NDArray[np.int64],
    t: NDArray[np.float64],
    english: list[str],
    chinese: list[str],
    seen: Counter[str],
) -> dict[str, dict[str, float]]:
    table: dict[str, dict[str, float]] = {}
    for place in np.lexsort((keys, -t)).tolist():
        if t[place] < _LEAST:
            break
        word = english[keys[place] // len(chinese)]
        if seen[word] >= _SEEN and len(row := table.setdefault(word, {})) < _MOST:
            row[chinese[keys[place] % len(chinese)]] = round(float(t[place]), 2)
    return table


def main(data: Path, out: Path = TABLE) -> None:
    """Learn from the folder DATA and write OUT."""
    table = align(list(pairs(data)))
    rows = (
        f"{json.dumps(word)}:{json.dumps(table[word], ensure_ascii=False, separators=(',', ':'))}"
        for word in sorted(table)
    )
    out.write_text("{\n" + ",\n".join(rows) + "\n}\n", "utf-8")
    typer.echo(f"{len(table)} words")


if __name__ == "__main__":
    typer.run(main)
