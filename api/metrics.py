"""What is counted, in Prometheus's format."""

from collections.abc import Iterator
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from api.serving import Service
from index.generation import Generation
from rag.answer import Answer

router = APIRouter()
disable_created_metrics()  # type: ignore[no-untyped-call]

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_STAGE_SECONDS = (0.0005, 0.001, 0.0025, *_SECONDS)


class Metrics:
    """Counts requests and answers, of all worker processes together."""

    def __init__(self, folder: Path | None = None) -> None:
        """Count in memory, or in ``folder``, which the workers share (``PROMETHEUS_MULTIPROC_DIR``)."""
        self._folder = folder
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "chuchu_requests", "HTTP requests.", ["method", "route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "chuchu_request_seconds",
            "Seconds until the end of the response.",
            ["method", "route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._answers = Counter(
            "chuchu_answers", "Questions answered.", ["status", "mode"], registry=registry
        )
        self._stages = Histogram(
            "chuchu_stage_seconds",
            "Seconds that the stages of an answer take.",
            ["stage"],
            buckets=_STAGE_SECONDS,
            registry=registry,
        )

    def count_request(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """Count a request; ``route`` is the template of its path, None where there is none."""
        method, route = method if method in _METHODS else "other", route or "none"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def count_answer(self, answer: Answer) -> None:
        """Count an answer and the time of its stages."""
        self._answers.labels(answer.status, answer.mode).inc()
        for stage, milliseconds in answer.timings_ms.items():
            self._stages.labels(stage).observe(milliseconds / 1000)

    def text(self, generation: Generation | None) -> bytes:
        """Write all, with the sizes of the generation in service."""
        shown = CollectorRegistry()
        if self._folder:
            MultiProcessCollector(shown, str(self._folder))  # type: ignore[no-untyped-call]
        else:
            shown.register(self._registry)
        if generation:
            shown.register(_Sizes(generation))
        return generate_latest(shown)


class _Sizes(Collector):
    """What the index in service holds; every worker serves the same one."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation

    def collect(self) -> Iterator[Metric]:
        """See `Collector.collect`."""
        manifest = self._generation.manifest
        size = sum(int(file["size"]) for file in manifest.files.values())
        yield GaugeMetricFamily("chuchu_generation", "The generation in service.", manifest.generation)
        yield GaugeMetricFamily("chuchu_index_bytes", "Bytes of its files.", size)
        holds = GaugeMetricFamily("chuchu_index_holds", "What it holds, by kind.", labels=["kind"])
        for kind, count in manifest.counts.items():
            holds.add_metric([kind], count)
        yield holds


@router.get(
    "/metrics",
    operation_id="metrics",
    summary="Prometheus 指标",
    response_class=PlainTextResponse,
)
async def metrics(request: Request, serving: Service) -> Response:
    """Show what was counted."""
    counted: Metrics = request.app.state.metrics
    return Response(counted.text(serving.generation), media_type=CONTENT_TYPE_PLAIN_0_0_4)
