"""Train the bundled embedder: ``python -m index.training DATA``.

Needs the extra ``chuchu[train]``. DATA holds ``pairs/``, ``train/`` and ``parallel/`` as the model
card describes them. The run is seeded; on two CPU cores it takes about half an hour.
"""

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from multiprocessing import Pool
from operator import itemgetter
from pathlib import Path

import jieba
import numpy as np
import typer
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from index.embedder import Vectors
from index.ragged import Ragged
from index.segmenter import Segmenter, is_han
from index.static import BUNDLED, spell
from index.student import Lesson, learn
from index.teacher import Teacher

SEED = 0
VOCABULARY = 48_000
HAN_WORDS, LATIN_PIECES = 24_000, 9_000  # of DATA; jieba's dictionary fills up the vocabulary
WINDOW = 300  # characters of a section that one pair uses
TOLD = {"questions": (9_000, 7_000), "sections": (0, 12_000), "parallel": (4_000, 4_000)}
"""Questions and sentences of each kind of pair that the teacher reads."""
LONGEST = 64  # characters of one that the teacher reads: its time goes by length
Pair = tuple[str, str]
Words = list[str]

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


def sentences_of(text: str) -> list[str]:
    """Split text after each end of a sentence; what is very short is left out."""
    return [s for s in re.split(r"(?<=[。！？；\n])", text) if len(s) > 8]


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
            sentences = sentences_of(text[: 3 * WINDOW])
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


def _cut(text: str) -> Words:
    return _segmenter.words(text)


def cut(texts: Sequence[str]) -> list[Words]:
    """Cut texts into words."""
    with Pool(initializer=_start_worker) as pool:
        return pool.map(_cut, texts, chunksize=500)


def make_tokenizer(words: Counter[str]) -> Tokenizer:
    """Make the vocabulary: frequent Chinese words, their characters, pieces of other words.

    Words that DATA lacks, of law or of medicine, come from jieba's dictionary; the teacher knows them.
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
    listed, _ = jieba.Tokenizer().gen_pfdict(jieba.dt.get_dict_file())
    vocabulary = dict.fromkeys(
        ["[UNK]"]
        + [c for c, n in characters.items() if n >= 3]
        + [word for word, _ in han.most_common(HAN_WORDS) if len(word) > 1]
        + sorted(pieces.get_vocab())
        + sorted(filter(is_han, listed), key=lambda word: (-listed[word], word))
    )
    tokenizer = Tokenizer(
        models.WordPiece(
            {token: i for i, token in enumerate(list(vocabulary)[:VOCABULARY])},
            unk_token="[UNK]",
            continuing_subword_prefix="",
            max_input_chars_per_word=40,
        )
    )
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return tokenizer


def tokens_of(texts: Sequence[Words], tokenizer: Tokenizer) -> Ragged:
    """Return the tokens of each text as the model reads it."""
    spelt = tokenizer.encode_batch([spell(words) for words in texts], add_special_tokens=False)
    return Ragged.of([one.ids for one in spelt])


def told_texts(pairs: dict[str, list[Pair]]) -> tuple[list[str], list[str]]:
    """Choose what the teacher reads: questions, and one sentence of each of some passages."""
    rng, questions, sentences = random.Random(SEED), list[str](), list[str]()
    for kind, (asked, answering) in TOLD.items():
        some = rng.sample(pairs[kind], len(pairs[kind]))
        short = dict.fromkeys(question for question, _ in some if len(question) <= 3 * LONGEST)
        questions += list(short)[:asked]
        found = ([s for s in sentences_of(text) if len(s) <= LONGEST] for _, text in some)
        sentences += list(dict.fromkeys(rng.choice(each) for each in found if each))[:answering]
    return questions, sentences


def lesson_of(pairs: dict[str, list[Pair]], teacher: Teacher) -> tuple[Tokenizer, Lesson]:
    """Cut all texts, make the vocabulary, and ask the teacher."""
    questions, sentences = told_texts(pairs)
    sides = {kind: [cut([pair[side] for pair in some]) for side in (0, 1)] for kind, some in pairs.items()}
    words = Counter(word for both in sides.values() for side in both for text in side for word in text)
    tokenizer = make_tokenizer(words)
    vocabulary = [token for token, _ in sorted(tokenizer.get_vocab().items(), key=itemgetter(1))]
    return tokenizer, Lesson(
        pairs={
            kind: (tokens_of(first, tokenizer), tokens_of(second, tokenizer))
            for kind, (first, second) in sides.items()
        },
        words=teacher.words(vocabulary),
        texts=tokens_of(cut(questions + sentences), tokenizer),
        told=teacher.texts(questions, sentences),
    )


def train(data: Path, out: Path = BUNDLED) -> None:
    """Train on the folder DATA and save the model folder OUT."""
    read_pairs = {"questions": question_pairs, "sections": section_pairs, "parallel": parallel_pairs}
    pairs = {kind: list(dict.fromkeys(read(data))) for kind, read in read_pairs.items()}
    tokenizer, lesson = lesson_of(pairs, Teacher())
    save(tokenizer, learn(lesson, SEED), out)


def save(tokenizer: Tokenizer, table: Vectors, out: Path) -> None:
    """Save at half precision; an unknown token says nothing, so its row is zero."""
    table[tokenizer.token_to_id("[UNK]")] = 0
    half = StaticEmbedding(tokenizer, embedding_weights=table.astype(np.float16))
    SentenceTransformer(modules=[half, Normalize()], device="cpu").save(str(out), create_model_card=False)


if __name__ == "__main__":
    typer.run(train)
