"""Which generation is in service: the one file that changes."""

import tempfile
from pathlib import Path

from index.errors import DamagedError, NoIndexError
from index.manifest import sync


def generations(data: Path) -> Path:
    """Return the folder that holds the generations."""
    return data / "generations"


def numbers(data: Path) -> list[int]:
    """Return the numbers of all generations on disk, ascending."""
    home = generations(data)
    return sorted(int(path.name) for path in home.iterdir() if _is_number(path.name)) if home.is_dir() else []


def current(data: Path) -> int:
    """Return the number of the generation in service.

    Raises:
        NoIndexError: nothing has been built.
        DamagedError: the pointer to it is not a number.

    """
    try:
        name = (data / "CURRENT").read_text("ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        raise NoIndexError(f"{data} 里还没有索引；请先运行 chuchu build") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DamagedError(f"{data / 'CURRENT'} 无法读取；请运行 chuchu build 重建") from error
    if not _is_number(name):
        raise DamagedError(f"{data / 'CURRENT'} 没有指向任何一代索引；请运行 chuchu build 重建")
    return int(name)


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdecimal()


def point_at(number: int, data: Path) -> None:
    """Put a generation in service, by one atomic replacement of ``CURRENT``."""
    with tempfile.NamedTemporaryFile("w", dir=data, prefix=".CURRENT-", delete=False) as file:
        pointer = Path(file.name)
    try:
        pointer.write_text(f"{number}\n", "ascii")
        pointer.chmod(0o644)
        sync(pointer)
        pointer.replace(data / "CURRENT")
    finally:
        pointer.unlink(missing_ok=True)
    sync(data)
