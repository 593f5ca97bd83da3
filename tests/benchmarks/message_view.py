"""The message view: opening 5,000 messages, and what an append costs in long answers.

Opening is wall time from `show_branch` to the end of the first paint, in a fresh view each time;
the first one of the process, with its imports, is a figure of its own. Half the messages are
questions, half answers with headings, lists, tables and code.

Appending is what the GUI thread spends (CPU time) on taking 24 more characters of an answer that
streams: parsing, writing into the document, colouring, laying out and, in a figure of its own,
painting. Each figure is the median of 120 appends; ours is an answer that has 200,000 characters
already, the reference one of 2,000 of the same kind.
"""

from __future__ import annotations

import os
import statistics
import time

from tests.benchmarks.harness import Figure, Options, Target, alternate, percentile

NAME = "message_view"
MESSAGES = 5_000
SIZES = (2_000, 20_000, 200_000)
STEP = 24
STEPS = 120

_ANSWER = """## What a token costs

The **KV cache** holds keys and values for every token of every running request. A model with `32`
layers and *grouped-query attention* keeps 128 KiB a token; see [the docs](https://docs.vllm.ai).

1. Weights are read.
2. Memory is **profiled**:
   - activations
   - CUDA graphs, unless `enforce_eager`
3. What is left becomes KV blocks.

```python
def bytes_per_token(layers: int, heads: int, size: int, width: int = 2) -> int:
    # keys and values
    return 2 * layers * heads * size * width


print(f"{bytes_per_token(32, 8, 128) / 1024:.0f} KiB")
```

| Model | Weights | KV per token |
|:------|--------:|-------------:|
| Qwen3-8B | 15.3 GiB | 144 KiB |
| Llama-3.1-8B | 15.0 GiB | 128 KiB |

> Nothing is truncated silently.

"""
_CODE = '''    def step_{0}(self, count: int = {0}) -> list[str]:
        """One step of many."""
        return [f"{{count}} of {{self.total}}" for _ in range(count)]  # all of them

'''


