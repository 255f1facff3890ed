"""Arrays that stay on disk: what is looked at is read, and processes have it in common."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def mapped(path: Path) -> NDArray[Any]:
    """Map what `numpy.save` wrote, to be read only."""
    return np.asarray(np.load(path, mmap_mode="r"))
