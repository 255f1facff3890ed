"""The settings, from the environment; nothing else reads it."""

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
