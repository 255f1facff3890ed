"""Who puts the answers into words."""

from api.settings import Settings
from index.errors import SettingError
from rag.answer import AnswerWriter, ExtractiveWriter


def writer_of(settings: Settings) -> AnswerWriter:
    """Return the writer that is set: a language model, or quotes alone.

    Raises:
        SettingError: only a part of what a model needs is set.

    """
    address, model = settings.llm_base_url, settings.llm_model
    if address is None and model is None:
        return ExtractiveWriter()
    if address is None or model is None or not address.startswith(("http://", "https://")):
        raise SettingError(
            "语言模型需要 CHUCHU_LLM_BASE_URL（http:// 或 https:// 开头）与 CHUCHU_LLM_MODEL 两者；"
            "请补上或改正，不用语言模型则都不设"
        )
    from rag.llm import LlmWriter  # a second, which only those who have a model wait for

    key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else None
    return LlmWriter(address, model, key, settings.llm_timeout)
