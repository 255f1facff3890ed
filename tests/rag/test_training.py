import random

from index.document import Document
from rag.training import definitions

TEXT = (
    "我们先看集群。Kubernetes（K8s）是一个容器编排平台。Kubernetes 由谷歌开源。\n"
    "这是一个例子。学习 Kubernetes 之前先学容器；容器是一种隔离进程的办法。没有 Kubernetes 也能用它。"
)


def test_a_definition_is_asked_for_by_the_name_of_what_it_defines() -> None:
    # 容器 is defined inside a sentence and 这 names nothing: neither is asked for.
    (gold,) = definitions([Document("a", "", TEXT)], random.Random(0))
    assert "Kubernetes" in gold.question
    assert "K8s" not in gold.question
    assert TEXT[gold.span.start : gold.span.end] == "Kubernetes（K8s）是一个容器编排平台。"


def test_what_the_document_hardly_speaks_of_is_not_asked_for() -> None:
    assert not definitions([Document("a", "", TEXT.replace("Kubernetes 也", "它也"))], random.Random(0))
