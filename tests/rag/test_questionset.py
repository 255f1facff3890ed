import json
from collections import Counter
from pathlib import Path

import pytest

from index.errors import EvidenceError
from rag.evaluation import evaluate
from rag.knowledge import KnowledgeBase, rebuild
from rag.questionset import BUNDLED, corpus_of, read_questions


def write(path: Path, *lines: object) -> Path:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ([], "空"),
        (["{"], ":1"),
        (["[]"], ":1"),
        ([{"id": "q1", "question": "问"}], ":1"),
        ([{"id": "q1", "question": "问", "evidence": "幽灵"}], "列表"),
        ([{"id": "q1", "question": "问", "evidence": ["原文没有的引文"]}], "q1"),
        ([{"id": "q1", "question": "问", "evidence": [""]}], "q1"),
        ([{"id": "q1", "question": "问", "evidence": [3]}], "q1"),
        ([{"id": "q1", "question": "问", "evidence": [{"document": "nope", "start": 0, "end": 3}]}], "nope"),
        ([{"id": "q1", "question": "问", "evidence": [{"document": "karpathy-2025-review.txt", "start": 9, "end": 9}]}], "9-9"),
        (['{"id": "q1", "question": "问", "evidence": [{"document": "a", "start": 0, "end": 1e999}]}'], "q1"),
        ([{"id": "q1", "question": "？！", "evidence": []}], "q1.*没有文字"),
        ([{"id": "q1", "question": "问" * 2001, "evidence": []}], "q1.*2001"),
        ([{"id": "q1", "question": "问", "evidence": []}] * 2, "重复"),
        ([{"id": "q1", "question": " ", "evidence": []}], ":1"),
        ([{"id": "q1", "question": None, "evidence": []}], ":1"),
        ([{"id": "q1", "question": "问", "evidence": [], "answers": "通过"}], "answers"),
        ([{"id": "q1", "question": "问", "evidence": [], "answers": [""]}], "answers"),
        ([{"id": "q1", "question": "问", "evidence": ["\ufeff"]}], "q1"),
        ([{"id": "q1", "question": "问", "evidence": [], "draft": True}], "草稿"),
    ],
)  # fmt: skip
def test_a_bad_question_set_is_an_error(
    knowledge: KnowledgeBase, tmp_path: Path, lines: list[object], named: str
) -> None:
    path = write(tmp_path / "q.jsonl", *lines)
    with pytest.raises(EvidenceError, match=named):
        read_questions(path, knowledge.generation)


def test_a_question_set_that_is_not_there(knowledge: KnowledgeBase, tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match=r"nope\.jsonl"):
        read_questions(tmp_path / "nope.jsonl", knowledge.generation)


def test_the_bundled_questions(knowledge: KnowledgeBase) -> None:
    questions = read_questions(BUNDLED, knowledge.generation)
    kinds = Counter(question.kind for question in questions)
    assert len(questions) >= 60
    assert kinds["unanswerable"] >= 15
    assert all(question.evidence for question in questions if question.kind != "unanswerable")
    assert not any(question.evidence for question in questions if question.kind == "unanswerable")
    assert {"fact", "why", "how", "paraphrase", "english", "traditional", "noisy", "several"} <= set(kinds)


def squad(path: Path, *articles: object) -> Path:
    path.write_text(json.dumps({"version": "1", "data": list(articles)}, ensure_ascii=False), "utf-8")
    return path


def article(context: str, answers: list[tuple[str, int]], identity: str = "q1") -> dict[str, object]:
    given = [{"text": text, "answer_start": start} for text, start in answers]
    qas = [{"id": identity, "question": "第一颗卫星叫什么？", "answers": given}]
    return {"title": "卫星", "paragraphs": [{"context": context, "qas": qas}]}


CONTEXT = "東方紅一號是中國的第一顆人造衛星。\r\n人造卫星东方红一号于1970年发射，东方红一号重173公斤。"


def with_corpus(path: Path, folder: Path) -> KnowledgeBase:
    rebuild(folder / "data", [corpus_of(path, folder)])
    return KnowledgeBase.open(folder / "data")


def test_squad_with_its_own_corpus(tmp_path: Path) -> None:
    impossible = {**article("空中没有别的东西。", [])}
    start = CONTEXT.index("东方红一号重") - 1  # CR LF is one character in a document
    answers = [("东方红一号", start), ("东方红一号", -1), ("東方紅一號", 0)]
    path = squad(
        tmp_path / "cmrc.json",
        article("别的一段。", [], "q0"),
        article(CONTEXT, answers),
        impossible | {"title": ""},
    )
    path.write_text(path.read_text("utf-8").replace('"q1"', '"q2"').replace('"q2"', '"q1"', 1), "utf-8")
    knowledge = with_corpus(path, tmp_path)
    first, second, third = read_questions(path, knowledge.generation)
    assert (first.evidence, first.kind, third.evidence) == ([], "unanswerable", [])
    assert list(second.answers) == ["东方红一号", "東方紅一號"]
    (places,) = second.evidence
    texts = [
        knowledge.generation.documents[one.document].text[one.span.start : one.span.end] for one in places
    ]
    assert texts == ["东方红一号", "东方红一号", "東方紅一號"]
    assert places[0].span.start == start
    assert evaluate([second], knowledge).value("answer@3") == 1


