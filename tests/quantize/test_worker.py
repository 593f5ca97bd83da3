"""The real worker on real small models: what it makes, how it fails, and that the engine loads it.

One process does most of the jobs, and one engine loads all that they made.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from desktop_llm.core.errors import AppError
from desktop_llm.engine.types import LoadRequest
from desktop_llm.models.folder import inspect_folder
from desktop_llm.quantize import checking
from desktop_llm.quantize.estimate import estimate
from desktop_llm.quantize.protocol import Failure, Hello, Message, Result
from desktop_llm.quantize.types import Method, QuantizeSettings
from tests.engine.conftest import QUICK, Running, chat
from tests.helpers.quantize_jobs import (
    QuantizeJob,
    of_kind,
    run_together,
    run_worker,
    shares,
    size_of,
    stages,
)
from tests.helpers.tiny_models import TinyModels, tiny_models  # noqa: F401

pytestmark = [pytest.mark.engine, pytest.mark.timeout(480)]  # 100 s where nothing else runs

SHORT = {"samples": 8, "sequence_length": 32}
LEFT_OUT = ("layers.1.self_attn.k_proj", "down_proj")
# Each family by each method, and on the way each setting that changes the format.
SYMMETRIC = {"zero_point": False, "group_size": 64}
PARTLY = {"modules_left_out": LEFT_OUT}
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "llama-awq": ("llama", {}),
    "qwen2-awq": ("qwen2", SYMMETRIC),
    "qwen3-awq": ("qwen3", PARTLY),
    "mistral-awq": ("mistral", {"group_size": 64}),
    "llama-rtn": ("tied", {}),
    "qwen2-rtn": ("qwen2", PARTLY | {"shard_gib": 0.001}),
    "qwen3-rtn": ("qwen3", SYMMETRIC),
    "mistral-rtn": ("mistral", {"group_size": 64}),
    "tied-awq": ("tied", {}),
}
# A load takes seconds, and vLLM has nothing new to do for these: another one is of their family,
# another of their format.
LOADED_LIKE_ANOTHER = ("mistral-rtn", "tied-awq")


@dataclass(frozen=True)
class Made:
    source: Path
    output: Path
    settings: QuantizeSettings
    messages: list[Message]

    @property
    def config(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads((self.output / "config.json").read_text())
        return read


@pytest.fixture(scope="module")
def made(
    tmp_path_factory: pytest.TempPathFactory,
    tiny_models: TinyModels,  # noqa: F811
) -> dict[str, Made]:
    """Every variant, quantized."""
    root = tmp_path_factory.mktemp("quantized")
    tied = tie(tiny_models.copy("llama", root / "tied-source"))
    jobs = [
        QuantizeJob(
            tied if family == "tied" else tiny_models.folder(family),
            root / name,
            QuantizeSettings.model_validate(SHORT | settings | {"method": name.split("-")[1]}),
        )
        for name, (family, settings) in VARIANTS.items()
    ]
    said = run_together(jobs)
    return {
        name: Made(job.source, job.output, job.settings, messages)
        for name, job, messages in zip(VARIANTS, jobs, said, strict=True)
    }


def tie(folder: Path) -> Path:
    """Have lm_head be the embeddings, as small models do, in the folder's own files."""
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"tie_word_embeddings": True}))
    weights = folder / "model.safetensors"
    data = weights.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    begin, end = header.pop("lm_head.weight")["data_offsets"]
    for name, entry in header.items():
        if name != "__metadata__" and entry["data_offsets"][0] >= end:
            entry["data_offsets"] = [place - (end - begin) for place in entry["data_offsets"]]
    text = json.dumps(header).encode()
    body = data[8 + length :]
    weights.write_bytes(len(text).to_bytes(8, "little") + text + body[:begin] + body[end:])
    return folder


@pytest.mark.parametrize("name", VARIANTS)
def test_that_each_result_is_whole(made: dict[str, Made], name: str) -> None:
    one = made[name]
    assert isinstance(one.messages[-1], Result), one.messages[-1]
    checking.check(one.source, one.output, one.settings)
    assert not [path for path in one.output.iterdir() if path.suffix in (".bin", ".pt", ".py")]


@pytest.mark.parametrize("name", VARIANTS)
def test_that_the_size_of_each_result_was_estimated_right(made: dict[str, Made], name: str) -> None:
    one = made[name]
    facts = inspect_folder(one.source)
    estimated = estimate(facts, one.settings, free_disk=None, free_memory=None)
    assert estimated.output_bytes == pytest.approx(size_of(one.output), rel=0.02)


