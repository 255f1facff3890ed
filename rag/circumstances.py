"""Under which circumstances an evaluation was made."""

import platform
from importlib.metadata import version
from pathlib import Path

from index.document import canonical
from index.manifest import now, sha256_of
from rag.bootstrap import RESAMPLES, SEED
from rag.knowledge import KnowledgeBase
from rag.questionset import file_of
from rag.report import About

_MADE_OF = ("chuchu", "faiss-cpu", "ir-measures", "jieba", "numpy", "opencc", "rjieba")


def circumstances(questions: Path, knowledge: KnowledgeBase) -> About:
    """Return what must be the same for an evaluation to come out the same."""
    manifest = knowledge.generation.manifest
    about: About = {
        "created": now(),
        "questions": canonical(questions.name),
        "questions_sha256": sha256_of(file_of(questions)),
        "min_confidence": knowledge.threshold,
        "seed": SEED,
        "resamples": RESAMPLES,
        "python": platform.python_version(),
    }
    counts: About = dict(manifest.counts.items())
    return about | counts | {f"{name} version": version(name) for name in _MADE_OF}
