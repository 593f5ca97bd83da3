"""Which of the machine's GPUs CUDA shows to this process, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from desktop_llm.telemetry.gpus import Gpu

VISIBLE_VARIABLE = "CUDA_VISIBLE_DEVICES"
ORDER_VARIABLE = "CUDA_DEVICE_ORDER"
# NVML's order; CUDA's own is "fastest first", and nobody says which those are.
PCI_ORDER = "PCI_BUS_ID"
# Of the kernels in vLLM's CUDA build.
LOWEST_CAPABILITY = (7, 5)


def visible_gpus(gpus: Sequence[Gpu], environment: Mapping[str, str]) -> tuple[Gpu, ...] | None:
    """The GPUs CUDA will number from 0 on; None where `environment` does not let us tell.

    As CUDA reads CUDA_VISIBLE_DEVICES: indices or (beginnings of) UUIDs, up to the first that names
    none. A MIG instance is only a part of a GPU, so with one there is none of these.
    """
    ordered = len(gpus) < 2 or environment.get(ORDER_VARIABLE) == PCI_ORDER
    named = environment.get(VISIBLE_VARIABLE)
    if named is None:
        return tuple(gpus) if ordered else None
    found: list[Gpu] = []
    for name in map(str.strip, named.split(",")):
        if name.startswith("MIG-"):
            return ()
        if name.isdigit() and not ordered:
            return None
        gpu = _find(gpus, name)
        if gpu is None:
            break
        found.append(gpu)
    return tuple(found)


def roomiest_first(gpus: Sequence[Gpu]) -> str:
    """A value of CUDA_VISIBLE_DEVICES for PCI order: what vLLM can use first, then by size.

    One GPU is CUDA's first, and in PCI order that may be a small one that drives the displays.
    """
    order = sorted(gpus, key=lambda gpu: (not _is_usable(gpu), -gpu.total_bytes, gpu.index))
    return ",".join(str(gpu.index) for gpu in order)


def _is_usable(gpu: Gpu) -> bool:
    return gpu.compute_capability is None or gpu.compute_capability >= LOWEST_CAPABILITY


def _find(gpus: Sequence[Gpu], name: str) -> Gpu | None:
    if name.isdigit():
        return next((gpu for gpu in gpus if gpu.index == int(name)), None)
    if not name.startswith("GPU-"):
        return None
    matching = [gpu for gpu in gpus if gpu.uuid.startswith(name)]
    return matching[0] if len(matching) == 1 else None
