"""The reader against what it was given to read, and against people's questions."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file

from index.document import Document
from index.generation import Generation
from index.static import StaticEmbedder
from rag.asked import documents_of, records_of
from rag.lesson import Excerpt
from rag.lexicon import Lexicon
from rag.likeness import Likeness
from rag.question import understand
from rag.reader import ABOUT, LONGEST, MODEL, NOTHING, SENTENCE, Reader, kind_of
from rag.training import World, index

KINDS = Path(__file__).parents[2] / "benchmarks" / "sets" / "kinds"
LONG = "很长的一句话里有许多许多不同的词语" * 12 + "。"
WORDLESS = "一、\n……\n——\n" + LONG + "后面还有一句。"


def serve(*texts: str) -> tuple[Generation, Reader]:
    documents = [Document(f"{n}", f"标题{n}", text) for n, text in enumerate(texts)]
    generation = index(World(documents, []), StaticEmbedder())
    return generation, Reader(generation, Likeness(generation, StaticEmbedder()))


@pytest.fixture(scope="module")
def kinds() -> tuple[Generation, Reader]:
    generation = index(World(documents_of(KINDS), []), StaticEmbedder())
    return generation, Reader(generation, Likeness(generation, StaticEmbedder()))


def test_it_tells_what_is_said_from_what_is_not(kinds: tuple[Generation, Reader]) -> None:
    """Of two questions about a document, one that it answers and one that it does not."""
    generation, reader = kinds
    passages: dict[str, list[int]] = {}
    for passage in generation.passages():
        passages.setdefault(passage.document.id, []).append(passage.id)
    read: dict[bool, list[float]] = {True: [], False: []}
    for one in records_of(KINDS / "questions.jsonl"):
        if one["kind"] in ("fact", "unanswerable"):
            document = one["id"].rsplit("-", 1)[0]
            question = understand(one["question"], generation)
            own = generation.read(passages[document])
            read[one["kind"] == "fact"].append(max(reader.read(question, passage) for passage in own))
    said, unsaid = np.array(read[True]), np.array(read[False])
    assert len(said) == 135
    assert (said[:, None] > unsaid).mean() > 0.75


@settings(max_examples=10)
@given(
    st.lists(
        st.sampled_from(["短句。", LONG, "——\n", "\n", "2024 年 x1 上市。", WORDLESS]), min_size=1, max_size=6
    )
)
def test_it_reads_the_words_in_their_order_as_far_as_they_go(parts: list[str]) -> None:
    generation, reader = serve("".join(parts) + "完。", "另一篇。")
    words = generation.lexical.words
    for passage in generation.passages():
        numbers, sentences = reader._words(passage)
        expected = [(word, -1) for word in words.contexts[passage.id].tolist()[:ABOUT]]
        for place, sentence in enumerate(passage.sentences):
            expected += [(word, place) for word in words.sentence(sentence)[:SENTENCE]]
        assert list(zip(numbers.tolist(), sentences.tolist(), strict=True)) == expected[:LONGEST]
        assert reader.read(understand("什么时候上市？", generation), passage) >= NOTHING


def test_it_reads_what_the_pupil_was_given() -> None:
    import torch  # takes seconds to import, which only one worker need wait for

    from rag.pupil import Pupil

    generation, reader = serve("岳飞葬在杭州。" + LONG + "他是名将 Yue Fei，生于 1103 年。", "苏轼写词。")
    for question in ("岳飞葬在哪里？", "Yue Fei 生于哪一年？", "谁写词？"):
        for passage in generation.passages():
            document = passage.document
            spans = map(generation.sentence, passage.sentences)
            texts = tuple(document.text[span.start : span.end] for span in spans)
            pair = (question, Excerpt(document.context_at(passage.start), texts))
            pupil = Pupil(Lexicon([pair]), StaticEmbedder())
            pupil.layers.load_state_dict(
                {name: torch.tensor(each) for name, each in load_file(MODEL).items()}
            )
            pupil.layers.eval()
            with torch.no_grad():
                expected = float(pupil.read([pair]).max())
            assert reader.read(understand(question, generation), passage) == pytest.approx(expected, abs=1e-3)


def test_a_passage_without_words_says_nothing() -> None:
    generation, reader = serve("一篇。", "另一篇。")
    passage = next(generation.passages())
    question = understand("另一篇是什么？", generation)
    assert reader.read(question, passage) > NOTHING
    assert reader.read(question, replace(passage, sentences=range(0))) == NOTHING


def test_it_remembers_of_what_kind_each_word_is() -> None:
    generation, reader = serve("2024 年 x1 售价 3.5 万元。", "另一篇。")
    question = understand("x1 售价多少？", generation)
    for _ in range(2):
        for passage in generation.passages():
            reader.read(question, passage)
    tokens = generation.lexical.words.tokens
    assert reader._kinds.tolist() == [kind_of(word) for word in tokens]
    assert {kind_of(word) for word in ("2024", "3.5", "x1", "售价")} == {0, 1, 2}
