"""The worker's parts that need no model: cutting texts, what stays, what is supported."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

from desktop_llm.core.errors import AppError
from desktop_llm.models.folder import inspect_folder
from desktop_llm.quantize import backends
from desktop_llm.quantize.left_out import left_out
from desktop_llm.quantize.types import Method, QuantizeSettings
from desktop_llm.quantize.worker.chunking import chunk
from desktop_llm.quantize.worker.failures import JobFailedError, failure_of
from tests.helpers.model_folders import make_model

LAYER = [
    f"model.layers.0.{name}"
    for name in (
        "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
        "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj",
    )
]  # fmt: skip


def letters(text: str) -> list[int]:
    return [ord(letter) for letter in text]


def test_that_only_the_last_remainder_of_the_texts_is_dropped() -> None:
    texts = ["abcde", "", "fghijklmnopqrst"]
    whole = [*letters("abcde"), 0, *letters("fghijklmnopqrst"), 0]
    chunks = chunk(texts, letters, samples=100, length=2, end=0)
    assert chunks == [whole[place : place + 2] for place in range(0, 22, 2)]
    with_a_rest = chunk([*texts, "u"], letters, samples=100, length=2)
    assert [*chain(*with_a_rest)] == letters("abcdefghijklmnopqrst")


def test_that_samples_come_from_all_over_the_texts_and_the_same_seed_gives_the_same() -> None:
    texts = [chr(number) * 4 for number in range(97, 97 + 26)]
    first = chunk(texts, letters, samples=8, length=4)
    assert first == chunk(texts, letters, samples=8, length=4)
    assert first != chunk(texts, letters, samples=8, length=4, seed=1)
    assert len(first) == 8
    assert first[-1][0] > 110  # not only the beginning


def test_that_too_little_text_is_refused_with_how_much_is_needed() -> None:
    with pytest.raises(JobFailedError) as refused:
        chunk(["abc" * 10], letters, samples=64, length=16)
    assert refused.value.failure.values == {"available": "30", "needed": "128"}
    assert len(chunk(["abc" * 10], letters, samples=1, length=16)) == 1


def test_that_what_the_engine_makes_one_layer_of_stays_together() -> None:
    assert left_out(LAYER, ["k_proj"]) == tuple(LAYER[:3])
    assert left_out(LAYER, ["mlp.up"]) == tuple(LAYER[4:6])
    assert left_out(LAYER, ["down_proj", " ", ""]) == (LAYER[6],)
    assert left_out(LAYER, ["layers.0."]) == tuple(LAYER)


def test_that_a_full_disk_and_a_full_memory_are_told_as_such() -> None:
    assert failure_of(OSError(28, "No space left on device")).code == "quantize.disk_full"
    assert failure_of(MemoryError()).code == "quantize.out_of_memory"
    allocator = "DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes"
    assert failure_of(RuntimeError(allocator)).code == "quantize.out_of_memory"
    assert failure_of(RuntimeError("shape mismatch")).code == "quantize.failed"


def test_that_a_model_type_which_nobody_checked_is_refused_with_those_that_were(
    tmp_path: Path,
) -> None:
    facts = inspect_folder(make_model(tmp_path / "mamba", model_type="mamba"))
    for method in Method:
        with pytest.raises(AppError) as refused:
            backends.require_supported(facts, QuantizeSettings(method=method))
        assert refused.value.code == "quantize.unsupported"
        assert "mamba" in refused.value.message
        assert "llama, mistral, qwen2, qwen3" in refused.value.hint
    llama = inspect_folder(make_model(tmp_path / "llama"))
    backends.require_supported(llama, QuantizeSettings())


def test_that_a_model_which_is_quantized_already_is_refused(tmp_path: Path) -> None:
    section = {"quant_method": "gptq", "bits": 4}
    facts = inspect_folder(make_model(tmp_path / "m", quantization_config=section))
    with pytest.raises(AppError, match="GPTQ") as refused:
        backends.require_supported(facts, QuantizeSettings())
    assert refused.value.code == "quantize.unsupported"


def test_that_autoawqs_own_table_decides_and_is_read_without_importing_it() -> None:
    code = (
        "import json, sys\n"
        "from desktop_llm.quantize import backends, checking, manifest\n"
        "known = sorted(backends._known_to_autoawq())\n"
        "heavy = sorted({'awq', 'torch', 'transformers'} & set(sys.modules))\n"
        "print(json.dumps([known, heavy]))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    known, heavy = json.loads(printed.stdout)
    assert {"llama", "mistral", "qwen2", "qwen3", "gemma2"} <= set(known)
    assert "mamba" not in known
    assert heavy == []
