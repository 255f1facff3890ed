"""Cut a collection with jieba alone on two processes: ``python -m benchmarks.speed.cutting CORPUS``."""

import json
from multiprocessing import Pool
from pathlib import Path
from typing import Annotated

import jieba
import typer

_tokenizer = jieba.Tokenizer()


def _cut(line: str) -> int:
    return len(list(_tokenizer.cut(json.loads(line)["text"], HMM=False)))


def main(corpus: Annotated[Path, typer.Argument(help="a folder of JSON Lines with a text each")]) -> None:
    """Print how many words there are."""
    with Pool(2, _tokenizer.initialize) as pool:
        files = sorted(corpus.glob("*.jsonl"))
        lines = (line for path in files for line in path.read_text("utf-8").splitlines())
        typer.echo(sum(pool.imap_unordered(_cut, lines, chunksize=50)))


if __name__ == "__main__":
    typer.run(main)