def test_that_the_engine_loads_and_streams_each_of_them(
    made: dict[str, Made], tmp_path: Path
) -> None:
    running = Running(tmp_path)
    try:
        for name, one in made.items():
            if name in LOADED_LIKE_ANOTHER:
                continue
            running.run(running.engine.load(LoadRequest(one.output, QUICK)))

            async def stream() -> list[Any]:
                request = chat(max_tokens=4, ignore_eos=True, temperature=0)
                return [delta async for delta in running.engine.generate(request)]

            deltas = running.run(stream())
            assert deltas[-1].completion_tokens == 4, name
    finally:
        running.close()


def test_that_awq_uses_all_samples_and_says_how_far_it_is(
    made: dict[str, Made],
) -> None:
    messages = made["llama-awq"].messages
    result = messages[-1]
    assert isinstance(result, Result)
    assert result.values["samples_used"] == 8
    assert result.values["tokens_used"] == 8 * 32
    assert stages(messages) == ["importing", "calibrating", "loading", "quantizing", "saving"]
    said = shares(messages, "layers")
    assert said == sorted(said)
    assert said[-1] == 1.0


def test_that_modules_left_out_stay_and_the_config_names_them(made: dict[str, Made]) -> None:
    fused = [f"model.layers.1.self_attn.{name}_proj" for name in "qkv"]
    down = [f"model.layers.{number}.mlp.down_proj" for number in (0, 1)]
    awq = made["qwen3-awq"].config["quantization_config"]["modules_to_not_convert"]
    rtn = made["qwen2-rtn"].config["quantization_config"]["ignore"]
    assert sorted(awq) == sorted(fused + down)
    assert sorted(rtn) == sorted(["lm_head", *fused, *down])


def test_that_small_shards_have_an_index_and_small_files_are_the_sources(
    made: dict[str, Made],
) -> None:
    one = made["qwen2-rtn"]
    shards = sorted(path.name for path in one.output.glob("*.safetensors"))
    index = json.loads((one.output / "model.safetensors.index.json").read_text())
    assert len(shards) > 1
    assert sorted(set(index["weight_map"].values())) == shards
    for name in ("tokenizer.json", "tokenizer_config.json", "generation_config.json"):
        if (one.source / name).exists():
            assert (one.output / name).read_bytes() == (one.source / name).read_bytes()


def test_that_quantize_json_says_what_shaped_the_result(made: dict[str, Made]) -> None:
    one = made["llama-awq"]
    told = json.loads((one.output / "quantize.json").read_text())
    assert QuantizeSettings.model_validate(told["settings"]) == one.settings
    assert len(told["calibration"]["sha256"]) == 64
    assert told["versions"]["autoawq"]
    assert told["peak_bytes"] > 0


def test_that_a_worker_whose_source_cannot_be_read_ends_with_the_reason(
    tiny_models: TinyModels,  # noqa: F811
    tmp_path: Path,
) -> None:
    settings = QuantizeSettings.model_validate({"method": "rtn", "group_size": 128})
    source = tiny_models.copy("llama", tmp_path / "source")
    (source / "model.safetensors").unlink()
    (source / "model.safetensors").symlink_to("/nowhere/at/all")
    messages, code, _ = run_worker(QuantizeJob(source, tmp_path / "out", settings))
    assert code == 1
    assert isinstance(messages[0], Hello)
    assert isinstance(messages[-1], Failure)
    assert messages[-1].code == "quantize.source_unreadable"
    assert "model.safetensors" in messages[-1].values["reason"]


def test_that_the_worker_imports_neither_the_window_nor_the_engine() -> None:
    code = (
        "import sys, desktop_llm.quantize.worker.__main__\n"
        "import desktop_llm.quantize.worker.awq_quantizer\n"
        "print({name.split('.')[0] for name in sys.modules} & {'PySide6', 'qasync', 'vllm'})"
    )
    printed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
    )
    assert printed.stdout.strip() == "set()", printed.stderr


