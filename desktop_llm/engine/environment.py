"""What must be set before vLLM is imported, and before it loads."""

from __future__ import annotations

import os
from pathlib import Path

KERNELS_VARIABLE = "TORCHINDUCTOR_CACHE_DIR"

_BEFORE_IMPORT = {
    # A forked child would inherit our threads' locks, and Qt's.
    "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    # Models are local folders: without this, transformers asks the Hub for files they do not have.
    "HF_HUB_OFFLINE": "1",
    # The app and its children configure logging themselves (a file, and reports).
    "VLLM_CONFIGURE_LOGGING": "0",
    # CUDA numbers the GPUs as NVML does, so that what was read of a GPU is true of the one used.
    "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
    "TOKENIZERS_PARALLELISM": "false",
    # Gloo listens where the machine's name points, which on many is the network, for anyone: its
    # messages are our own children's alone.
    "GLOO_SOCKET_IFNAME": "lo",
    # FlashInfer compiles its sampler with nvcc at the first load, which ends the engine where no
    # CUDA toolkit is installed. vLLM's own is compiled by Triton, which brings what it needs.
    "VLLM_USE_FLASHINFER_SAMPLER": "0",
}

# vLLM's compiled models cannot be read back on the CPU ("'function' object has no attribute
# 'finalize_loading'"): each load would compile anew. Without them Inductor's own cache is used.
_CPU = {"VLLM_USE_AOT_COMPILE": "0"}


def prepare_environment(cache: Path | None = None) -> None:
    """Set vLLM's variables, leaving alone what the person has set. From any thread.

    Compiled kernels go to `cache`, if given. Torch's own place for them is the temporary folder,
    which many systems keep in RAM and empty at each start: every model would compile anew.
    """
    for name, value in _BEFORE_IMPORT.items():
        os.environ.setdefault(name, value)
    if cache is not None:
        os.environ.setdefault(KERNELS_VARIABLE, str(cache / "inductor"))


def prepare_load(*, cpu: bool) -> None:
    """Set what depends on the device, before the configuration of a load is made. Any thread."""
    if cpu:
        for name, value in _CPU.items():
            os.environ.setdefault(name, value)
