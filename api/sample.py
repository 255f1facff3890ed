"""An answer to show in the OpenAPI document; tests hold it to the bundled review."""

from typing import Any

_QUOTE = (
    "最引人注目的变化是 “氛围编码(Vibe Coding)” 的兴起。这是一个由 Karpathy 创造并被广泛接受的术语,"
    "指的是通过自然语言(English)全权指挥 AI 编写程序,而人类甚至不需要看一眼生成的代码。"
)

ANSWER: dict[str, Any] = {
    "question": "What is vibe coding?",
    "status": "answered",
    "answer": f"{_QUOTE} [1]",
    "confidence": 0.9995,
    "mode": "extractive",
    "citations": [
        {
            "number": 1,
            "document": "karpathy-2025-review.txt",
            "title": "2025 LLM Year in Review",
            "heading": ["主题二:软件开发的终结与应用层的新形态(从 Cursor 到 Vibe Coding)"],
            "start": 2743,
            "end": 2852,
            "quote": _QUOTE,
            "sha256": "e1fd370e57d484335ab83506088857586e631fc613b734190ac67b320e430a25",
            "passage": {"id": 18, "start": 2743, "end": 2894},
            "score": 0.9995,
            "url": "/documents/karpathy-2025-review.txt/text#char=2743,2852",
        }
    ],
    "writing": None,
    "provenance": {
        "generation": 1,
        "embedder": "chuchu-static-199a1e2f",
        "segmenter": "jieba-0.42.1-38d1dfab",
        "ranker": "forest-668985de",
    },
    "timings_ms": {"retrieve": 0.6, "rank": 2.4, "write": 0.0, "total": 3.0},
}

STREAM = """event: evidence
data: {"status": "answered", "confidence": 0.9995, "citations": […]}

event: text
data: {"text": "最引人注目的变化是 “氛围编码(Vibe Coding)” 的兴起。…… [1]"}

event: answer
data: {"question": "What is vibe coding?", "status": "answered", …}
"""
