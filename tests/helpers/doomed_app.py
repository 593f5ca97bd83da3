"""An app that loads, says when it has come to a moment, and waits there to be killed."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from desktop_llm.app import build_core
from desktop_llm.config.paths import AppPaths
from desktop_llm.engine.types import EngineState, LoadRequest, Phase, Stage
from tests.engine.conftest import QUICK, chat

# The moments at which a child begins that has this in its command.
_CHILDREN = {"inspecting": "vllm.model_executor.models.registry", "starting": "spawn_main"}


def main() -> None:
    """`moment` is inspecting, starting, weights, ready or streaming."""
    moment, model, home = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    core = build_core(AppPaths(home / "c", home / "d", home / "k", home / "l"))

    def look(state: EngineState) -> None:
        stage = state.progress.stage if state.progress else None
        if (moment == "weights" and stage is Stage.WEIGHTS) or (
            moment == "ready" and state.phase is Phase.READY
        ):
            say(moment)

    core.engine.changed.subscribe(look)
    if moment in _CHILDREN:
        threading.Thread(target=_say_when_its_child_starts, args=(moment,), daemon=True).start()
    core.run(core.engine.load(LoadRequest(model, QUICK)))

    async def stream() -> None:
        async for delta in core.engine.generate(chat(max_tokens=490, ignore_eos=True)):
            if delta.completion_tokens >= 10:  # a slow reader hears of several at once
                say("streaming")

    if moment == "streaming":
        core.run(stream())
    time.sleep(60)


def _say_when_its_child_starts(moment: str) -> None:
    import psutil

    def begun(child: psutil.Process) -> bool:
        try:
            return _CHILDREN[moment] in " ".join(child.cmdline())
        except psutil.NoSuchProcess:  # another one, which has just ended
            return False

    while not any(map(begun, psutil.Process().children())):
        time.sleep(0.01)
    say(moment)


def say(moment: str) -> None:
    print(moment, flush=True)


if __name__ == "__main__":
    main()
