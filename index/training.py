"""Train the bundled embedder: ``python -m index.training DATA``.

Needs the extra ``chuchu[train]``. DATA holds ``pairs/``, ``train/`` and ``parallel/`` as the model
card describes them. The run is seeded; on two CPU cores it takes about eleven minutes.
"""

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import torch
import typer
from datasets import Dataset
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from index.segmenter import Segmenter, is_han
from index.static import BUNDLED, spell

SEED = 0
DIMENSION = 256
HAN_WORDS, LATIN_PIECES = 24_000, 9_000
WINDOW = 300  # characters of a section that one pair uses
Pair = tuple[str, str]

# Machine-translated reference documentation is most of the text; capped, it cannot drown the prose.
CAPS = {"cpp_docs": 6000, "dotnet_docs": 8000, "sql_docs": 8000, "cpp_docs_mt": 15000, "ms_headings": 8000}
CAP_OF_HISTORY = 1500


def read(path: Path) -> list[dict[str, str]]:
    """Read one gzipped JSON Lines file, shuffled, at most its cap."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    random.Random(SEED).shuffle(rows)
    name = path.name.removesuffix(".jsonl.gz")
    cap = CAP_OF_HISTORY if name.endswith("_hist") else CAPS.get(name, len(rows))
    return rows[:cap]


def question_pairs(data: Path) -> Iterator[Pair]:
    """Pair each question or title with the passage that answers it."""
    for path in sorted((data / "pairs").glob("*.jsonl.gz")):
        for row in read(path):
            yield row["query"], row["positive"][: 2 * WINDOW]
            if "answer_start" in row:
                start = max(0, int(row["answer_start"]) - WINDOW // 2)
                yield row["query"], row["positive"][start : start + WINDOW]


def section_pairs(data: Path) -> Iterator[Pair]:
    """Pair headings with their text, and a sentence with the text around it."""
    rng = random.Random(SEED)
    for path in sorted((data / "train").glob("*.jsonl.gz")):
        for row in read(path):
            text, headings = row["text"], [row["title"], *row["heading_path"]]
            query = " ".join(dict.fromkeys(headings[-3:]))
            yield query, text[:WINDOW]
            sentences = [s for s in re.split(r"(?<=[。！？；\n])", text[: 3 * WINDOW]) if len(s) > 8]
            if len(sentences) > 2:
                chosen = rng.randrange(len(sentences))
                rest = sentences[:chosen] + sentences[chosen + 1 :]
                yield sentences[chosen], headings[-1] + " " + "".join(rest)[:WINDOW]


def parallel_pairs(data: Path) -> Iterator[Pair]:
    """Pair English with its Chinese, so that an English question finds Chinese text."""
    for path in sorted((data / "parallel").glob("*.jsonl.gz")):
        for row in read(path):
            yield row["en"][: 2 * WINDOW], row["zh"][:WINDOW]


_segmenter: Segmenter


def _start_worker() -> None:
    global _segmenter
    _segmenter = Segmenter()


def _cut(pair: Pair) -> tuple[list[str], list[str]]:
    return _segmenter.words(pair[0]), _segmenter.words(pair[1])


def cut(pairs: Iterator[Pair]) -> list[tuple[list[str], list[str]]]:
    """Cut pairs into words, each pair once, none with an empty side."""
    unique = list(dict.fromkeys(pairs))
    with Pool(initializer=_start_worker) as pool:
        return [pair for pair in pool.imap(_cut, unique, chunksize=500) if all(pair)]


def make_tokenizer(words: Counter[str]) -> Tokenizer:
    """Make the vocabulary: frequent Chinese words, their characters, pieces of other words.

    A piece may stand anywhere in a word (no continuation prefix), so that a Chinese compound that
    only a document's own dictionary knows falls apart into words that the model has seen.
    """
    han = Counter({word: n for word, n in words.items() if is_han(word)})
    characters = Counter(c for word, n in han.items() for c in word for _ in range(min(n, 3)))
    pieces = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    pieces.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.WordPieceTrainer(
        vocab_size=LATIN_PIECES, min_frequency=5, continuing_subword_prefix="", show_progress=False
    )
    other = (" ".join([word] * min(n, 1000)) for word, n in words.items() if word not in han)
    pieces.train_from_iterator(other, trainer)
    vocabulary = dict.fromkeys(
        ["[UNK]"]
        + [c for c, n in characters.items() if n >= 3]
        + [word for word, _ in han.most_common(HAN_WORDS) if len(word) > 1]
        + sorted(pieces.get_vocab())
    )
    tokenizer = Tokenizer(
        models.WordPiece(
            {token: i for i, token in enumerate(vocabulary)},
            unk_token="[UNK]",
            continuing_subword_prefix="",
            max_input_chars_per_word=40,
        )
    )
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return tokenizer


def dataset(pairs: list[tuple[list[str], list[str]]]) -> Dataset:
    """Make the two columns that the loss reads."""
    return Dataset.from_dict(
        {"anchor": [spell(a) for a, _ in pairs], "positive": [spell(b) for _, b in pairs]}
    )


def train(data: Path, out: Path = BUNDLED, epochs: float = 8.0, batch: int = 1024) -> None:
    """Train on the folder DATA and save the model folder OUT."""
    torch.manual_seed(SEED)
    sources = {
        "questions": cut(question_pairs(data)),
        "sections": cut(section_pairs(data)),
        "parallel": cut(parallel_pairs(data)),
    }
    words = Counter(w for pairs in sources.values() for pair in pairs for side in pair for w in side)
    tokenizer = make_tokenizer(words)
    start = np.random.default_rng(SEED).normal(0, 0.1, (tokenizer.get_vocab_size(), DIMENSION))
    static = StaticEmbedding(tokenizer, embedding_weights=start.astype(np.float32))
    model = SentenceTransformer(modules=[static, Normalize()], device="cpu")
    trainer = SentenceTransformerTrainer(
        model=model,
        args=SentenceTransformerTrainingArguments(
            output_dir=str(out.with_name(out.name + ".training")),
            num_train_epochs=epochs,
            per_device_train_batch_size=batch,
            learning_rate=0.05,
            warmup_steps=0.1,
            lr_scheduler_type="cosine",
            save_strategy="no",
            report_to="none",
            logging_steps=50,
            use_cpu=True,
            seed=SEED,
        ),
        train_dataset={name: dataset(pairs) for name, pairs in sources.items()},
        loss=MultipleNegativesRankingLoss(model, scale=20.0),
    )
    trainer.train()
    save(static, out)


def save(static: StaticEmbedding, out: Path) -> None:
    """Save at half precision; an unknown token says nothing, so its row is zero."""
    weights = static.embedding.weight.detach().numpy()
    weights[static.tokenizer.token_to_id("[UNK]")] = 0
    half = StaticEmbedding(static.tokenizer, embedding_weights=weights.astype(np.float16))
    SentenceTransformer(modules=[half, Normalize()], device="cpu").save(str(out), create_model_card=False)


if __name__ == "__main__":
    typer.run(train)
