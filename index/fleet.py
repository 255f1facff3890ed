"""The machines of a Ray cluster that mine and cut documents; what comes out is what `index.crew` makes."""

import json
import logging
import socket
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from index.crew import Numbers, batches_of
from index.documents import Documents
from index.embedder import Embedder, embedder_of
from index.errors import BuildError, SettingError
from index.mined import Mined, mine_each
from index.reuse import program
from index.segmented import Segmented, segment
from index.segmenter import Entry, Segmenter

_BATCH = 1_000_000
"""Characters that a machine takes at once."""
_SECONDS = 5.0
"""Within which the cluster must answer."""


class Order(NamedTuple):
    """What a machine is to do with documents, and what it needs for that."""

    work: str
    """``mine`` or ``segment``."""
    folder: str
    """Where the documents lie, seen by every machine."""
    dictionary: str
    """The file that holds the words of the segmenter."""
    model: str | None
    embedder: str
    """Empty where nothing is to be embedded."""
    program: str
    """Of the one who orders; another program might cut in another way."""


class Fleet:
    """See `index.crew`, whose place it takes."""

    def __init__(self, address: str, folder: Path, model: str | None) -> None:
        """Work on the documents in ``folder``, which every machine of the cluster has to see.

        Args:
            address: of the Ray cluster, or ``auto``.
            model: what every machine loads the embedder by.

        """
        self._address, self._folder, self._model = address, folder.absolute(), model

    def mine_all(
        self, documents: Documents, numbers: Numbers, segmenter: Segmenter
    ) -> Generator[tuple[Numbers, Mined], None, None]:
        """See `index.crew.mine_all`."""
        return self._shared("mine", documents, numbers, segmenter)

    def segment_all(
        self, documents: Documents, numbers: Numbers, segmenter: Segmenter, embedder: Embedder
    ) -> Generator[tuple[Numbers, Segmented], None, None]:
        """See `index.crew.segment_all`."""
        return self._shared("segment", documents, numbers, segmenter, embedder.name)

    def _shared(
        self, work: str, documents: Documents, numbers: Numbers, segmenter: Segmenter, embedder: str = ""
    ) -> Generator[tuple[Numbers, Any], None, None]:
        batches = batches_of(documents, numbers, _BATCH)
        if not batches:
            return
        with _words(self._folder / f".{work}.json", segmenter) as words, _connected(self._address) as data:
            order = Order(work, str(self._folder), str(words), self._model, embedder, program())
            spans = [{"start": int(some[0]), "stop": int(some[-1]) + 1} for some in batches]
            made = data.from_items(spans, override_num_blocks=len(spans)).map_batches(
                work_off, batch_size=1, fn_kwargs={"order": order}
            )
            for some, row in zip(batches, made.iter_rows(), strict=True):
                yield some, row["made"]


@contextmanager
def _words(path: Path, segmenter: Segmenter) -> Iterator[Path]:
    """Lay down the words of a segmenter for as long as they are needed."""
    path.write_text(json.dumps(segmenter.entries, ensure_ascii=False), "utf-8")
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """Yield Ray Data, in the order of what it is given."""
    _require(address)
    try:
        import ray
        import ray.data
    except ModuleNotFoundError as error:
        raise SettingError("没有安装 Ray；请运行 pip install 'chuchu[ray]'") from error
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise _unreached(address) from error
    try:
        context = ray.data.DataContext.get_current()
        context.execution_options.preserve_order = True
        context.enable_progress_bars = False
        yield ray.data
    except ray.exceptions.RayError as error:
        raise BuildError(f"Ray 集群没有做完：{_reason(error)}；原有索引未受影响；请再建一次") from error
    finally:
        ray.shutdown()


def _require(address: str) -> None:
    """Check that somebody listens there: Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdecimal():
        return
    try:
        socket.create_connection((host, int(port)), _SECONDS).close()
    except OSError as error:
        raise _unreached(address) from error


def _unreached(address: str) -> SettingError:
    return SettingError(
        f"Ray 集群 {address} 连接不上；请检查 CHUCHU_RAY_ADDRESS，并在它的一台机器上运行 ray status"
    )


def _reason(error: BaseException) -> str:
    lines = str(error.__cause__ or error).strip().splitlines()
    return lines[-1][:200] if lines else type(error).__name__


def work_off(batch: dict[str, Any], order: Order) -> dict[str, Any]:
    """Do what is ordered with the documents of a batch; runs on any machine of the cluster."""
    documents, work = _ready(order)
    spans = zip(batch["start"].tolist(), batch["stop"].tolist(), strict=True)
    made = np.empty(len(batch["start"]), object)
    made[:] = [work([documents.read(number) for number in range(*span)]) for span in spans]
    return {"made": made}


@lru_cache(1)
def _ready(order: Order) -> tuple[Documents, Callable[[Any], Mined | Segmented]]:
    """Load what an order takes, once for each process."""
    if program() != order.program:
        raise BuildError("这台机器上的 chuchu 与建索引的不是同一版本；请在每台机器上安装同一版本")
    documents = Documents.load(Path(order.folder))
    entries = json.loads(Path(order.dictionary).read_bytes())
    segmenter = Segmenter.restore(map(Entry._make, entries))
    if order.work == "mine":
        return documents, lambda some: mine_each(some, segmenter)
    embedder = embedder_of(order.embedder, order.model)
    if embedder.name != order.embedder:
        raise BuildError(f"这台机器上的嵌入模型是 {embedder.name}，不是 {order.embedder}；请换成同一个")
    return documents, lambda some: _embedded(segment(some, segmenter, embedder), embedder)


def _embedded(segmented: Segmented, embedder: Embedder) -> Segmented:
    if segmented.vectors is not None:
        return segmented
    return replace(segmented, vectors=embedder.embed_passages(segmented.texts), texts=())
