"""Estimates against what the real worker makes of real models, and needs for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from desktop_llm.config.paths import guide_model, resources
from desktop_llm.models.folder import inspect_folder
from desktop_llm.quantize import protocol
from desktop_llm.quantize.estimate import estimate
from desktop_llm.quantize.readers.shipped import read_shipped
from desktop_llm.quantize.types import Method, QuantizeSettings
from tests.helpers.tiny_models import FAMILIES, TinyModels, tiny_models  # noqa: F401

pytestmark = pytest.mark.engine

Quantize = Callable[[Path, QuantizeSettings], dict[str, Any]]
SHORT = {"samples": 8, "sequence_length": 64}


@pytest.fixture
def quantize(tmp_path: Path) -> Quantize:
    """Runs the worker; what it said at its end, and the size of what it made."""

    def run(source: Path, settings: QuantizeSettings) -> dict[str, Any]:
        output, texts, job = tmp_path / "out", tmp_path / "texts.jsonl", tmp_path / "job.json"
        output.mkdir()
        shipped = read_shipped(resources() / "calibration" / "chat")
        texts.write_text("\n".join(json.dumps({"text": text}) for text in shipped))
        described = {
            "source": str(source),
            "output": str(output),
            "settings": settings.model_dump(mode="json"),
            "texts": str(texts),
            "seed": 0,
        }
        job.write_text(json.dumps(described))
        read_end, write_end = os.pipe()
        environment = os.environ | {
            protocol.DESCRIPTOR_VARIABLE: str(write_end),
            "CUDA_VISIBLE_DEVICES": "",
            "HF_HUB_OFFLINE": "1",
        }
        command = [sys.executable, "-m", "desktop_llm.quantize.worker", str(job)]
        with subprocess.Popen(
            command, env=environment, pass_fds=[write_end], stderr=subprocess.PIPE, text=True
        ) as child:
            os.close(write_end)
            with os.fdopen(read_end, "rb") as lines:
                messages = [protocol.decode(line) for line in lines]
            assert child.stderr is not None
            said = child.stderr.read()
        assert isinstance(messages[-1], protocol.Result), said
        size = sum(path.stat().st_size for path in output.iterdir())
        return messages[-1].values | {"size": size}

    return run


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("family", FAMILIES)
def test_that_the_size_is_right_for_every_family(
    tiny_models: TinyModels,  # noqa: F811
    quantize: Quantize,
    family: str,
    method: Method,
) -> None:
    settings = QuantizeSettings(method=method, **SHORT)
    source = tiny_models.folder(family)
    made = estimate(inspect_folder(source), settings, free_disk=None, free_memory=None)
    assert made.output_bytes == pytest.approx(quantize(source, settings)["size"], rel=0.02)


@pytest.mark.parametrize(
    "settings",
    [
        QuantizeSettings(method=Method.RTN, group_size=64),
        QuantizeSettings(method=Method.RTN, zero_point=False),
        QuantizeSettings(samples=8, sequence_length=256, group_size=64),
        QuantizeSettings(zero_point=False, modules_left_out=("k_proj",), **SHORT),
    ],
)
def test_that_size_and_memory_are_right_for_the_guide_model(
    quantize: Quantize, settings: QuantizeSettings
) -> None:
    made = estimate(inspect_folder(guide_model()), settings, free_disk=None, free_memory=None)
    real = quantize(guide_model(), settings)
    assert made.output_bytes == pytest.approx(real["size"], rel=0.02)
    # Said rather a little too high than too low: a job that was let begin should end.
    assert 0.9 * real["peak_bytes"] < made.peak_bytes < 1.6 * real["peak_bytes"]
