"""Train the ranker: ``python -m rag.training DATA [FOLDER ...]``.

Needs the extra ``chuchu[train]``. DATA holds ``pairs/``, ``train/`` and ``parallel/`` as the model
card describes them; each FOLDER holds ``corpus.jsonl`` and ``questions.jsonl``, from which it is learnt,
too, what it tells that a text lacks a word. The run is seeded; on two CPU cores it takes about two minutes.

Two worlds are built, indexed and asked like any documents: encyclopaedic paragraphs, where the
answer is a few characters of one sentence, and technical articles, where a heading is the question
and the answer its section. The ranker learns to put sentences of the answer first.
"""

import gzip
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import lightgbm
import numpy as np
import typer

from index.build import make_contents, silent
from index.document import Document, Span, canonical
from index.documents import Shelf
from index.errors import QuestionError
from index.generation import Generation
from index.lexical import Tokens, cut
from index.manifest import FORMAT, Manifest, now
from index.segmenter import Segmenter
from index.sentence import split
from index.static import StaticEmbedder
from rag import absence, echo, prevalence
from rag.asked import documents_of, records_of
from rag.features import NAMES, RISING, Candidates, Describer
from rag.forest import MODEL
from rag.metric import share
from rag.overlap import Matrix
from rag.question import understand
from rag.retrieval import enough_for, retrieve
from rag.table import save

SEED = 0
QUESTIONS = {"paragraphs": 6000, "articles": 2600, "definitions": 1000}
# Articles taken of each source; reference documentation is machine-translated, so little of it.
ARTICLES = {
    "dotnet_docs": 120,
    "hf_course_zh": 150,
    "javaguide": 300,
    "lctt_open": 500,
    "llm_action": 150,
    "llm_for_everybody": 300,
    "oi_wiki": 300,
    "paddle_docs": 150,
    "prompt_guide_zh": 150,
    "sql_docs": 120,
    "tensorflow_zh": 200,
}
_AS_QUESTION = re.compile(
    r"[?？]$|什么|如何|怎么|怎样|为什么|为何|哪|多少|吗$|区别|原理|how|what|why", re.IGNORECASE
)
_DEFINES = re.compile(
    r"[“「\"*]*((?![这那它该本其此我你他她上下一在如当每])[\u4e00-\u9fffA-Za-z]"
    r"[\u4e00-\u9fffA-Za-z0-9 .+#-]{1,14}?)"
    r"[”」\"*]*(?:[（(][^）)]{1,40}[）)])?[，,]?(?:是指|指的是|是一[种个类款项套])"
)
_WHAT_IS = (
    "什么是{}？",
    "什么是 {}?",
    "{}是什么？",
    "{} 是什么？",
    "{}指的是什么？",
    "{}是什么意思？",
    "何谓{}？",
)
_SPOKEN_OF = 2
_NUMBERING = re.compile(r"^[\d.、\s]+|\[\[.*?\]\]")
_BODY = 4000  # characters of a section that an article keeps
_ORDINARY = 400_000  # characters of each source that words are counted in
_PASSAGE = 180  # characters
_AROUND = 150  # characters before and after evidence

PARAMETERS = {
    "objective": "lambdarank",
    "learning_rate": 0.06,
    "num_leaves": 15,
    "min_data_in_leaf": 400,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "lambdarank_truncation_level": 10,
    "monotone_constraints": [int(name in RISING) for name in NAMES],
    "deterministic": True,
    "seed": 1,  # of four, which differ by a hundredth and less on the public sets
    "verbose": -1,
}
ROUNDS = 200


@dataclass(frozen=True)
class Gold:
    """A question and the spans that answer it."""

    question: str
    places: Sequence[tuple[str, Span]]
    """Documents by their ids, and where in them."""


