"""Train the reader: ``python -m rag.reading DATA [FOLDER ...]``.

Needs the extra ``chuchu[train]``. DATA holds ``pairs/``, ``train/`` and ``parallel/`` as the model
card describes them; each FOLDER holds ``corpus.jsonl`` and ``questions.jsonl``, in which the id of a question
begins with that of its document: ``d13-2``. Documents that `rag.lesson.held_out` names are not learnt from.

A transformer learns to tell which sentences of passages answer; then a network of 189,000 weights, that
reads one in milliseconds, learns to choose as it does. The run is seeded. It wants a GPU; on CPUs it is
tried: ``--most 40 --tutor-steps 5 --tutor-at-once 4 --steps 20``.
"""

from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track
from safetensors.numpy import save_file

from rag import pupil, training, tutor
from rag.lesson import KINDS, Lesson, of_world, written
from rag.reader import MODEL

SEED = 0
_TIMES = 3
"""How many times as many articles are read as for the ranker; and all paragraphs."""


def lessons_of(data: Path, asked: list[Path], most: int | None = None) -> dict[str, list[Lesson]]:
    """Make lessons of the folder DATA and the sets ASKED; ``most`` questions of each."""
    worlds = {
        "paragraphs": training.paragraphs(data, _TIMES),
        "articles": training.articles(data, _TIMES),
    }
    lessons = {
        name: [*track(of_world(world, KINDS[name].weight, most), name, len(world.questions[:most]))]
        for name, world in worlds.items()
    }
    sets = (written(folder, KINDS["written"].weight, most) for folder in asked)
    return lessons | {"written": [*track(chain.from_iterable(sets), "written")]}


def train(
    data: Path,
    asked: Annotated[list[Path] | None, typer.Argument()] = None,
    out: Path = MODEL,
    tutor_steps: int = tutor.COURSE.steps,
    tutor_at_once: int = tutor.COURSE.at_once,
    steps: int = pupil.COURSE.steps,
    most: int | None = None,
) -> None:
    """Train on the folder DATA and the sets ASKED, MOST questions of each; write the weights to OUT."""
    lessons = lessons_of(data, asked or [], most)
    told = tutor.teach(lessons, tutor.COURSE._replace(steps=tutor_steps, at_once=tutor_at_once), SEED)
    learnt = pupil.learn(lessons, told, pupil.COURSE._replace(steps=steps), SEED)
    save_file(learnt.weights(), out)


if __name__ == "__main__":
    typer.run(train)
