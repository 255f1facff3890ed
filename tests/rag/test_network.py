"""The network as it serves against the network as it learnt."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.static import StaticEmbedder
from rag.lesson import Excerpt
from rag.lexicon import Lexicon
from rag.network import Network, Text

SENTENCES = [
    "岳飞葬在杭州。",
    "他是名将 Yue Fei，生于1103年。",
    "苏轼写词。",
    "西湖在杭州，杭州在浙江。",
    "岳飞，岳飞！",
]


@pytest.fixture(scope="module")
def vectors() -> StaticEmbedder:
    return StaticEmbedder()


@settings(max_examples=20)
@given(
    st.text("岳飞葬在杭州生于1103yue", min_size=1, max_size=12),
    st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=6),
    st.integers(0, 9),
)
def test_it_reads_as_the_pupil_did(
    vectors: StaticEmbedder, question: str, sentences: list[str], seed: int
) -> None:
    import torch  # takes seconds to import, which only one worker need wait for

    from rag.pupil import Pupil

    pair = (question, Excerpt("岳飞", tuple(sentences)))
    torch.manual_seed(seed)
    lexicon = Lexicon([pair])
    pupil = Pupil(lexicon, vectors)
    for each in pupil.layers.parameters():
        torch.nn.init.normal_(each, std=0.3)
    pupil.layers.eval()
    with torch.no_grad():
        expected = pupil.read([pair]).numpy()
    inputs, spelt = lexicon.inputs(vectors), lexicon.excerpts[pair[1]]
    asked, said = inputs[lexicon.questions[question]], inputs[spelt.words]
    same = lexicon.questions[question][:, None] == spelt.words
    begins = np.diff(spelt.sentences, prepend=-2) != 0
    beside = np.column_stack([said, same.any(axis=0), spelt.sentences < 0, begins]).astype(np.float32)
    starts = np.flatnonzero(begins & (spelt.sentences >= 0))
    width = vectors.dimension
    text = Text(asked, beside, asked[:, :width] @ said[:, :width].T, same, starts)
    weights = {name: each.numpy() for name, each in pupil.layers.state_dict().items()}
    np.testing.assert_allclose(Network(weights).read(text), expected, rtol=1e-4, atol=1e-4)
