"""Each file of a generation has its own digest, however many are read at once."""

from pathlib import Path

import numpy as np
from xxhash import xxh3_128_hexdigest

from index.manifest import checksums


def test_small_and_large_files_each_have_their_own_digest(tmp_path: Path) -> None:
    below = tmp_path / "below"
    below.mkdir()
    sizes = {
        tmp_path / "empty": 0,
        tmp_path / "small": 5,
        below / "large": 17 << 20,
        below / "other": 18 << 20,
    }
    for seed, (path, size) in enumerate(sizes.items()):
        path.write_bytes(np.random.default_rng(seed).bytes(size))
    assert checksums(tmp_path) == {
        path.relative_to(tmp_path).as_posix(): {"size": size, "digest": xxh3_128_hexdigest(path.read_bytes())}
        for path, size in sizes.items()
    }
