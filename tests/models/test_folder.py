"""What a folder is said to hold."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from desktop_llm.core.errors import AppError
from desktop_llm.core.units import KIB
from desktop_llm.models.folder import inspect_folder, model_name
from tests.helpers.model_folders import make_model, make_sharded, write_json
from tests.helpers.tiny_models import AWQ, FAMILIES, TinyModels


def test_that_llama_3_8b_needs_128_kib_of_kv_cache_a_token(tmp_path: Path) -> None:
    facts = inspect_folder(make_model(tmp_path / "m"))
    assert facts.kv_bytes_per_token() == 128 * KIB
    assert facts.kv_bytes_per_token("float32") == 256 * KIB
    assert facts.architecture == "LlamaForCausalLM"
    assert facts.dtype == "bfloat16"
    assert facts.context_length == 8192
    assert facts.shape.head_size == 128
    assert facts.has_chat_template
    assert facts.warnings == ()


@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        ({}, 8192),
        ({"rope_scaling": {"type": "linear", "factor": 4.0}}, 32768),
        ({"rope_scaling": {"rope_type": "dynamic", "factor": 2}}, 16384),
        ({"rope_scaling": {"rope_type": "llama3", "factor": 8.0}}, 8192),
        ({"rope_scaling": {"rope_type": "yarn", "factor": 4.0}}, 8192),
        ({"rope_parameters": {"rope_type": "linear", "factor": 2.0}}, 16384),
        ({"rope_parameters": {"full": {"rope_type": "linear", "factor": 2.0}}}, 16384),
        ({"rope_scaling": {"type": "linear", "factor": None}}, 8192),
        ({"max_seq_len": 2048}, 2048),
        ({"max_position_embeddings": "many"}, None),
        ({"text_config": {"max_position_embeddings": 512}}, 512),
    ],
)
def test_that_the_context_limit_is_the_one_vllm_derives(
    tmp_path: Path, changes: dict[str, Any], limit: int | None
) -> None:
    assert inspect_folder(make_model(tmp_path / "m", **changes)).context_length == limit


@pytest.mark.parametrize(
    ("changes", "kib"),
    [
        ({"head_dim": 64}, 64),
        ({"num_key_value_heads": None}, 512),
        ({"layer_types": ["linear_attention", "full_attention"] * 16}, 64),
        ({"layer_types": ["sliding_attention", "full_attention"] * 16}, 128),
        ({"kv_lora_rank": 512, "qk_rope_head_dim": 64}, 36),
    ],
)
def test_that_kv_bytes_follow_the_shape(tmp_path: Path, changes: dict[str, Any], kib: int) -> None:
    assert inspect_folder(make_model(tmp_path / "m", **changes)).kv_bytes_per_token() == kib * KIB


def test_that_an_unknown_shape_is_not_guessed(tmp_path: Path) -> None:
    facts = inspect_folder(make_model(tmp_path / "m", config={"model_type": "strange"}))
    assert facts.kv_bytes_per_token() is None
    assert facts.context_length is None
    assert facts.architecture == "strange"


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ({"quant_method": "awq", "bits": 4, "group_size": 128}, ("awq", 4, 128)),
        ({"quant_method": "awq", "w_bit": 4, "q_group_size": 64}, ("awq", 4, 64)),
        ({"quant_method": "fp8"}, ("fp8", 8, None)),
        (
            {
                "quant_method": "compressed-tensors",
                "config_groups": {"group_0": {"weights": {"num_bits": 4, "group_size": 32}}},
            },
            ("compressed-tensors", 4, 32),
        ),
    ],
)
def test_that_quantization_is_read_in_every_spelling(
    tmp_path: Path, section: dict[str, Any], expected: tuple[str, int, int | None]
) -> None:
    quantization = inspect_folder(
        make_model(tmp_path / "m", quantization_config=section)
    ).quantization
    assert quantization is not None
    assert (quantization.method, quantization.bits, quantization.group_size) == expected


def test_that_shards_are_counted_through_the_index(tmp_path: Path) -> None:
    folder = make_sharded(tmp_path / "m", count=3)
    (folder / "stray.safetensors").write_bytes(bytes(1000))
    facts = inspect_folder(folder)
    assert len(facts.weights.safetensors) == 3
    assert facts.weight_bytes == sum(
        path.stat().st_size for path in folder.glob("model-*.safetensors")
    )


def test_that_pickle_counts_only_without_safetensors(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "m")
    (folder / "pytorch_model.bin").write_bytes(bytes(10))
    assert not inspect_folder(folder).has_pickle_only
    (folder / "model.safetensors").unlink()
    (folder / "training_args.bin").write_bytes(bytes(10))
    facts = inspect_folder(folder)
    assert facts.has_pickle_only
    assert facts.weights.pickle == ("pytorch_model.bin",)


def test_that_a_base_model_is_warned_about(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "m")
    write_json(folder / "tokenizer_config.json", {})
    facts = inspect_folder(folder)
    assert not facts.has_chat_template
    assert "chat template" in facts.warnings[0]
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    assert inspect_folder(folder).has_chat_template


def test_that_custom_code_is_needed_only_for_types_nobody_knows(tmp_path: Path) -> None:
    auto_map = {"AutoModelForCausalLM": "modeling_x.XForCausalLM"}
    known = inspect_folder(make_model(tmp_path / "known", auto_map=auto_map))
    unknown = inspect_folder(make_model(tmp_path / "new", auto_map=auto_map, model_type="novel"))
    sneaky = inspect_folder(
        make_model(tmp_path / "sneaky", auto_map=auto_map, model_type="../llama")
    )
    assert not known.needs_remote_code
    assert unknown.needs_remote_code
    assert sneaky.needs_remote_code
    folder = make_model(tmp_path / "tokenizer", model_type="novel")
    own = {"auto_map": {"AutoTokenizer": ["t.T", None]}}
    write_json(folder / "tokenizer_config.json", own)
    assert inspect_folder(folder).needs_remote_code
    write_json(folder / "tokenizer_config.json", own | {"tokenizer_class": "LlamaTokenizerFast"})
    assert not inspect_folder(folder).needs_remote_code


@pytest.mark.parametrize(
    ("files", "code", "word"),
    [
        ({}, "model.not_a_model", "no config"),
        ({"m.gguf": b"GGUF"}, "model.not_a_model", "GGUF"),
        ({"adapter_config.json": b"{}"}, "model.not_a_model", "LoRA"),
        ({"model.safetensors": bytes(9)}, "model.not_a_model", "no config.json"),
        ({"config.json": b"{"}, "model.bad_config", "JSON"),
        ({"config.json": b"[1]"}, "model.bad_config", "JSON"),
        ({"config.json": b"[" * 100_000}, "model.bad_config", "JSON"),
        ({"config.json": b"\xff\xfe\x00"}, "model.bad_config", "JSON"),
        ({"config.json": b"{}", "tokenizer_config.json": b"{"}, "model.bad_tokenizer", "JSON"),
    ],
)
def test_that_what_is_no_model_is_refused_in_a_sentence(
    tmp_path: Path, files: dict[str, bytes], code: str, word: str
) -> None:
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(AppError, match=word) as caught:
        inspect_folder(tmp_path)
    assert caught.value.code == code
    assert caught.value.hint


def test_that_a_missing_folder_and_a_file_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for path in (tmp_path / "nowhere", file):
        with pytest.raises(AppError) as caught:
            inspect_folder(path)
        assert caught.value.code == "model.not_a_model"


def test_that_a_pipe_in_place_of_a_file_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.json")
    with pytest.raises(AppError, match="no config"):
        inspect_folder(tmp_path)


def test_that_hugging_face_snapshots_are_named_by_their_repository() -> None:
    snapshot = Path("/cache/models--Qwen--Qwen3-0.6B/snapshots/0123abc")
    assert model_name(snapshot) == "Qwen/Qwen3-0.6B"
    assert model_name(Path("/models/qwen")) == "qwen"


@pytest.mark.parametrize("name", [*FAMILIES, AWQ])
def test_that_real_folders_are_read(tiny_models: TinyModels, name: str) -> None:
    facts = inspect_folder(tiny_models.folder(name))
    assert facts.context_length == 512
    assert facts.kv_bytes_per_token() == 2 * 2 * 64 * 2
    assert facts.has_chat_template
    assert facts.tokenizer_files == ("tokenizer.json",)
    assert (facts.quantization is not None) == (name == AWQ)
    if facts.quantization:
        assert facts.quantization.method == "awq"
        assert facts.quantization.group_size == 128
