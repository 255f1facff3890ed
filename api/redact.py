"""Keep from clients where things lie on the server."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from index.source import is_address


def without(folder: Path, text: str) -> str:
    """Return ``text`` without the place of the data folder."""
    return text.replace(str(folder.absolute()), "数据文件夹").replace(str(folder), "数据文件夹")


def name_of(source: str) -> str:
    """Return the name of a file or folder; the address of a page whole."""
    return source if is_address(source) else Path(source).name


def named(folders: Iterable[str], text: str) -> str:
    """Return ``text`` with the names of ``folders`` for their places."""
    for folder in sorted(folders, key=len, reverse=True):  # one may lie in another
        text = text.replace(folder, name_of(folder))
    return text


def below(folders: Iterable[str], place: str) -> str:
    """Return a place as it is seen from the one of ``folders`` that holds it."""
    for folder in folders:
        if place.startswith(f"{folder}/"):
            return place[len(folder) + 1 :]
    return name_of(place)


def gate_of(gate: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what a gate found, with the name of its questions alone."""
    return gate and {**gate, "questions": name_of(gate["questions"])}