NO_QUESTION = '{"id": "q1", "question": null, "answers": []}'


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", r"data.*\.jsonl 为名"),
        ("[]", "data"),
        ('{"data": 3}', "data"),
        ('{"data": [{"title": "卫星", "paragraphs": [{"context": "  "}]}]}', "卫星 第 1 段"),
        (
            '{"data": [{"title": "卫星", "paragraphs": [{"context": "文", "qas": [{"id": 1}]}]}]}',
            "卫星 第 1 段",
        ),
        (
            f'{{"data": [{{"title": "卫星", "paragraphs": [{{"context": "文", "qas": [{NO_QUESTION}]}}]}}]}}',
            "卫星 第 1 段",
        ),
        ('{"data": [{"title": "卫星", "paragraphs": []}]}', "空"),
        (json.dumps({"data": [article(CONTEXT, [("火箭", 0)])]}), "q1.*火箭"),
        (json.dumps({"data": [article(CONTEXT, [("衛星", 0)])] * 2}), "q1 重复"),
    ],
)
def test_bad_squad_is_an_error(animals: KnowledgeBase, tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "bad.json").write_text(text, "utf-8")
    with pytest.raises(EvidenceError, match=named):
        read_questions(tmp_path / "bad.json", animals.generation)


def test_squad_asked_of_other_documents(knowledge: KnowledgeBase, tmp_path: Path) -> None:
    path = squad(tmp_path / "a.json", article(CONTEXT, [("衛星", 0)]))
    with pytest.raises(EvidenceError, match=r"q1.*--build"):
        read_questions(path, knowledge.generation)


def beir(folder: Path, *qrels: str) -> Path:
    write(
        folder / "corpus.jsonl",
        *({"_id": f"d{n}", "title": t, "text": t + "是一种动物。"} for n, t in enumerate(["猫", "狗", "鱼"])),
    )
    write(
        folder / "queries.jsonl",
        *({"_id": f"q{n}", "text": t + "是什么？"} for n, t in enumerate(["猫", "狗", "鱼"])),
    )
    (folder / "qrels").mkdir(exist_ok=True)
    (folder / "qrels" / "test.tsv").write_text(
        "\n".join(["query-id\tcorpus-id\tscore", *qrels]) + "\n", "utf-8"
    )
    (folder / "qrels" / "train.tsv").write_text("q2\td2\t1\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def animals(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    """The corpus of `beir`, and the paragraph of `article`."""
    folder = beir(tmp_path_factory.mktemp("animals"))
    with (folder / "corpus.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n" + json.dumps({"_id": "bad-1", "text": CONTEXT}))
    return with_corpus(folder, folder)


def test_beir(animals: KnowledgeBase, tmp_path: Path) -> None:
    folder = beir(tmp_path, "q0\td0\t2", "q0\td1\t1", "q1\td0\t0", "q1\td1\t1")
    questions = read_questions(folder, animals.generation)
    assert [(one.id, dict(one.grades)) for one in questions] == [
        ("q0", {"d0": 2, "d1": 1}),
        ("q1", {"d1": 1}),
    ]
    report = evaluate(questions, animals)
    assert report.value("passage_mrr@10") == report.value("hit@3") == 1
    assert report.value("passage_recall@1") == (0.5 + 1) / 2
    assert report.value("passage_recall@10") == 1


@pytest.mark.parametrize(
    ("line", "named"),
    [("q0\td9\t1", "q0.*d9"), ("q9\td0\t1", "q9"), ("q0 d0 1", "tsv:2"), ("q0\td0\t很", "tsv:2"), ("q0\td0\t1\nq0\td0\t2", "tsv:3.*两次"), ("", "空")],
)  # fmt: skip
def test_bad_beir_is_an_error(animals: KnowledgeBase, tmp_path: Path, line: str, named: str) -> None:
    beir(tmp_path, line)
    with pytest.raises(EvidenceError, match=named):
        read_questions(tmp_path, animals.generation)


def test_a_set_without_documents(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="没有自己的文档"):
        corpus_of(tmp_path / "q.jsonl", tmp_path)


def test_a_query_of_beir_that_is_no_text(animals: KnowledgeBase, tmp_path: Path) -> None:
    write(beir(tmp_path, "q0\td0\t1") / "queries.jsonl", {"_id": "q0", "text": None})
    with pytest.raises(EvidenceError, match=r"queries\.jsonl:1"):
        read_questions(tmp_path, animals.generation)
