"""Calibrate the confidence: ``python -m rag.calibration FOLDER ...``.

Needs the extra ``chuchu[train]``. Each FOLDER holds ``corpus.jsonl`` and ``questions.jsonl``. Half of
the documents that answer something are taken away, all questions are asked of the rest, and a
logistic regression learns which kept their answer. About a minute a folder on two CPU cores.
"""

import json
import random
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from index.document import Document, canonical
from index.static import StaticEmbedder
from rag.confidence import MODEL, NAMES, seen
from rag.question import understand
from rag.ranker import Ranker
from rag.retrieval import PASSAGES, retrieve
from rag.training import SEED, World, index

QUESTIONS = 1200
"""Drawn of each folder, so that none outweighs the others."""
_RIDGE = 0.1
_STEPS = 30

Examples = tuple[NDArray[np.float64], NDArray[np.float64]]
"""What the confidence looks at, (questions, features), and 1 where the answer is there, else 0."""


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
    rows, kept = [], []
    questions = [one for one in _lines(folder / "questions.jsonl") if one["evidence"]]
    for one in rng.sample(questions, min(QUESTIONS, len(questions))):
        lost = {place["document"] in gone for place in one["evidence"]}
        if len(lost) == 1:
            question = understand(one["question"], generation)
            weighed = ranker.weigh(question, retrieve(question, generation, PASSAGES))
            features = np.array([candidate.features for candidate in weighed.candidates])
            rows.append(seen(features))
            kept.append(float(not lost.pop()))
    return np.array(rows), np.array(kept)


def fit(sets: list[Examples]) -> NDArray[np.float64]:
    """Return the weights of a logistic regression, the intercept last.

    Newton's method with a small ridge; both kinds of question weigh alike in each set, and all sets
    weigh alike.
    """
    weigh = [np.where(y == 1, 1 / y.mean(), 1 / (1 - y.mean())) * 1000 / len(y) for _, y in sets]
    x = np.vstack([np.column_stack([rows, np.ones(len(rows))]) for rows, _ in sets])
    y, w = np.concatenate([kept for _, kept in sets]), np.concatenate(weigh)
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
