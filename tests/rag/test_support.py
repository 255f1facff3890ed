import json
from pathlib import Path

import pytest

from index.document import Document
from index.segmenter import Segmenter
from index.sentence import split
from rag.support import SUPPORTED, Support

CASES = [
    json.loads(line) for line in Path(__file__).with_name("support.jsonl").read_text("utf-8").splitlines()
]


@pytest.fixture(scope="module")
def support(segmenter: Segmenter) -> Support:
    return Support(segmenter)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['why']}: {case['sentence']}")
def test_sentences_that_people_judged(support: Support, review: Document, case: dict[str, object]) -> None:
    quote, sentence = str(case["quote"]), str(case["sentence"])
    assert quote in review.text
    judged = support.score(sentence, [quote]) >= SUPPORTED
    assert judged == (case["supported"] or str(case["why"]).startswith("limit"))


def test_a_quote_bears_itself_out_and_seldom_another(support: Support, review: Document) -> None:
    sentences = [review.text[start:end] for start, end in split(review.text) if end - start > 15]
    assert all(support.score(one, [one]) == 1.0 for one in sentences)
    pairs = [(one, other) for one in sentences[::3] for other in sentences if one is not other]
    wrong = sum(support.score(one, [other]) >= SUPPORTED for one, other in pairs)
    assert wrong / len(pairs) < 0.005


@pytest.mark.parametrize(
    ("sentence", "quote", "borne_out"),
    [
        ("价格是1,000元。", "价格是一千元。", True),
        ("价格是1000元。", "价格是１，０００元。", True),
        ("人口3.5万。", "人口35000。", True),
        ("人口两万三千。", "人口23000人。", True),
        ("人口一亿二千万。", "人口120000000人。", True),
        ("共有三个主题。", "共有3个主题。", True),
        ("共有三个主题。", "共有四个主题。", False),
        ("产值一万亿。", "产值1000000000000。", True),
        ("十分重要的主题。", "重要的主题。", True),
        ("这是一个主题。", "主题。", True),
        ("猫会游泳。", "猫不会游泳，会爬树。", True),
        ("猫不会游泳。", "猫会游泳。", False),
        ("貓會游泳。", "猫会游泳。", True),
        ("Cats swim.", "cats SWIM well", True),
        ("art", "smart", False),
        ("以下是：", "无关。", True),
    ],
)
def test_numbers_denials_and_spelling(support: Support, sentence: str, quote: str, borne_out: bool) -> None:
    assert (support.score(sentence, [quote]) >= SUPPORTED) == borne_out


def test_quotes_bear_out_together(support: Support) -> None:
    quotes = ["青蛙会游泳。", "老鹰会飞翔。"]
    assert support.score("青蛙会游泳，老鹰会飞翔。", quotes) == 1.0
    assert support.score("青蛙会游泳，老鹰会飞翔。", quotes[:1]) < 1.0
    assert support.score("青蛙会游泳。", []) == 0.0
