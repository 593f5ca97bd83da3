"""The machine sampled, with history and alerts, in a process that does nothing else.

A question names how long to look and how often, or that nobody looks; the answer is the CPU time
of the sampling thread, that of the whole process, and how often the thread woke up.
"""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path

from desktop_llm.config.alerts import AlertSettings
from desktop_llm.telemetry.figures import EngineFigures
from desktop_llm.telemetry.monitor import Moment, Monitor
from desktop_llm.telemetry.usage import UsageMeter
from tests.benchmarks.sides.answering import Line

WARM_UP_SECONDS = 2.5
ENGINE: EngineFigures = {
    "kv_usage": 0.5,
    "running": 3,
    "preemptions": 0,
    "generation_tokens": 1000,
    "ttft_s": {"last": 0.2, "p95": 0.3},
}


def main() -> None:
    line = Line()
    folder = tempfile.TemporaryDirectory(prefix="benchmark-usage-")
    usage = UsageMeter(Path(folder.name) / "usage.json", lambda: True)
    monitor = Monitor(AlertSettings(), lambda: ENGINE, usage)
    moments: list[Moment] = []
    monitor.looked.subscribe(moments.append)
    with monitor.watch():
        time.sleep(WARM_UP_SECONDS)
    line.answer({"gpus": len(moments[-1].sample.gpus), "figures": len(monitor.history.names())})
    (thread,) = (thread for thread in threading.enumerate() if thread.name == "telemetry")
    assert thread.ident is not None
    clock = time.pthread_getcpuclockid(thread.ident)
    for question in line.questions():
        watch = monitor.watch(question["interval"]) if question["interval"] else None
        time.sleep(0.2)  # the beginning is no part of it, nor what a watch before left to do
        before = (time.clock_gettime(clock), time.process_time(), _wake_ups(thread), len(moments))
        start = time.monotonic()
        time.sleep(question["seconds"])
        wall = time.monotonic() - start
        after = (time.clock_gettime(clock), time.process_time(), _wake_ups(thread), len(moments))
        if watch is not None:
            watch.close()
        names = ("thread", "process", "wake_ups", "samples")
        line.answer(
            {name: b - a for name, a, b in zip(names, before, after, strict=True)} | {"wall": wall}
        )
    monitor.close()
    folder.cleanup()


def _wake_ups(thread: threading.Thread) -> int:
    status = Path(f"/proc/self/task/{thread.native_id}/status").read_text("ascii")
    return int(next(line for line in status.splitlines() if line.startswith("vol")).split()[1])


if __name__ == "__main__":
    main()
