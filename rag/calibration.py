"""Calibrate the confidence: ``python -m rag.calibration FOLDER ...``.

Needs the extra ``chuchu[train]``. Each FOLDER holds ``corpus.jsonl`` and ``questions.jsonl``. Half of
the documents that answer something are taken away, all questions are asked of the rest, and a
logistic regression learns whose quotes hold the answer. About a minute a folder on two CPU cores.
"""

import json
import random
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer
from numpy.typing import NDArray

from index.document import Document, Span, canonical
from index.static import StaticEmbedder
from rag.asked import Asked, Place
from rag.citation import cite
from rag.confidence import MODEL, NAMES, seen
from rag.evidence import choose
from rag.metric import cited_metrics, right
from rag.question import understand
from rag.ranker import Ranker, Weighed
from rag.retrieval import PASSAGES, retrieve
from rag.training import SEED, World, index

QUESTIONS = 1200
"""Drawn of each folder, so that none outweighs the others."""
_RIDGE = 0.1
_STEPS = 30


class Examples(NamedTuple):
    """Questions asked of a part of the documents."""

    seen: NDArray[np.float64]
    """What the confidence looks at, (questions, `rag.confidence.NAMES`)."""
    kept: NDArray[np.float64]
    """1 where the documents that answer are there, else 0."""
    right: NDArray[np.float64]
    """1 where the quotes hold the answer, else 0."""


def _lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def examples(folder: Path) -> Examples:
    """Ask a folder's questions of half of its documents."""
    rng = random.Random(SEED)
    records = _lines(folder / "corpus.jsonl")
    gone = {record["_id"] for record in rng.sample(records, len(records) // 2)}
    documents = [
        Document(record["_id"], record["title"], canonical(record["text"]))
        for record in records
        if record["_id"] not in gone
    ]
    generation = index(World(documents, []), StaticEmbedder())
    ranker = Ranker(generation)
    rows, kept, answers = [], [], []
    questions = [one for one in _lines(folder / "questions.jsonl") if one["evidence"]]
    for one in rng.sample(questions, min(QUESTIONS, len(questions))):
        lost = {place["document"] in gone for place in one["evidence"]}
        if len(lost) == 1:
            question = understand(one["question"], generation)
            candidates = ranker.candidates(question, retrieve(question, generation, PASSAGES))
            rows.append(seen(candidates))
            kept.append(float(not lost.pop()))
            citations = cite(choose(Weighed(candidates, 1.0), generation))
            answers.append(kept[-1] * right(cited_metrics(_asked(one), citations)))
    return Examples(np.array(rows), np.array(kept), np.array(answers))


def _asked(record: dict[str, Any]) -> Asked:
    places = [[Place(one["document"], Span(one["start"], one["end"]))] for one in record["evidence"]]
    return Asked(record["id"], record["question"], "", places, record.get("answers") or ())


def fit(sets: list[Examples]) -> NDArray[np.float64]:
    """Return the weights of a logistic regression, the intercept last.

    Newton's method with a small ridge; both kinds of question weigh alike in each set, and all sets
    weigh alike.
    """
    weigh = [
        np.where(one.kept == 1, 1 / one.kept.mean(), 1 / (1 - one.kept.mean())) * 1000 / len(one.kept)
        for one in sets
    ]
    x = np.vstack([np.column_stack([one.seen, np.ones(len(one.seen))]) for one in sets])
    y, w = np.concatenate([one.right for one in sets]), np.concatenate(weigh)
    beta = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-x @ beta))
        gradient = x.T @ (w * (y - p)) - _RIDGE * beta
        hessian = (x * (w * p * (1 - p))[:, None]).T @ x + _RIDGE * np.eye(len(beta))
        beta += np.linalg.solve(hessian, gradient)
    return beta


def calibrate(folders: Annotated[list[Path], typer.Argument()], out: Path = MODEL) -> None:
    """Fit on all FOLDERS and write the weights to OUT."""
    *weights, intercept = fit([examples(folder) for folder in folders]).round(3).tolist()
    record = dict(zip(NAMES, weights, strict=True)) | {"intercept": intercept}
    out.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    typer.echo(record)


if __name__ == "__main__":
    typer.run(calibrate)
