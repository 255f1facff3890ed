"""Take parts of chuchu away, to see what each is worth: ``python -m benchmarks.ablation FOLDER``."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any
from unittest.mock import patch

import numpy as np
import typer

import index.fold
import index.lexical
import index.mined
import rag.features
import rag.ranker
import rag.retrieval
from benchmarks.collection import indexed, measured, progress, questions_of, remove_gold, sample, sets, shown
from rag.bootstrap import Estimate
from rag.evaluation import evaluate
from rag.features import NAMES, Candidates, Describer
from rag.knowledge import KnowledgeBase
from rag.question import Question
from rag.ranker import Candidate, Ranker
from rag.reader import Reader
from rag.rival import UNRIVALLED
from rag.title import Titles


def _nothing(*_: Any) -> Any:
    return {}


def _nothing_asked(_: str) -> None:
    return None


def _everywhere(original: Callable[..., Any], other: Callable[..., Any]) -> Iterator[Any]:
    """Yield a patch for each module that imported ``original`` by its name."""
    for module in list(sys.modules.values()):
        name = getattr(module, "__name__", "")
        if name.split(".")[0] in {"index", "rag"} and vars(module).get(original.__name__) is original:
            yield patch.object(module, original.__name__, other)


_AROUND = [
    column
    for column, name in enumerate(NAMES)
    if name.endswith(("_before", "_after", "_about", "_passage", "_document", "_near", "_of_best"))
    or name in {"words_new", "named", "leans", "is_leant_on", "defined_after", "after_short_line"}
]
"""Features that look beyond the sentence."""


def _blind(describe: Callable[..., Candidates]) -> Callable[..., Candidates]:
    def described(self: Describer, *arguments: Any) -> Candidates:
        found = describe(self, *arguments)
        found.features[:, _AROUND] = 0
        return found

    return described


def _best_score(_: Ranker, __: Question, candidates: Sequence[Candidate]) -> float:
    return candidates[0].score


def _logistic(score: float) -> float:
    return float(1 / (1 + np.exp(-score)))


def _nothing_found(*_: Any) -> float:
    return 0.0


ABLATIONS: dict[str, Callable[[], list[Any]]] = {
    "bigrams": lambda: [patch.object(index.lexical, "BIGRAM_WEIGHT", 0.0)],
    "folding": lambda: list(_everywhere(index.fold.fold, str)),
    "terms": lambda: [patch.object(index.mined, "mine", lambda *_: [])],
    "dense": lambda: [patch.object(rag.retrieval, "_dense", _nothing)],
    "calibration": lambda: [
        patch.object(Ranker, "seen", _best_score),
        patch.object(rag.ranker, "probability", _logistic),
    ],
    "reader": lambda: [patch.object(Reader, "read", _nothing_found)],
    "names": lambda: [patch.object(Titles, "misnamed", _nothing_found)],
    "rivals": lambda: [patch.object(rag.ranker, "lead", lambda *_: UNRIVALLED)],
    "surroundings": lambda: [patch.object(Describer, "describe", _blind(Describer.describe))],
    "figures": lambda: [patch.object(rag.features, "kind_of", _nothing_asked)],
    "context": lambda: [patch.object(index.document.Document, "context_at", lambda *_: "")],
}
"""By name, the patches that take a part away; they hold while the index is built and asked.

``bigrams``: of retrieval; the ranker still sees them. ``context``: the title and headings that a
passage is indexed with. ``figures``: a number or a date that is asked for is looked for no more than
anything else. ``surroundings``: what the ranker sees beyond a sentence itself; it is not
trained again. ``calibration``: the confidence is the logistic function of the ranker's best score.
``reader``: each passage is as likely to say what is asked as not. ``names``: no question names another
document of the kind. ``rivals``: every document leads as if it were the only one. The ranker itself is what
the baseline "hybrid, no ranker" of ``python -m benchmarks`` leaves out.
"""


@contextmanager
def without(part: str | None) -> Iterator[None]:
    """Take a part away for a while; None leaves chuchu whole."""
    with ExitStack() as stack:
        for one in ABLATIONS[part]() if part else ():
            stack.enter_context(one)
        yield


COLUMNS = ("answer@1", "answer@3", "recall@1", "recall@3", "hit@1", "hit@3", "passage_ndcg@10")
OF_REMOVED = ("auroc", "ece")
"""Of half of the documents, asked also for what the other half holds."""


def measure(folder: Path, part: str | None, limit: int | None) -> list[Estimate | None]:
    """Return `COLUMNS` and `OF_REMOVED` on a set, ``part`` taken away."""
    name = f"{folder.name} – {part or 'all'}"
    with without(part):
        with indexed(folder) as knowledge:
            every = questions_of(folder, knowledge)
            never = KnowledgeBase(knowledge.data, knowledge.generation, 0.0)
            whole = evaluate(sample(every, limit), never, progress(name))
        out, asked = remove_gold(every)
        with indexed(folder, out) as less:
            removed = evaluate(asked, less, progress(name))
    return [whole.metrics.get(one) for one in COLUMNS] + [removed.metrics.get(one) for one in OF_REMOVED]


def main(
    folder: Annotated[Path, typer.Argument(help="a folder of sets")],
    out: Annotated[Path | None, typer.Option(help="write the tables here, in Markdown")] = None,
    only: Annotated[list[str] | None, typer.Option("--set", help="only this set; repeatable")] = None,
    limit: Annotated[int | None, typer.Option(help="questions of each set, drawn with a seed")] = None,
) -> None:
    """Measure chuchu on each set, whole and without each of its parts; it never abstains."""
    lines = [measured()]
    for one in sets(folder, only):
        heads = [*COLUMNS, *(f"{name}, documents removed" for name in OF_REMOVED)]
        lines += [
            "",
            f"### {one.name}",
            "",
            f"| without | {' | '.join(heads)} |",
            "|---" * (len(heads) + 1) + "|",
        ]
        for part in (None, *ABLATIONS):
            cells = ("–" if found is None else shown(found) for found in measure(one, part, limit))
            lines.append(f"| {part or '–'} | {' | '.join(cells)} |")
            typer.echo(lines[-1])
    if out:
        out.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    typer.run(main)
