"""Find the files of a folder, and those that its links lead to."""

import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from index.reader import SUFFIXES, Problem

BESIDE = ".meta.json"
"""What ``NAME`` is followed by in the name of a file that says more of one called so."""
_KINDS = frozenset([*SUFFIXES, *".doc .rtf .odt .wps .xls .xlsx .csv .ppt .pptx .mobi .azw3".split()])
"""Of documents. One that cannot be read is told of, as who put it there expects answers from it."""


class File(NamedTuple):
    """A file that is to be read, if it can be."""

    path: Path
    identity: str
    """Its path below the source, with ``/``."""
    beside: Path | None
    plain: bool
    """Whether it is known to be neither a link nor a pipe or device."""


def files(source: Path) -> Iterator[File | Problem]:
    """Yield the documents in a folder in a stable order, hidden ones and indexes of chuchu left out.

    What links lead to comes last, and only if it was not found before: a file has one id, and circles end.
    """
    above = Path(os.path.realpath(source)).parents
    found, listed = set[Path](), set[Path]()
    folders, links = deque([source]), list[File]()
    while folders:
        here = folders.popleft()
        real = Path(os.path.realpath(here))
        if real in above:
            yield Problem(str(here), "指向来源的上层文件夹，没有跟着读；要读那里，请把它写作来源")
        elif real not in found:
            found.add(real)
            looked = list(_look(source, here, folders, links))
            if any(isinstance(one, File) for one in looked):
                listed.add(real)
            yield from looked
    for link in links:
        real = Path(os.path.realpath(link.path))
        again = real in found or (real.parent in listed and _is_document(real.name))
        if not (again and os.access(real, os.F_OK)):
            found.add(real)
            yield link


def _look(source: Path, here: Path, folders: deque[Path], links: list[File]) -> Iterator[File | Problem]:
    """Yield the files in a folder; what else is to be looked at is added to ``folders`` and ``links``."""
    try:
        with os.scandir(here) as found:
            entries = {one.name: one for one in sorted(found, key=lambda one: one.name)}
    except OSError as error:
        yield Problem(str(here), error.strerror or str(error))
        return
    if "CURRENT" in entries and "generations" in entries:
        return
    below = [one for name, one in entries.items() if not name.startswith(".") and _is_folder(one)]
    folders.extendleft(here / one.name for one in reversed(below) if not one.is_symlink())
    folders.extend(here / one.name for one in below if one.is_symlink())
    inside = "".join(f"{part}/" for part in here.relative_to(source).parts)
    for name, entry in entries.items():
        if _is_document(name) and not _is_folder(entry):
            beside = name.rpartition(".")[0] + BESIDE
            plain = entry.is_file(follow_symlinks=False)
            file = File(here / name, inside + name, here / beside if beside in entries else None, plain)
            if entry.is_symlink():
                links.append(file)
            else:
                yield file


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself, or to where one may not look
        return False


def _is_document(name: str) -> bool:
    stem, dot, suffix = name.rpartition(".")
    hidden = name.startswith((".", "~$"))  # ~$ is what Word keeps beside what it is writing
    return bool(stem) and dot + suffix.lower() in _KINDS and not hidden
