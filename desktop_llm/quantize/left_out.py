"""Which linear layers stay as they are, by the parts of names a person gave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

# What vLLM makes one layer of, and loads only if all of it is quantized or none (its
# packed_modules_mapping).
FUSED = (("q_proj", "k_proj", "v_proj"), ("gate_proj", "up_proj"))


def left_out(modules: Iterable[str], parts: Sequence[str]) -> tuple[str, ...]:
    """The full names among `modules` that hold one of `parts`, in their order.

    A layer that the engine makes one of with such a layer is among them too. Empty parts and those
    of blanks name nothing.
    """
    names = tuple(modules)
    wanted = [part for part in map(str.strip, parts) if part]
    named = {name for name in names if any(part in name for part in wanted)}
    for name in list(named):
        named |= _made_one_with(name)
    return tuple(name for name in names if name in named)


def _made_one_with(module: str) -> set[str]:
    parent, _, last = module.rpartition(".")
    siblings = next((group for group in FUSED if last in group), ())
    return {f"{parent}.{sibling}" for sibling in siblings}
