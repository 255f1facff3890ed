"""Sets in the form of BEIR: ``corpus.jsonl``, ``queries.jsonl``, ``qrels/*.tsv``; documents are judged."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from index.document import Span, canonical
from index.errors import EvidenceError
from index.generation import Generation
from rag.asked import Asked, Place, lines_of

_PREFERRED = ("test.tsv", "dev.tsv")


def questions(folder: Path, generation: Generation) -> Iterator[tuple[str, Asked]]:
    """Yield the queries to which some document is relevant, each with where it stands.

    Raises:
        EvidenceError: a line is malformed, or names a query or a document that is not there.

    """
    grades = _grades(_qrels(folder), generation)
    for where, line in lines_of(folder / "queries.jsonl"):
        try:
            record = json.loads(line)
            identity, text = str(record["_id"]), canonical(record["text"])
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise EvidenceError(f'{where}：每行应为 {{"_id", "text"}}') from error
        if relevant := grades.pop(identity, None):
            whole = [
                [Place(name, Span(0, len(generation.documents[name].text)))] for name in sorted(relevant)
            ]
            yield where, Asked(identity, text, "question", whole, (), relevant)
    if grades:
        raise EvidenceError(f"{folder / 'queries.jsonl'}：没有问题 {next(iter(grades))!r}，qrels 却提到它")


def _qrels(folder: Path) -> Path:
    files = {path.name: path for path in sorted((folder / "qrels").glob("*.tsv"))}
    found = [files[name] for name in _PREFERRED if name in files] or list(files.values())
    if not found:
        raise EvidenceError(f"{folder / 'qrels'} 里没有 .tsv；请放入 test.tsv")
    return found[0]


def _grades(path: Path, generation: Generation) -> dict[str, dict[str, int]]:
    """Return the grade of each relevant document, by query."""
    grades: dict[str, dict[str, int]] = defaultdict(dict)
    for number, (where, line) in enumerate(lines_of(path)):
        cells = line.rstrip("\r").split("\t")
        try:
            query, document, grade = cells[0], cells[1], int(cells[2])
        except (IndexError, ValueError) as error:
            if number == 0 and len(cells) == 3:
                continue  # the names of the columns
            raise EvidenceError(f"{where}：每行应为 query-id、corpus-id、score，以制表符分隔") from error
        if grade > 0:
            if document not in generation.documents:
                raise EvidenceError(
                    f"{where}（{query}）：没有文档 {document!r}；请用 --build，或先为它建立索引"
                )
            if document in grades[query]:
                raise EvidenceError(f"{where}（{query}）：文档 {document!r} 评了两次；请删去一行")
            grades[query][document] = grade
    return grades
