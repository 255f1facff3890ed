"""The settings, from the environment; nothing else reads it."""

import os
from pathlib import Path
from typing import Annotated

from platformdirs import user_data_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from rag.knowledge import THRESHOLD


class Settings(BaseSettings):
    """What can be set with ``CHUCHU_DATA`` and ``CHUCHU_MIN_CONFIDENCE``."""

    model_config = SettingsConfigDict(env_prefix="CHUCHU_")

    data: Path = user_data_path("chuchu")
    """The folder that holds the index."""
    min_confidence: Annotated[float, Field(ge=0, le=1)] = THRESHOLD
    """The confidence that makes an answer."""

    def hand_down(self) -> None:
        """Have the server's worker processes, which make their own settings, make these."""
        os.environ["CHUCHU_DATA"] = str(self.data)
        os.environ["CHUCHU_MIN_CONFIDENCE"] = str(self.min_confidence)