@pytest.fixture(scope="module")
def refused(
    tmp_path_factory: pytest.TempPathFactory,
    tiny_models: TinyModels,  # noqa: F811
) -> dict[str, Failure]:
    """Each failure, caused: how its job ended."""
    root = tmp_path_factory.mktemp("refused")
    awq = QuantizeSettings.model_validate(SHORT)
    rtn = awq.model_copy(update={"method": Method.RTN})

    def source(name: str) -> Path:
        return tiny_models.copy("llama", root / f"{name}-source")

    cut = source("cut")
    os.truncate(cut / "model.safetensors", (cut / "model.safetensors").stat().st_size - 1000)
    lacking = source("lacking")
    index = {"weight_map": {"model.layers.0.gone.weight": "model.safetensors"}}
    (lacking / "model.safetensors.index.json").write_text(json.dumps(index))
    unknown = source("unknown")
    config = json.loads((unknown / "config.json").read_text())
    unknown_config = config | {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"]}
    (unknown / "config.json").write_text(json.dumps(unknown_config))
    odd = shrink(source("odd"))
    jobs = {
        "cut": QuantizeJob(cut, root / "cut", awq),
        "lacking": QuantizeJob(lacking, root / "lacking", rtn),
        "unknown": QuantizeJob(unknown, root / "unknown", awq),
        "odd": QuantizeJob(odd, root / "odd", rtn),
        "text": QuantizeJob(source("text"), root / "text", awq, ["Too short."]),
    }
    said = run_together(list(jobs.values()))
    ends = dict(zip(jobs, (messages[-1] for messages in said), strict=True))
    assert all(isinstance(end, Failure) for end in ends.values()), ends
    return {name: end for name, end in ends.items() if isinstance(end, Failure)}


def shrink(folder: Path) -> Path:
    """Say that a weight has other dimensions, as many values: 64 × 128 becomes 128 × 64."""
    weights = folder / "model.safetensors"
    data = weights.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    entry = header["model.layers.0.self_attn.k_proj.weight"]
    entry["shape"] = entry["shape"][::-1]
    text = json.dumps(header).encode()
    weights.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + length :])
    return folder


def test_that_damaged_weights_are_told_with_their_file(refused: dict[str, Failure]) -> None:
    for name in ("cut", "lacking"):
        assert refused[name].code == "quantize.corrupt_shard"
        assert refused[name].values == {"name": "model.safetensors"}


def test_that_an_architecture_autoawq_does_not_know_is_refused(
    refused: dict[str, Failure],
) -> None:
    assert refused["unknown"].code == "quantize.unsupported"
    assert "gpt2" in refused["unknown"].message


def test_that_a_group_size_which_does_not_fit_names_the_module_and_what_would(
    refused: dict[str, Failure],
) -> None:
    failure = refused["odd"]
    assert failure.code == "quantize.bad_group_size"
    assert failure.values["module"] == "model.layers.0.self_attn.k_proj"
    assert failure.values["size"] == "64"
    assert "64" in failure.values["works"]


def test_that_too_little_text_is_told_in_tokens(refused: dict[str, Failure]) -> None:
    assert refused["text"].code == "quantize.too_little_text"
    assert refused["text"].values["needed"] == str(8 * 32)


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A real file system of `size`, mounted at `folder`; skips where that is not allowed."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_that_a_full_disk_is_told_and_the_source_is_as_it_was(
    tiny_models: TinyModels,  # noqa: F811
    tmp_path: Path,
) -> None:
    source = tiny_models.folder("llama")
    before = {path.name: path.read_bytes() for path in source.iterdir()}
    with small_disk(tmp_path / "disk", "256k") as disk:
        jobs = [
            QuantizeJob(
                source, disk / method, QuantizeSettings.model_validate(SHORT | {"method": method})
            )
            for method in Method
        ]
        ends = [messages[-1] for messages in run_together(jobs)]
    assert [end.code for end in of_kind(ends, Failure)] == ["quantize.disk_full"] * 2
    assert {path.name: path.read_bytes() for path in source.iterdir()} == before


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("a tensor", "tensor"),
        ("the tokenizer", "tokenizer"),
        ("the config", "config"),
        ("an end", "end"),
    ],
)
def test_that_a_result_which_lacks_something_is_not_taken_for_whole(
    made: dict[str, Made], tmp_path: Path, name: str, damage: str
) -> None:
    one = made["llama-rtn"]
    output = Path(shutil.copytree(one.output, tmp_path / "out"))
    weights = output / "model.safetensors"
    if damage == "tensor":
        weights.write_bytes(
            weights.read_bytes().replace(b"q_proj.weight_scale", b"q_proj.weight_scalf", 1)
        )
    elif damage == "tokenizer":
        (output / "tokenizer.json").unlink()
    elif damage == "end":
        os.truncate(weights, weights.stat().st_size - 8)
    else:
        changed = one.config
        changed["quantization_config"]["config_groups"]["group_0"]["weights"]["group_size"] = 64
        (output / "config.json").write_text(json.dumps(changed))
    with pytest.raises(AppError) as refused:
        checking.check(one.source, output, one.settings)
    assert refused.value.code == "quantize.incomplete", name
