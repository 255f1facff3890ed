"""What the last build was asked for, so that the next one need not be told again."""

import json
from dataclasses import dataclass
from pathlib import Path

from index.errors import DamagedError
from index.history import newest
from index.service import generations, numbers


@dataclass(frozen=True)
class Recorded:
    """The sources, the model and the user dictionary that a generation was made from."""

    sources: tuple[str, ...] = ()
    model: str | None = None
    dictionary: tuple[str, ...] = ()


def recorded(data: Path) -> Recorded:
    """Return what the generation in service was made from; nothing where none was ever built.

    Raises:
        DamagedError: that, or its user dictionary, cannot be read.

    """
    manifest = newest(data)
    if manifest is None and numbers(data):
        raise DamagedError(f"{data} 里的各代索引都读不了，不知道来源；请写明来源重建：chuchu build 来源")
    if manifest is None:
        return Recorded()
    folder = generations(data) / str(manifest.generation)
    try:
        entries = json.loads((folder / "dictionary.json").read_bytes())
        words = tuple(str(line) for line, *_ in entries[: manifest.dictionary])
    except (OSError, ValueError, TypeError) as error:
        raise DamagedError(
            f"第 {manifest.generation} 代索引的用户词典无法读取；请写明来源重建：chuchu build 来源"
        ) from error
    return Recorded(tuple(manifest.sources), manifest.model, words)
