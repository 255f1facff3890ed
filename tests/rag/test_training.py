import json
import random
from collections.abc import Callable
from pathlib import Path

from index.document import Document, Span
from index.static import StaticEmbedder
from rag.features import Describer
from rag.knowledge import KnowledgeBase
from rag.question import understand
from rag.retrieval import enough_for, retrieve
from rag.training import Gold, definitions, labels, tokens_of_asked

TEXT = (
    "我们先看集群。Kubernetes（K8s）是一个容器编排平台。Kubernetes 由谷歌开源。\n"
    "这是一个例子。学习 Kubernetes 之前先学容器，因为容器是一种隔离进程的办法。没有 Kubernetes 也能用它。"
)


def test_a_definition_is_asked_for_by_the_name_of_what_it_defines() -> None:
    # 容器 is defined inside a sentence and 这 names nothing: neither is asked for.
    (gold,) = definitions([Document("a", "", TEXT)], random.Random(0))
    assert "Kubernetes" in gold.question
    assert "K8s" not in gold.question
    ((document, span),) = gold.places
    assert document == "a"
    assert TEXT[span.start : span.end] == "Kubernetes（K8s）是一个容器编排平台。"


def test_what_several_documents_define_is_asked_for_once() -> None:
    other = "Kubernetes 是一个开源系统。不用 Kubernetes 也行。"
    (gold,) = definitions([Document("a", "", TEXT), Document("b", "", other)], random.Random(0))
    assert [document for document, _ in gold.places] == ["a", "b"]


def test_what_the_document_hardly_speaks_of_is_not_asked_for() -> None:
    assert not definitions([Document("a", "", "Kubernetes（K8s）是一个容器编排平台。")], random.Random(0))


def test_each_place_that_answers_is_right(knowledge_of: Callable[[dict[str, str]], KnowledgeBase]) -> None:
    texts = {"一": "编排由谷歌开源。编排是一种管理容器的办法。", "二": "编排是一类软件。没有编排也行。"}
    generation = knowledge_of(texts).generation
    question = understand("什么是编排？", generation)
    found = retrieve(question, generation, enough_for(question))
    candidates = Describer(generation, StaticEmbedder()).describe(question, found)
    gold = Gold(question.text, [("一", Span(8, 20)), ("二", Span(0, 8))])
    said = [generation.sentence(number).start for number in candidates.sentences]
    ids = [passage.document.id for passage in candidates.passages]
    right = dict(zip(zip(ids, said, strict=True), labels(candidates, gold, generation), strict=True))
    assert right == {("一", 0): 0, ("一", 8): 1, ("二", 0): 1, ("二", 8): 0}


def test_a_question_is_read_with_what_stands_around_its_evidence(tmp_path: Path) -> None:
    text = "远处的" + "话" * 200 + "岳飞葬在杭州。" + "话" * 200 + "尾声"
    start = text.index("岳飞")
    (tmp_path / "corpus.jsonl").write_text(
        json.dumps({"_id": "a", "title": "岳王庙", "text": text}) + "\n", "utf-8"
    )
    asked = [
        {"question": "他埋在哪里", "evidence": [{"document": "a", "start": start, "end": start + 7}]},
        {"question": "没有答案", "evidence": []},
    ]
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, asked)), "utf-8")
    ((question, around),) = tokens_of_asked(tmp_path)
    assert {"埋", "哪里"} <= set(question)
    assert {"岳飞", "杭州", "岳王庙"} <= set(around)
    assert not {"远处", "尾声"} & set(around)
