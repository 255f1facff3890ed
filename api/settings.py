"""The settings, from the environment; nothing else reads it."""

import os
import re
from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_data_path
from pydantic import AfterValidator, BaseModel, BeforeValidator, ByteSize, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from index.cluster import Cluster
from index.errors import SettingError
from rag.knowledge import THRESHOLD


def _presentable(key: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[\x21-\x7e]{8,}", key.get_secret_value()):
        raise ValueError("应至少有 8 个可见的 ASCII 字符，没有空白")
    return key


Key = Annotated[SecretStr, AfterValidator(_presentable)]
"""What fits into an HTTP header, and is not guessed at once."""


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""Separated by commas in the environment."""
Origins = Annotated[Names, AfterValidator(lambda origins: tuple(one.rstrip("/") for one in origins))]
"""As browsers name them, without a path."""
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class AccessSettings(BaseModel):
    """Who may use the server, and from where."""

    host: str = "127.0.0.1"
    """The address that the server listens on."""
    api_key: Key | None = None
    """The key for reading; it administers too where there is no `admin_key`."""
    admin_key: Key | None = None
    """The key for administering: rebuilding, adding documents, evaluating."""
    hosts: Names = ()
    """Further names of this server, for one without a key."""
    folders: Names = ()
    """Folders of the server that may be indexed over HTTP, beside the sources of the last build."""
    cors_origins: Origins = ()
    """Origins whose pages may use the server, such as ``https://example.org``."""


class LimitSettings(BaseModel):
    """How much, how many at once and how long."""

    max_body: Annotated[ByteSize, Field(ge=1024)] = ByteSize(8 * 2**20)
    """Bytes of a request's body."""
    max_upload: Annotated[ByteSize, Field(ge=1024)] = ByteSize(200 * 2**20)
    """Bytes of a request that adds documents."""
    max_document: Annotated[ByteSize, Field(ge=1)] = ByteSize(50 * 2**20)
    """Bytes of one document among them."""
    max_requests: Annotated[int, Field(ge=1, le=10_000)] = 64
    """Requests that one worker process answers at once."""
    body_seconds: Seconds = 30
    """Within which a body must arrive, for each mebibyte of it."""
    answer_seconds: Seconds = 120
    """Within which a response must begin."""


class ModelSettings(BaseModel):
    """The language model that writes the answers, if there is one."""

    llm_base_url: str | None = None
    """Its OpenAI-compatible endpoint, such as ``http://127.0.0.1:11434/v1``."""
    llm_model: str | None = None
    """Its name there."""
    llm_api_key: SecretStr | None = None
    """The key that the endpoint asks for."""
    llm_timeout: Annotated[float, Field(gt=0, le=600)] = 60
    """Seconds within which it must begin to answer, and be done."""


class StoreSettings(BaseModel):
    """Where the passages lie."""

    store: Literal["local", "milvus"] = "local"
    """In the data folder, or in a Milvus that several hosts have in common."""
    milvus_uri: str | None = None
    """Its address, such as ``http://milvus.example:19530``."""
    milvus_token: SecretStr | None = None
    """What it asks for: a key, or ``user:password``."""
    milvus_database: str | None = None
    """The database there; its default one, when left out."""
    ray_address: str | None = None
    """The Ray cluster that builds, such as ``ray.example:6379``, or ``auto`` on one of its machines."""

    @property
    def cluster(self) -> Cluster | None:
        """The Milvus that holds the passages, if one does.

        Raises:
            SettingError: it has no address, or what is no address.

        """
        if self.store == "local":
            return None
        if self.milvus_uri is None:
            raise SettingError("CHUCHU_STORE 是 milvus，却没有地址；请设置 CHUCHU_MILVUS_URI")
        token = self.milvus_token.get_secret_value() if self.milvus_token else ""
        return Cluster(self.milvus_uri, token, self.milvus_database or "")


class Settings(BaseSettings, AccessSettings, LimitSettings, ModelSettings, StoreSettings):
    """What can be set with ``CHUCHU_…``; docs/settings.md has the list."""

    model_config = SettingsConfigDict(env_prefix="CHUCHU_", env_ignore_empty=True, hide_input_in_errors=True)

    data: Path = user_data_path("chuchu")
    """The folder that holds the index."""
    min_confidence: Annotated[float, Field(ge=0, le=1)] = THRESHOLD
    """The confidence that makes an answer."""
    metrics_folder: Annotated[Path | None, Field(validation_alias="PROMETHEUS_MULTIPROC_DIR")] = None
    """Where worker processes add up what they count; `serve` sets it."""

    def hand_down(self) -> None:
        """Have the server's worker processes, which make their own settings, make these."""
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if value is not None:
                variable = field.validation_alias or f"CHUCHU_{name.upper()}"
                os.environ[str(variable)] = _as_text(value)


def _as_text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return ",".join(value) if isinstance(value, tuple) else str(value)
