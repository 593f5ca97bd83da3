"""The import of vLLM leaves the interpreter as it found it, and the window its turns."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from desktop_llm.engine import importing


def test_that_torch_is_mapped_before_it_is_imported() -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from desktop_llm.engine.importing import _map_torch\n"
        "_map_torch()\n"
        "assert 'torch' not in sys.modules\n"
        "assert 'libtorch_cpu.so' in Path('/proc/self/maps').read_text()\n"
        "import torch\n"
        "assert torch.ones(2).sum().item() == 2\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("collects", [True, False])
def test_that_garbage_is_collected_after_the_import_as_it_was_before(collects: bool) -> None:
    interval, before = sys.getswitchinterval(), gc.isenabled()
    (gc.enable if collects else gc.disable)()
    try:
        with importing._yielding():
            assert not gc.isenabled()
            assert sys.getswitchinterval() < interval
        assert gc.isenabled() is collects
        assert sys.getswitchinterval() == pytest.approx(interval)
    finally:
        gc.unfreeze()
        (gc.enable if before else gc.disable)()