def text_of(kind: str, size: int) -> str:
    """At least `size` characters of an answer of that kind, the same at every size."""
    match kind:
        case "Markdown":
            return _ANSWER * (size // len(_ANSWER) + 1)
        case "one code block":
            parts = [_CODE.format(i) for i in range(size // 100)]
            return "```python\nclass Steps:\n" + "".join(parts)
        case "one list":
            items = [f"- item **{i}** of `many`, with some words to wrap\n" for i in range(size)]
            return "".join(items[: size // 40 + 2])
        case "one paragraph":
            return "Some words of **one** paragraph that goes on, and `on`. " * (size // 50 + 2)
        case "one table":
            rows = [f"| row {i} | some **words** | `{i * 7}` |\n" for i in range(size // 30)]
            return "| a | b | c |\n|---|---|--:|\n" + "".join(rows)
        case "a list in an item":
            items = [f"  - item **{i}** of `many`, with some words to wrap\n" for i in range(size)]
            return "- these:\n" + "".join(items[: size // 40 + 2])
        case "one quote":
            return "> Some **quoted** words that go on, and `on`, to the end.\n>\n" * (
                size // 50 + 2
            )
        case "one quoted paragraph":
            return "> Some **quoted** words that go on, and `on`, to the end.\n" * (size // 50 + 2)
        case "code in an item":
            parts = ["   " + line for i in range(size // 100) for line in _lines_of(i)]
            return "1. so:\n\n   ```python\n   class Steps:\n" + "".join(parts)
        case _:
            raise ValueError(kind)


def _lines_of(step: int) -> list[str]:
    return _CODE.format(step).splitlines(keepends=True)


KINDS = (
    "Markdown",
    "one code block",
    "one list",
    "one paragraph",
    "one table",
    "a list in an item",
    "one quote",
    "one quoted paragraph",
    "code in an item",
)


def measure(options: Options) -> list[Figure]:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    began = time.perf_counter()
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    cold = time.perf_counter() - began + _open(app)
    opened = [_open(app) for _ in range(options.times(9, 3))]
    figures = [
        Figure(
            NAME, f"open {MESSAGES:,} messages", "s", opened, target=Target(0.5, of_ratio=False)
        ),
        Figure(NAME, "the same, first in the process, Qt's imports included", "s", [cold]),
    ]
    rounds = options.times(5, 1)
    for kind in KINDS:
        options.say(f"appending to {kind}")
        sides = {str(size): lambda size=size: _append(app, kind, size) for size in SIZES}  # noqa: B023
        found = alternate(sides, rounds)
        small, middle, large = (found[str(size)] for size in SIZES)
        base = _of(small, 0)
        figures += [
            Figure(NAME, f"append, {kind}, 20,000 : 2,000", "ms", _of(middle, 0), base),
            Figure(
                NAME,
                f"append, {kind}, 200,000 : 2,000",
                "ms",
                _of(large, 0),
                base,
                Target(2),
            ),
            Figure(NAME, f"  with painting, {kind}", "ms", _of(large, 1), _of(small, 1)),
            Figure(
                NAME,
                f"  99th percentile with painting, {kind}, 200,000",
                "ms",
                _of(large, 2),
                target=_at_most(16.7),
            ),
        ]
    return figures


def _at_most(bound: float) -> Target:
    return Target(bound, of_ratio=False)


def _of(samples: list[tuple[float, float, float]], index: int) -> list[float]:
    return [sample[index] for sample in samples]


def _open(app: object) -> float:
    """Seconds from `show_branch` to the end of the first paint."""
    from PySide6.QtWidgets import QApplication

    from desktop_llm.chat.types import AnswerMetrics, Message, MessageStatus, Role
    from desktop_llm.gui.messages import MessageView

    metrics = AnswerMetrics(4100, 512, 3900, 212.0, 48.3, "stop")
    messages = [
        Message(
            id=str(number),
            conversation_id="c",
            parent_id=str(number - 1) if number else None,
            role=Role.ASSISTANT if number % 2 else Role.USER,
            content=_ANSWER if number % 2 else f"Question {number}: what does a token cost?",
            status=MessageStatus.COMPLETE,
            created_at=float(number),
            metrics=metrics if number % 2 else None,
        )
        for number in range(MESSAGES)
    ]
    view = MessageView()
    view.resize(1280, 800)
    view.show()
    QApplication.processEvents()
    began = time.perf_counter()
    view.show_branch(messages)
    view.repaint()
    took = time.perf_counter() - began
    view.close()
    view.deleteLater()
    QApplication.processEvents()
    return took


def _append(app: object, kind: str, size: int) -> tuple[float, float, float]:
    """Milliseconds of CPU time: median append, median and 99th percentile with painting."""
    from PySide6.QtWidgets import QApplication

    from desktop_llm.chat.types import Message, MessageStatus, Role
    from desktop_llm.gui.messages import MessageView

    text = text_of(kind, size + STEP * (STEPS + 1))
    view = MessageView()
    view.resize(1280, 800)
    view.show()
    message = Message("a", "c", None, Role.ASSISTANT, text[:size], MessageStatus.STREAMING, 0.0)
    view.begin_stream(message)
    settled = time.perf_counter() + 0.3
    while view.render_frame() or time.perf_counter() < settled:
        QApplication.processEvents()  # what was there before is coloured before anything counts
    appends, painted = [], []
    for begin in range(size, size + STEP * STEPS, STEP):
        start = time.thread_time()
        view.feed("a", text[begin : begin + STEP])
        view.render_frame()
        drawn = time.thread_time()
        view.repaint()
        appends.append((drawn - start) * 1000)
        painted.append((time.thread_time() - start) * 1000)
    view.close()
    view.deleteLater()
    QApplication.processEvents()
    return statistics.median(appends), statistics.median(painted), percentile(painted, 0.99)
