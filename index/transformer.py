"""Embed with any sentence-transformers model, by name or path."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

from index.embedder import Vectors, fingerprint_of, unit
from index.errors import SettingError


def _name(folder: Path) -> str:
    """Name a model in a folder by what is in it, and not by where it is."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(fingerprint_of(path).encode())
    return f"{folder.name}-{digest.hexdigest()[:8]}"


class TransformerEmbedder:
    """A sentence-transformers model with its own prompts for questions and passages."""

    reads_words = False

    def __init__(self, model: str) -> None:
        """Load ``model``; code that comes with it is not run.

        Raises:
            SettingError: when it cannot be loaded.

        """
        try:
            self._model = SentenceTransformer(model, trust_remote_code=False)
        except Exception as error:  # the library raises what its many backends raise
            reason = str(error).split("\n")[0]
            raise SettingError(f"无法加载嵌入模型 {model}：{reason}；请检查名称或路径") from error
        self.name = _name(Path(model)) if Path(model).is_dir() else model
        self.dimension = int(self._model.get_embedding_dimension() or 0)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Embed with the prompt for documents, where the model has one."""
        return self._float32(self._model.encode_document(list(texts), show_progress_bar=False))

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """Embed with the prompt for queries, where the model has one."""
        return self._float32(self._model.encode_query(list(texts), show_progress_bar=False))

    @staticmethod
    def _float32(raw: Vectors) -> Vectors:
        vectors = np.asarray(raw, np.float32)
        return unit(vectors)
