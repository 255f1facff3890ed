"""How many answers a second, against txtai's hybrid search from an environment of its own.

txtai returns ten passages; chuchu's is the whole answer. Both hold the same passages and the same
vectors: txtai loads chuchu's bundled model through sentence-transformers.
"""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import quote

from benchmarks.speed.answering import CONNECTIONS, SECONDS, asking
from benchmarks.speed.figure import Figure, compare, ratio
from benchmarks.speed.load import fire, request
from benchmarks.speed.process import CHUCHU, CORES, Server, served
from index.static import BUNDLED
from rag.knowledge import KnowledgeBase

_INDEX = """
import json, sys
from txtai import Embeddings
settings, passages, folder = sys.argv[1:]
embeddings = Embeddings(json.load(open(settings)))
embeddings.index(json.load(open(passages)))
embeddings.save(folder)
"""


@contextmanager
def _txtai(python: Path, data: Path) -> Iterator[Server]:
    """Index the passages of an index with txtai and serve them with its own API."""
    generation = KnowledgeBase.open(data).generation
    passages = [generation.passage(n).text for n in range(len(generation.contents.passages))]
    settings = {"path": str(BUNDLED), "method": "sentence-transformers", "hybrid": True, "content": True}
    (data / "txtai.json").write_text(json.dumps(settings), "utf-8")
    (data / "passages.json").write_text(json.dumps(passages), "utf-8")
    words = [python, "-c", _INDEX, *(data / name for name in ("txtai.json", "passages.json", "txtai"))]
    subprocess.run(list(map(str, words)), check=True)  # noqa: S603
    (data / "txtai.yml").write_text(f"path: {data / 'txtai'}\nembeddings: {json.dumps(settings)}\n", "utf-8")
    server = "import sys, uvicorn; from txtai.api import app; "
    server += "uvicorn.run(app, port=int(sys.argv[2]), access_log=False, log_level='warning')"
    start = ["env", f"CONFIG={data / 'txtai.yml'}", str(python), "-c", server]
    with served(start, "/count", CORES[:1]) as one:
        yield one


def measure(data: Path, questions: Sequence[str], python: Path | None) -> list[Figure]:
    """Ask chuchu and txtai in turns; nothing, where there is no txtai."""
    if python is None:
        return []
    serve = [*CHUCHU, "serve", "--data", str(data)]
    with _txtai(python, data) as txtai, served(serve, "/healthz", CORES[:1]) as chuchu:
        full = asking(chuchu.address, questions)
        hybrid = [
            request("GET", txtai.address, f"/search?query={quote(question)}&limit=10")
            for question in questions
        ]
        ours, theirs = compare(
            lambda: fire(chuchu.address, full, CONNECTIONS, SECONDS).rate,
            lambda: fire(txtai.address, hybrid, CONNECTIONS, SECONDS).rate,
        )
    find = "import importlib.metadata as m; print(m.version('txtai'))"
    version = subprocess.run([python, "-c", find], check=True, capture_output=True, text=True)  # noqa: S603
    return [
        Figure(
            f"`POST /ask`, one worker, {CONNECTIONS} connections",
            f"{median(ours):.0f}/s",
            f"txtai {version.stdout.strip()}, hybrid `GET /search`: {median(theirs):.0f}/s",
            ratio(ours, theirs),
            "≥ 3.0",
        )
    ]