@dataclass
class World:
    """Documents and questions about them."""

    documents: list[Document]
    questions: list[Gold]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def paragraphs(data: Path, times: int = 1) -> World:
    """Read CMRC2018's training questions, ``times`` as many; the answer is a span of a paragraph."""
    documents: dict[str, Document] = {}
    questions = []
    for row in _rows(data / "pairs" / "cmrc2018_train.jsonl.gz"):
        text, start = row["positive"], row["answer_start"]
        if start >= 0 and row["answer"] and canonical(text) == text:
            document = documents.setdefault(text, Document(str(len(documents)), row["title"], text))
            questions.append(Gold(row["query"], [(document.id, Span(start, start + len(row["answer"])))]))
    random.Random(SEED).shuffle(questions)
    return World(list(documents.values()), questions[: times * QUESTIONS["paragraphs"]])


def articles(data: Path, times: int = 1) -> World:
    """Put the sections of articles together again and ask for some by their headings, ``times`` as many.

    A heading in question form is left out of the text; one with an English original is mostly
    asked in English.
    """
    rng = random.Random(SEED)
    english = {row["zh"].strip(): row["en"] for row in _rows(data / "parallel" / "headings_short.jsonl.gz")}
    world = World([], [])
    for source, cap in ARTICLES.items():
        by_article: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in _rows(data / "train" / f"{source}.jsonl.gz"):
            by_article[row.get("doc", row["title"])].append(row)
        long = [name for name, sections in by_article.items() if len(sections) >= 3]
        for name in rng.sample(long, min(times * cap, len(long))):
            _add_article(by_article[name], english, rng, world)
    rng.shuffle(world.questions)
    del world.questions[times * QUESTIONS["articles"] :]
    world.questions += definitions(world.documents, rng, times)
    return world


def definitions(documents: list[Document], rng: random.Random, times: int = 1) -> list[Gold]:
    """Ask what a thing is that sentences define and others of their documents speak of."""
    found = defaultdict(list)
    for document in documents:
        for span in split(document.text):
            match = _DEFINES.match(document.text[span.start : span.end])
            if match and document.text.count(match[1]) >= _SPOKEN_OF:
                found[match[1].strip()].append((document.id, span))
    questions = [Gold(rng.choice(_WHAT_IS).format(name), places) for name, places in found.items()]
    return rng.sample(questions, min(times * QUESTIONS["definitions"], len(questions)))


def _add_article(
    sections: list[dict[str, Any]], english: dict[str, str], rng: random.Random, world: World
) -> None:
    headings = [
        section["heading_path"][-1].strip() if section["heading_path"] else "" for section in sections
    ]
    usable = [n for n, heading in enumerate(headings) if len(heading) >= 4 and len(sections[n]["text"]) >= 40]
    questions = [n for n in usable if _AS_QUESTION.search(headings[n])][:6]
    others = [n for n in usable if not _AS_QUESTION.search(headings[n])]
    asked = {*questions, *rng.sample(others, min(2, len(others)))}
    identity, text = str(len(world.documents)), ""
    for number, (section, heading) in enumerate(zip(sections, headings, strict=True)):
        if heading and number not in questions:
            text += heading + "\n"
        start = len(text)
        text += canonical(section["text"]).strip()[:_BODY]
        question = _NUMBERING.sub("", heading).strip()
        if number in asked and len(question) >= 4:
            if heading in english and rng.random() < 0.7:
                question = english[heading]
            world.questions.append(Gold(question, [(identity, Span(start, len(text)))]))
        text += "\n"
    world.documents.append(Document(identity, sections[0]["title"], text))


def index(world: World, embedder: StaticEmbedder) -> Generation:
    """Index a world in memory."""
    with TemporaryDirectory() as scratch:  # what is mapped stays there without its folder
        shelf = Shelf(Path(scratch))
        for document in world.documents:
            shelf.add(document)
        contents = make_contents(shelf.close(), Path(scratch), embedder, (), silent)
    manifest = Manifest(
        FORMAT, 0, now(), [], None, embedder.name, contents.segmenter.fingerprint, contents.counts, {}
    )
    return Generation(manifest, contents, embedder)


