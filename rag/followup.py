"""Complete a question that leans on those before it, by rule and without a model."""

import re
from collections.abc import Iterable, Sequence

from index.document import canonical
from index.generation import Generation
from index.segmenter import is_han
from rag.courtesy import without_courtesy
from rag.question import ASKING

LONGEST_TOPIC = 100
"""Characters that a topic hands on."""

_PRONOUNS = frozenset(
    """
    它 他 她 它们 他们 她们 其 此 该 这 那 这个 那个 这些 那些 这种 那种 这样 那样 前者 后者 上述
    it its they them their theirs this that these those he him his she her hers
    """.split()
)
_THE_DOCUMENT = tuple("本篇份部段章节书文")
"""What follows 这 where it means the document at hand: 这本书, 这篇文章."""
_ADDS_NOTHING = (
    ASKING
    | _PRONOUNS
    | frozenset(
        """
        还 还有 更 更多 更加 再 继续 接着 然后 那么 详细 具体 举例 举例说明 举 例子 例如 讲 说 点 些 多 一点
        一些 别的 其他 其它 其中 原因 能 可以 个 好 好的 对 嗯 哦 谢谢 more else then go on continue elaborate
        example examples further ok yes no thanks so 你 您 你们 you your
        """.split()
    )
)
_WORD = re.compile(r"\w[\w.+#/-]*")


def complete(questions: Sequence[str], generation: Generation) -> str:
    """Return the last of ``questions``, with the topic of those before it where it leans on them.

    It leans where it has a pronoun, no word of its own, or is as short as 那风险呢.
    """
    topic = completed = ""
    for question in map(canonical, questions):
        bare = without_courtesy(generation.segmenter.pieces(question))
        completed = question
        if topic and _leans(bare, generation):
            kept = question if bare == generation.segmenter.folded(question) else bare
            completed = bare = f"{topic}：{kept}"
        topic = _topic(bare, generation) or topic
    return completed


def _topic(question: str, generation: Generation) -> str:
    words = _WORD.findall(generation.segmenter.without(question, _ADDS_NOTHING))
    return " ".join(words)[:LONGEST_TOPIC].strip()


def says_nothing(words: Iterable[str]) -> bool:
    """Tell whether a question speaks of nothing by itself: 为什么, 你是谁."""
    return all(word in _ADDS_NOTHING for word in words)


def _leans(question: str, generation: Generation) -> bool:
    words = generation.segmenter.cut(question)
    if not words:
        return False
    if says_nothing(words):
        return True
    if words[0] in ("那", "那么") or words[-1] == "呢":
        own = [word for word in words if word not in _ADDS_NOTHING]
        return all(map(is_han, own)) and not generation.glossary.others(question)
    following = [*words[1:], ""]
    return any(
        word in _PRONOUNS and not (word in "这那" and after.startswith(_THE_DOCUMENT))
        for word, after in zip(words, following, strict=True)
    )
