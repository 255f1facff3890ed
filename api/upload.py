"""Files that people add, stored below ``DATA/uploads``, which is a source like any other."""

import shutil
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from index.errors import BuildError, SourceError
from index.reader import SUFFIXES

ZIPPED = (".docx", ".epub")
_UNPACKED = 20
"""How many times its own limit a file may grow to when it is unpacked."""
_LONGEST = 200
"""Bytes of a name; file systems take 255."""
_ASIDE = ".new-"


def folder_of(data: Path) -> Path:
    """Return the folder of the files that were added."""
    return data.absolute() / "uploads"


def name_for(given: str) -> str:
    """Return the name under which a file is stored: without folders, and visible as it is.

    Raises:
        SourceError: no such file can be read, or nothing is left of its name.

    """
    last = unicodedata.normalize("NFC", given).replace("\\", "/").rpartition("/")[2]
    name = "".join(c for c in last if c.isprintable()).strip(" .")
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise SourceError(f"不支持的文件 {name[:80]!r}；可用 {' '.join(SUFFIXES)}")
    if len(name.encode()) > _LONGEST:
        raise SourceError(f"文件名 {name[:20]}… 超过 {_LONGEST} 字节；请改短")
    return name


def store(files: Iterable[tuple[str, BinaryIO]], data: Path, most: int) -> list[str]:
    """Store files of at most ``most`` bytes each, all or none; one of the same name is replaced.

    Only one process may do so at a time.

    Raises:
        SourceError: a file is of no kind that can be read, empty, too large, or packed too densely.
        BuildError: the disk refused.

    """
    folder = folder_of(data)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{_ASIDE}*"):  # by a server that was killed
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_ASIDE, dir=folder) as aside:
            names = [_write(name_for(given), file, Path(aside), most) for given, file in files]
            for name in names:
                Path(aside, name).replace(folder / name)
    except OSError as error:
        raise BuildError(f"文件无法写入 {folder}：{error.strerror or error}；请清理磁盘或检查权限") from error
    return names


def _write(name: str, file: BinaryIO, aside: Path, most: int) -> str:
    path = aside / name
    if path.exists():
        raise SourceError(f"两个文件都叫 {name}；请改名")
    with path.open("xb") as copy:
        shutil.copyfileobj(file, copy)
        size = copy.tell()
    if not 0 < size <= most:
        raise SourceError(f"文件 {name} 有 {size} 字节；应有 1 到 {most} 字节")
    if path.suffix.lower() in ZIPPED:
        _check_packed(path, most * _UNPACKED)
    return name


def _check_packed(path: Path, most: int) -> None:
    """Look at the table of contents of a packed file; nothing is unpacked."""
    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise SourceError(f"文件 {path.name} 不是完好的 {path.suffix}；请重新保存后再添加") from error
    if size > most:
        raise SourceError(f"文件 {path.name} 展开后有 {size} 字节；至多 {most} 字节")
