"""A folder with ``corpus.jsonl`` and ``questions.jsonl``, and indexes of it."""

import json
import random
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

import typer

from index.build import Progress
from rag.asked import Asked
from rag.bootstrap import Estimate
from rag.evidence import QUOTE_CHARACTERS
from rag.knowledge import KnowledgeBase, rebuild
from rag.questionset import read_questions

SEED = 0
REMOVED = 400
ALONE = 40
"""Documents that are indexed alone, at most."""
OF_ONE = 6
"""Questions of each of them, and of another."""


def sample(questions: Sequence[Asked], limit: int | None) -> list[Asked]:
    """Draw ``limit`` questions, in the order of the file."""
    if limit is None or limit >= len(questions):
        return list(questions)
    drawn = random.Random(SEED).sample(range(len(questions)), limit)
    return [questions[n] for n in sorted(drawn)]


def measure_of(questions: Sequence[Asked]) -> str:
    """Name the measure of a set: answers where all have them, sections by being hit, else recall."""
    answerable = [one for one in questions if one.evidence]
    if all(one.answers for one in answerable):
        return "answer"
    lengths = [place.span.end - place.span.start for one in answerable for place in one.evidence[0]]
    return "hit" if fmean(lengths) > QUOTE_CHARACTERS else "recall"


@contextmanager
def indexed(folder: Path, without: frozenset[str] = frozenset()) -> Iterator[KnowledgeBase]:
    """Index the corpus, but for the documents ``without``, in a folder that goes away."""
    with TemporaryDirectory() as scratch:
        corpus = Path(scratch, "corpus.jsonl")
        with (
            (folder / "corpus.jsonl").open(encoding="utf-8") as lines,
            corpus.open("w", encoding="utf-8") as out,
        ):
            out.writelines(line for line in lines if json.loads(line)["_id"] not in without)
        rebuild(Path(scratch, "data"), [corpus])
        yield KnowledgeBase.open(Path(scratch, "data"))


def questions_of(folder: Path, knowledge: KnowledgeBase) -> list[Asked]:
    """Read the questions."""
    return read_questions(folder / "questions.jsonl", knowledge.generation)


def remove_gold(questions: Sequence[Asked]) -> tuple[frozenset[str], list[Asked]]:
    """Choose documents to leave out, and questions that they make unanswerable beside others.

    Half of the documents that answer something stay, so that the questions which keep theirs are
    asked of an index much like the whole; as many are asked of either kind, `REMOVED` at most.
    """
    rng = random.Random(SEED)
    answerable = [one for one in questions if one.evidence]
    gold = {one.id: _documents_of(one) for one in answerable}
    documents = sorted(set().union(*gold.values()))
    out = frozenset(rng.sample(documents, len(documents) // 2))
    lost = [one for one in answerable if gold[one.id] <= out]
    kept = [one for one in answerable if not gold[one.id] & out]
    n = min(len(lost), len(kept), REMOVED)
    unanswerable = _unanswerable(rng.sample(lost, n), "removed")
    return out, [*rng.sample(kept, n), *unanswerable]


def _documents_of(question: Asked) -> set[str]:
    return {place.document for places in question.evidence for place in places}


def _unanswerable(questions: Sequence[Asked], kind: str) -> list[Asked]:
    return [replace(one, evidence=[], kind=kind, grades={}) for one in questions]


def single_out(
    questions: Sequence[Asked], documents: Iterable[str]
) -> Iterator[tuple[frozenset[str], list[Asked]]]:
    """Yield all documents but one, and questions about that one and as many about another.

    Of documents with at least `OF_ONE` questions, `ALONE` at most.
    """
    rng = random.Random(SEED)
    every = frozenset(documents)
    about: dict[str, list[Asked]] = defaultdict(list)
    for one in questions:
        if len(of := _documents_of(one)) == 1:
            about[of.pop()].append(one)
    asked_about = sorted(name for name, own in about.items() if len(own) >= OF_ONE)
    drawn = rng.sample(asked_about, min(ALONE, len(asked_about)))
    for number, name in enumerate(drawn):
        other = about[drawn[number - 1]]
        lost = _unanswerable(rng.sample(other, OF_ONE), "elsewhere")
        yield every - {name}, [*rng.sample(about[name], OF_ONE), *lost]


def sets(folder: Path, only: Sequence[str] | None) -> list[Path]:
    """Return the sets of a folder, in order; with ``only``, those of them."""
    found = sorted(one.parent for one in folder.glob("*/questions.jsonl"))
    if not (chosen := [one for one in found if not only or one.name in only]):
        raise typer.BadParameter(f"{folder} holds no such folder with questions.jsonl")
    return chosen


def progress(name: str) -> Progress:
    """Tell how far a run has come, now and then."""

    def report(stage: str, done: int, total: int) -> None:
        if done == total or done % 500 == 0:
            typer.echo(f"{name}: {done}/{total}", err=True)

    return report


def measured() -> str:
    """Begin a page of tables of `shown` figures."""
    return f"Measured at commit {commit()}; half width of the 95 % bootstrap interval in brackets."


def shown(one: Estimate) -> str:
    """Write a figure with half the width of its interval."""
    return f"{one.value:.3f} (± {(one.high - one.low) / 2:.3f})"


def commit() -> str:
    """Name the code that is measured; a ``+`` says that it has changed since."""
    words = ["git", "describe", "--always", "--dirty=+", "--abbrev=10"]
    return subprocess.run(  # noqa: S603
        words, capture_output=True, text=True, check=True, cwd=Path(__file__).parent
    ).stdout.strip()
