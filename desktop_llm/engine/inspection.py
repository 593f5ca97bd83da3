"""vLLM's look at a model's class, on the first load of an architecture: a process of its own.

It imports the model for seconds, started with `subprocess.run` by whoever makes the configuration.
"""

from __future__ import annotations

import sys
from pathlib import Path

from desktop_llm.engine.child import launch


def prepare_inspection() -> None:
    """Have that process end with the app and with its load. Before a configuration is made."""
    from vllm.model_executor.models import registry

    # vLLM means this to be altered. Its own would go on for seconds after an app that was killed.
    launcher = [sys.executable, "-P", str(Path(launch.__file__).resolve())]
    registry._SUBPROCESS_COMMAND = [*launcher, "-m", registry.__name__]
    # It keeps what failed, as an inspection that was ended by cancelling its load did.
    registry._try_inspect_model_cls.cache_clear()
