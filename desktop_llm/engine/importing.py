"""Importing vLLM without stalling the window."""

from __future__ import annotations

from desktop_llm.engine.environment import prepare_environment


def import_vllm() -> None:
    """Import all of vLLM that a load and a generation use. Seconds; any thread but the GUI's."""
    prepare_environment()
    import desktop_llm.engine.generation  # noqa: F401  # it imports vllm
