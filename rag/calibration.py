"""Calibrate the confidence: ``python -m rag.calibration FOLDER ...``.

Needs the extra ``chuchu[train]``. Each FOLDER holds ``corpus.jsonl`` and ``questions.jsonl``. Questions
are asked three times: of documents that answer them, of the others, and of documents from which the
sentences that answer were cut out; or, where there are some that the documents do not answer, as they are. A
logistic regression learns whose quotes hold the answer. About a minute a folder on two CPU cores.
"""

import json
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer
from numpy.typing import NDArray

from index.document import Document, Span
from index.sentence import split
from index.static import StaticEmbedder
from rag.asked import Asked, Place, documents_of, records_of
from rag.citation import cite
from rag.confidence import MODEL, NAMES
from rag.evidence import choose
from rag.metric import cited_metrics, right
from rag.question import understand
from rag.ranker import Ranker, Weighed
from rag.retrieval import enough_for, retrieve
from rag.training import SEED, World, index

QUESTIONS = 1200
"""Drawn of each folder, so that none outweighs the others."""
CUTS = 3
_ANSWERING = 2  # sentences, at most, that hold a short answer
_CUT = 0.1
"""What questions without their sentences count for: their documents may answer in other words."""
_LONG = 0.12
"""What questions without short answers count for: others may stand where their documents say it again."""
_UNANSWERED = 0.3
"""What questions as they are count for, some of which have no answer: people seldom ask what they know."""
_RIDGE = 0.1
_STEPS = 30


class Example(NamedTuple):
    """A question asked of some documents."""

    seen: NDArray[np.float64]
    """What the confidence looks at, `rag.confidence.NAMES`."""
    there: bool
    """Whether the documents answer."""
    right: bool
    """Whether the quotes hold the answer."""


def without_documents(
    documents: list[Document], questions: list[dict[str, Any]], rng: random.Random
) -> list[Example]:
    """Ask of half of the documents; not what has lost a part of its evidence, or never had any."""
    gone = {one.id for one in rng.sample(documents, len(documents) // 2)}
    there, asked = [], []
    for one in questions:
        lost = {place["document"] in gone for place in one["evidence"]}
        if len(lost) == 1:
            there.append(not lost.pop())
            asked.append(one)
    return _ask(asked, there, [one for one in documents if one.id not in gone])


def without_answers(
    documents: list[Document], questions: list[dict[str, Any]], rng: random.Random
) -> list[Example]:
    """Ask of documents without the sentences that answer, `CUTS` questions of each at most.

    Only questions with short answers: others are answered elsewhere in the document too.
    """
    texts = {one.id: one.text for one in documents}
    cuts: dict[str, set[Span]] = {one.id: set() for one in documents}
    taken: Counter[str] = Counter()
    asked = []
    for one in rng.sample(questions, len(questions)):
        names = {place["document"] for place in one["evidence"]}
        name = names.pop()
        sentences = split(texts[name])
        answering = {span for span in sentences if any(_meet(span, place) for place in one["evidence"])}
        short = not names and one.get("answers") and len(answering) <= _ANSWERING < len(sentences)
        if short and taken[name] < CUTS:
            taken[name] += 1
            cuts[name] |= answering
            asked.append(one)
    left = {one.id: _without(one.text, cuts[one.id]) for one in documents}
    asked = [one for one in asked if not _says(left[one["evidence"][0]["document"]], one["answers"])]
    rest = [replace(one, text=left[one.id]) for one in documents]
    return _ask(asked, [False] * len(asked), rest)


def _without(text: str, cuts: Iterable[Span]) -> str:
    for cut in sorted(cuts, reverse=True):
        text = text[: cut.start] + text[cut.end :]
    return text


def _meet(span: Span, place: dict[str, Any]) -> bool:
    return bool(span.start < place["end"] and place["start"] < span.end)


def _says(text: str, answers: list[str]) -> bool:
    return any(answer in text for answer in answers)


def _ask(questions: list[dict[str, Any]], there: list[bool], documents: list[Document]) -> list[Example]:
    generation = index(World(documents, []), StaticEmbedder())
    ranker = Ranker(generation)
    examples = []
    for one, answered in zip(questions, there, strict=True):
        question = understand(one["question"], generation)
        if candidates := ranker.candidates(question, retrieve(question, generation, enough_for(question))):
            citations = cite(choose(Weighed(candidates, 1.0), generation))
            holds = answered and bool(right(cited_metrics(_asked(one), citations)))
            examples.append(Example(ranker.seen(question, candidates), answered, holds))
    return examples


def examples(folder: Path) -> list[tuple[list[Example], float]]:
    """Ask a folder's questions with and without what answers them; and say what each way counts for."""
    rng = random.Random(SEED)
    documents = documents_of(folder)
    questions = list(records_of(folder / "questions.jsonl"))
    questions = rng.sample(questions, min(QUESTIONS, len(questions)))
    there = [bool(one["evidence"]) for one in questions]
    whole = without_documents(documents, questions, rng)
    if not all(there):
        return [(whole, 1.0), (_ask(questions, there, documents), _UNANSWERED)]
    cut = without_answers(documents, questions, rng)
    return [(whole, 1.0), ([*filter(_there, whole), *cut], _CUT)] if cut else [(whole, _LONG)]


def _there(example: Example) -> bool:
    return example.there


def _asked(record: dict[str, Any]) -> Asked:
    places = [[Place(one["document"], Span(one["start"], one["end"]))] for one in record["evidence"]]
    return Asked(record["id"], record["question"], "", places, record.get("answers") or ())


def fit(sets: list[tuple[list[Example], float]]) -> NDArray[np.float64]:
    """Return the weights of a logistic regression, the intercept last.

    Newton's method with a small ridge; both kinds of question weigh alike in each set, and a set weighs
    what is said beside it.
    """
    x = np.array([[*one.seen, 1.0] for examples, _ in sets for one in examples])
    y = np.array([one.right for examples, _ in sets for one in examples], np.float64)
    w = np.concatenate([weight * _weights(np.array([*map(_there, examples)])) for examples, weight in sets])
    beta = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-x @ beta))
        gradient = x.T @ (w * (y - p)) - _RIDGE * beta
        hessian = (x * (w * p * (1 - p))[:, None]).T @ x + _RIDGE * np.eye(len(beta))
        beta += np.linalg.solve(hessian, gradient)
    return beta


def _weights(there: NDArray[np.bool_]) -> NDArray[np.float64]:
    weights: NDArray[np.float64] = (
        np.where(there, 1 / there.mean(), 1 / (1 - there.mean())) * 1000 / len(there)
    )
    return weights


def calibrate(folders: Annotated[list[Path], typer.Argument()], out: Path = MODEL) -> None:
    """Fit on all FOLDERS and write the weights to OUT."""
    *weights, intercept = fit([one for folder in folders for one in examples(folder)]).round(3).tolist()
    record = dict(zip(NAMES, weights, strict=True)) | {"intercept": intercept}
    out.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    typer.echo(record)


if __name__ == "__main__":
    typer.run(calibrate)
