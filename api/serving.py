"""The knowledge base that a server answers from; another takes its place when one is published."""

import gc
import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Request

from api.redact import without
from api.settings import Settings
from api.writer import writer_of
from index.errors import ChuchuError, ClusterError, StorageError
from index.generation import Generation
from rag.answer import Answer
from rag.knowledge import KnowledgeBase, unheard

POLL = 0.1
"""Seconds between looks at which generation is in service."""
AGAIN = 3.0
"""Seconds after which a cluster that did not answer is asked again."""

log = logging.getLogger("chuchu")


class Serving:
    """Follows the generation in service; who took a knowledge base keeps it to the end."""

    def __init__(self, settings: Settings, heard: Callable[[Answer], None] = unheard) -> None:
        """Serve nothing until `refresh`; ``heard`` is told each answer."""
        self.settings = settings
        self._heard = heard
        self._writer = writer_of(settings)
        self._cluster = settings.cluster
        self._pointer = settings.data / "CURRENT"
        self._seen: tuple[int, int] | None = None
        self._again = math.inf
        """When to open it although nothing has changed."""
        self._turn = threading.Lock()
        self._knowledge: KnowledgeBase | None = None
        self.warning: str | None = None
        """Why what is served is not what is in service."""

    @property
    def knowledge(self) -> KnowledgeBase:
        """The knowledge base to answer from.

        Raises:
            StorageError: none could be opened.

        """
        if self._knowledge is None:
            raise StorageError("没有打开任何一代索引；原因在日志里")
        return self._knowledge

    @property
    def generation(self) -> Generation | None:
        """The generation that is served; None where none could be opened."""
        return self._knowledge.generation if self._knowledge else None

    def refresh(self) -> None:
        """Open the generation in service, if another was put there since the last look."""
        with self._turn:
            if (now := self._written()) != self._seen or time.monotonic() > self._again:
                self._open()
                self._seen = now

    def require(self) -> None:
        """Check that what is answered from can be reached.

        Raises:
            ClusterError: it cannot.

        """
        if self._cluster is not None:
            self._cluster.require()

    def _written(self) -> tuple[int, int] | None:
        """Tell one writing of the pointer from another, of the same number too."""
        try:
            stat = self._pointer.stat()
        except OSError:
            return None
        return stat.st_ino, stat.st_mtime_ns

    def _open(self) -> None:
        data = self.settings.data
        self._again = math.inf
        try:
            opened = KnowledgeBase.open(data, self.settings.min_confidence, self._writer, self._cluster)
        except ChuchuError as error:
            log.error("%s", error)
            if isinstance(error, ClusterError):
                self._again = time.monotonic() + AGAIN
            if self._knowledge is not None:
                number = self._knowledge.generation.number
                self.warning = without(data, f"{error}；仍由第 {number} 代索引作答")
            return
        self.warning = opened.warning and without(data, opened.warning)
        if self.warning:
            log.warning("%s", opened.warning)
        opened.heard = self._heard
        self._knowledge = opened
        # What stays is not to be looked through again and again in search of what can go.
        gc.collect()
        gc.freeze()

    @contextmanager
    def following(self) -> Iterator[None]:
        """Refresh in the background."""
        stopped = threading.Event()

        def follow() -> None:
            while not stopped.wait(POLL):
                try:
                    self.refresh()
                except Exception:  # the server goes on with what it has
                    log.exception("the generation in service could not be looked at")

        follower = threading.Thread(target=follow, name="follow", daemon=True)
        follower.start()
        try:
            yield
        finally:
            stopped.set()
            follower.join()


async def _serving(request: Request) -> Serving:
    serving = request.app.state.serving
    if not isinstance(serving, Serving):
        raise StorageError("服务还没有启动；请稍后再试")
    return serving


Service = Annotated[Serving, Depends(_serving)]


async def _knowledge(serving: Service) -> KnowledgeBase:
    return serving.knowledge


Knowledge = Annotated[KnowledgeBase, Depends(_knowledge)]
"""One knowledge base for the whole of a request."""