def labels(candidates: Candidates, gold: Gold, generation: Generation) -> list[int]:
    """Return 1 for each sentence that shares half of the shorter with the answer, else 0."""

    def answers(number: int) -> bool:
        document, sentence = generation.document_of(number).id, generation.sentence(number)
        return any(document == place and share(sentence, span) for place, span in gold.places)

    return [int(answers(number)) for number in candidates.sentences]


def examples(world: World) -> Iterator[tuple[Matrix, list[int]]]:
    """Yield features and labels of each question whose candidates are neither all right nor all wrong."""
    embedder = StaticEmbedder()
    generation = index(world, embedder)
    describer = Describer(generation, embedder)
    for gold in world.questions:
        try:
            question = understand(gold.question, generation)
        except QuestionError:
            continue
        found = retrieve(question, generation, enough_for(question))
        candidates = describer.describe(question, found)
        right = labels(candidates, gold, generation)
        if 0 < sum(right) < len(right):
            yield candidates.features, right


def tokens_of_pairs(data: Path) -> Iterator[tuple[Tokens, Tokens]]:
    """Yield the tokens of questions and of the paragraphs or sections that answer them."""
    segmenter = Segmenter()
    for name in ("cmrc2018_train", "heading_questions"):
        for row in _rows(data / "pairs" / f"{name}.jsonl.gz"):
            yield _tokens(row["query"], segmenter), _tokens(row["positive"], segmenter)


def tokens_of_asked(folder: Path) -> Iterator[tuple[Tokens, Tokens]]:
    """Yield the tokens of the questions of a set and of what stands around the first evidence of each."""
    segmenter = Segmenter()
    documents = {one.id: one for one in documents_of(folder)}
    for one in records_of(folder / "questions.jsonl"):
        for place in one["evidence"][:1]:
            document = documents[place["document"]]
            around = document.text[max(0, place["start"] - _AROUND) : place["end"] + _AROUND]
            yield _tokens(one["question"], segmenter), _tokens(f"{document.title}\n{around}", segmenter)


def _tokens(text: str, segmenter: Segmenter) -> Tokens:
    return [*chain(*cut(text, segmenter))]


def tokens_of_passages(data: Path) -> Iterator[Tokens]:
    """Yield the tokens of pieces of text, a passage each, as much of each source."""
    segmenter, rng = Segmenter(), random.Random(SEED)
    for path in sorted((data / "train").glob("*.jsonl.gz")):
        texts = [row["text"] for row in _rows(path)]
        left = _ORDINARY
        for text in rng.sample(texts, len(texts)):
            for start in range(0, min(len(text), left), _PASSAGE):
                yield _tokens(text[start : start + _PASSAGE], segmenter)
            left -= len(text)


def train(
    data: Path, asked: Annotated[list[Path] | None, typer.Argument()] = None, out: Path = MODEL
) -> None:
    """Train on the folder DATA and the sets ASKED; write the tables, then the model file OUT."""
    pairs = list(tokens_of_pairs(data))
    save(echo.count(pairs), echo.TABLE)
    pairs += chain.from_iterable(map(tokens_of_asked, asked or ()))
    save(absence.count(pairs, Segmenter().kind), absence.TABLE)
    save(prevalence.count(tokens_of_passages(data)), prevalence.TABLE)
    described = [example for world in (paragraphs(data), articles(data)) for example in examples(world)]
    dataset = lightgbm.Dataset(
        np.vstack([features for features, _ in described]),
        np.concatenate([right for _, right in described]),
        group=[len(right) for _, right in described],
        feature_name=list(NAMES),
    )
    booster = lightgbm.train(PARAMETERS, dataset, ROUNDS)
    booster.save_model(out)
    gains = sorted(zip(booster.feature_importance("gain"), NAMES, strict=True), reverse=True)
    for gain, name in gains[:20]:
        typer.echo(f"{gain:12.0f}  {name}")


if __name__ == "__main__":
    typer.run(train)
