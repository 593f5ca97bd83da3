"""How much memory this process has held at most."""

from __future__ import annotations

from pathlib import Path


def peak_ram() -> int:
    """The most RAM this process has held, in bytes.

    Not getrusage's ru_maxrss: that keeps, through exec, what the parent held when it forked.
    """
    for line in Path("/proc/self/status").read_text("ascii", "replace").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def peak_vram() -> int:
    """The most VRAM torch has held on one GPU for its tensors, in bytes, the CUDA context not."""
    import torch

    devices = range(torch.cuda.device_count())
    return max((torch.cuda.max_memory_reserved(device) for device in devices), default=0)
