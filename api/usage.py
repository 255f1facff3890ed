"""Say in Chinese what Typer finds wrong with a command line."""

import re

from typer import TyperException

_SAID = {
    r"Missing (?:argument|option) (.+)\.": r"缺少 \1",
    r"Missing command\.": "缺少命令",
    r"No such command (.+?)\.": r"没有命令 \1",
    r" Did you mean (.+)\?": r"，是不是 \1",
    r"No such option: (\S+)": r"没有选项 \1",
    r" \(Possible options: (.+)\)": r"，可用 \1",
    r"Option (.+) requires an argument\.": r"选项 \1 后面要有一个值",
    r"Option (.+) does not take a value\.": r"选项 \1 不带值",
    r"Got unexpected extra argument\(s\) \((.+)\)": r"多出了 \1",
    r"Invalid value for (.+?): ": r"\1 的值不可用：",
    r"Input should be a valid integer.*": "应为整数",
    r"Input should be a valid number.*": "应为数字",
    r"Input should be less than or equal to (\S+)": r"应不大于 \1",
    r"Input should be greater than or equal to (\S+)": r"应不小于 \1",
}
"""What is not among these stays in English."""


def mistake_of(error: TyperException) -> str:
    """Return what is wrong and where to look; nothing where the help was shown instead."""
    said = error.format_message()
    for english, chinese in _SAID.items():
        said = re.sub(english, chinese, said)
    context = getattr(error, "ctx", None)  # where Typer knows which command it is
    return f"{said}；用法见 {context.command_path if context else 'chuchu'} --help" if said else ""
