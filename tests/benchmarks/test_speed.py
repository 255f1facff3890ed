import re
from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from benchmarks.speed import corpus
from benchmarks.speed.figure import Figure, compare, put, ratio, table
from benchmarks.speed.growth import exponent
from benchmarks.speed.load import fire, request
from index.segmenter import Segmenter
from index.source import BUNDLED


def test_recombined_text_keeps_its_sentences_and_its_word_frequencies(segmenter: Segmenter) -> None:
    paragraphs = corpus.paragraphs_of([BUNDLED])
    real = {sentence for paragraph in paragraphs for sentence in paragraph}
    made = list(islice(corpus.recombined(paragraphs), 400))
    assert len(set(made)) > 0.7 * len(made)
    pieces = re.compile("|".join(sorted(map(re.escape, real), key=len, reverse=True)))
    assert all(pieces.sub("", text) == "" for text in made)
    before = Counter(w for sentence in real for w in segmenter.cut(sentence))
    after = Counter(w for text in made for sentence in pieces.findall(text) for w in segmenter.cut(sentence))
    common = [word for word, _ in before.most_common(100)]
    frequencies = [[counts[word] for word in common] for counts in (before, after)]
    assert np.corrcoef(np.log(np.maximum(frequencies, 1)))[0, 1] > 0.8


def test_the_collection_has_the_size_asked_for(tmp_path: Path) -> None:
    paragraphs = corpus.paragraphs_of([BUNDLED])
    for name in ("one", "two"):
        corpus.write(paragraphs, 50_000, tmp_path / name)
    one, two = (
        [path.read_bytes() for path in sorted((tmp_path / name).iterdir())] for name in ("one", "two")
    )
    assert one == two
    documents = corpus.paragraphs_of([tmp_path / "one"])
    assert 49_000 < sum(len(s) for p in documents for s in p) < 55_000
    questions = corpus.questions(paragraphs, 30)
    assert len(questions) == 30
    assert questions == corpus.questions(paragraphs, 30)


def test_both_sides_are_measured_in_turns() -> None:
    order: list[str] = []
    ours, theirs = compare(lambda: order.append("a") or 6.0, lambda: order.append("b") or 3.0, repeats=3)
    assert order == ["a", "b"] * 4
    assert (ours, theirs) == ([6.0] * 3, [3.0] * 3)
    assert ratio([1, 2, 30], [1, 1, 1]) == 2


@pytest.mark.parametrize(
    ("value", "aim", "sign"),
    [(0.2, "≥ 0.10", "✓"), (0.2, "≤ 0.10", "✗"), (0.2, "", ""), (0.05, "≥ 0.10", "✗")],
)
def test_a_figure_says_whether_it_keeps_its_bound(value: float, aim: str, sign: str) -> None:
    assert Figure("", "", "", value, aim).reached == sign


def test_a_table_takes_its_place_on_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- one -->\nold\n<!-- /one -->\nafter\n", "utf-8")
    put(page, "one", table([Figure("n", "1", "2", 0.5, "")]))
    assert page.read_text("utf-8").startswith("before\n<!-- one -->\n| |")
    assert page.read_text("utf-8").endswith("| n | 1 | 2 | 0.50 |  |  |\n<!-- /one -->\nafter\n")
    with pytest.raises(ValueError, match="two"):
        put(page, "two", "")


def test_the_page_has_a_place_for_each_part(tmp_path: Path) -> None:
    from benchmarks.speed.__main__ import PAGE, Part

    page = tmp_path / "page.md"
    page.write_text(PAGE.read_text("utf-8"), "utf-8")
    for part in Part:
        put(page, part, "")


def test_the_exponent_of_a_power() -> None:
    points = [{"passages": n, "build": 3 * n**1.5} for n in (10.0, 100.0, 1000.0)]
    assert exponent(points, "build") == pytest.approx(1.5)


def test_load_is_answered_and_a_failure_is_not_hidden(server: str) -> None:
    found = fire(server, [request("GET", server, "/healthz")], connections=3, seconds=0.2)
    assert found.rate > 0
    assert 0 < found.p50 <= found.p99
    with pytest.raises(OSError, match="404"):
        fire(server, [request("GET", server, "/nowhere")], connections=1, seconds=0.2)
