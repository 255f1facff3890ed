"""The list of the settings is complete, and what it says is so."""

import re
from pathlib import Path

import pytest
from pydantic import ByteSize, SecretStr

from api.console import settings_of
from api.settings import Settings
from index.errors import SettingError

PAGE = (Path(__file__).parent.parent.parent / "docs/settings.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| `([A-Z_]+)` \| (.*?) \|", PAGE, re.MULTILINE))
FIELDS = {
    str(field.validation_alias or f"CHUCHU_{name.upper()}"): name
    for name, field in Settings.model_fields.items()
}


def test_every_setting_is_listed_and_none_is_invented() -> None:
    assert set(ROWS) == set(FIELDS)
    named = set(re.findall(r"\b(?:CHUCHU|PROMETHEUS)_[A-Z_]+\b", PAGE))
    assert named <= set(FIELDS)


@pytest.mark.parametrize("variable", sorted(FIELDS))
def test_its_default_is_the_programs(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, shown = FIELDS[variable], ROWS[variable]
    for other in FIELDS:
        monkeypatch.delenv(other, raising=False)
    default = getattr(Settings(), name)
    if not shown.startswith("`"):  # 无, or in words
        assert default in (None, ()) or name == "data"
        return
    monkeypatch.setenv(variable, shown.strip("`"))
    assert getattr(Settings(), name) == default


def test_a_worker_makes_the_same_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in FIELDS:
        monkeypatch.setenv(variable, "")  # put back afterwards
    ours = Settings(
        data=tmp_path,
        min_confidence=0.5,
        api_key=SecretStr("reading-key"),
        hosts=("a.example", "b.example"),
        max_body=ByteSize(2048),
        answer_seconds=1.5,
    )
    ours.hand_down()
    assert Settings() == ours


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("CHUCHU_LLM_TIMEOUT", "601", "应至多为 600"),
        ("CHUCHU_MAX_BODY", "8MBB", "应为字节数，如 8388608 或 8MiB"),
        ("CHUCHU_MAX_REQUESTS", "many", "应为整数"),
        ("CHUCHU_STORE", "disk", "应为 'local' 或 'milvus'"),
        ("CHUCHU_BODY_SECONDS", "0", "应大于 0"),
        ("CHUCHU_API_KEY", "short", "应至少有 8 个可见的 ASCII 字符"),
    ],
)
def test_what_a_value_should_be_is_said(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingError, match=f"{variable} {said}"):
        settings_of()


def test_no_key_is_shown() -> None:
    settings = Settings(api_key=SecretStr("reading-key"), admin_key=SecretStr("administering-key"))
    assert "ing-key" not in f"{settings!r} {settings} {settings.model_dump_json()}"
