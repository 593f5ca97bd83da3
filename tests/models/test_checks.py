"""What is refused before the engine starts, and why."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop_llm.config.profiles import LoadProfile
from desktop_llm.core.errors import AppError, Fix
from desktop_llm.models.checks import check_loadable
from desktop_llm.models.folder import inspect_folder
from desktop_llm.models.weights import verify_shard
from tests.helpers.model_folders import make_model, make_sharded, safetensors, write_json
from tests.helpers.tiny_models import AWQ, FAMILIES, TinyModels


def refusal(folder: Path, **profile: object) -> AppError:
    with pytest.raises(AppError) as caught:
        check_loadable(inspect_folder(folder), LoadProfile.model_validate(profile))
    error = caught.value
    assert error.hint, "every refusal says what to do"
    return error


def loadable(folder: Path, **profile: object) -> None:
    check_loadable(inspect_folder(folder), LoadProfile.model_validate(profile))


def test_that_whole_models_may_be_loaded(tmp_path: Path) -> None:
    loadable(make_model(tmp_path / "one"))
    loadable(make_sharded(tmp_path / "many"))


@pytest.mark.parametrize("name", [*FAMILIES, AWQ])
def test_that_real_models_may_be_loaded(tiny_models: TinyModels, name: str) -> None:
    loadable(tiny_models.folder(name))


def test_that_a_missing_shard_is_named(tmp_path: Path) -> None:
    folder = make_sharded(tmp_path / "m", count=3)
    (folder / "model-00002-of-00003.safetensors").unlink()
    error = refusal(folder)
    assert error.code == "model.missing_shard"
    assert "model-00002-of-00003.safetensors" in error.message


def test_that_a_truncated_shard_is_named(tmp_path: Path) -> None:
    folder = make_sharded(tmp_path / "m", count=2)
    shard = folder / "model-00002-of-00002.safetensors"
    os.truncate(shard, shard.stat().st_size - 5)
    error = refusal(folder)
    assert error.code == "model.corrupt_shard"
    assert shard.name in error.message
    assert "5 B are missing" in error.message


def test_that_swapped_shards_are_noticed(tmp_path: Path) -> None:
    folder = make_sharded(tmp_path / "m", count=2)
    data = safetensors({"layer.9": ("BF16", [8, 8])})
    (folder / "model-00001-of-00002.safetensors").write_bytes(data)
    assert "layer.1" in refusal(folder).message


@pytest.mark.parametrize(
    "name",
    ["../other.safetensors", "/etc/passwd", "sub/model.safetensors", "..", "", "a\0b", "\ud800"],
)
def test_that_an_index_may_not_point_outside_the_folder(tmp_path: Path, name: str) -> None:
    folder = make_sharded(tmp_path / "m")
    write_json(folder / "model.safetensors.index.json", {"weight_map": {"x": name}})
    assert refusal(folder).code == "model.unsafe_path"


@pytest.mark.parametrize("index", [{}, {"weight_map": []}, {"weight_map": {"x": 1}}])
def test_that_a_broken_index_is_refused(tmp_path: Path, index: object) -> None:
    folder = make_sharded(tmp_path / "m")
    write_json(folder / "model.safetensors.index.json", index)
    assert refusal(folder).code == "model.bad_index"


def test_that_weights_must_be_there(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "m")
    (folder / "model.safetensors").unlink()
    assert refusal(folder).code == "model.no_weights"


def test_that_a_folder_that_vanishes_after_the_scan_is_refused(tmp_path: Path) -> None:
    facts = inspect_folder(make_model(tmp_path / "m"))
    (tmp_path / "m").rename(tmp_path / "elsewhere")
    with pytest.raises(AppError) as caught:
        check_loadable(facts, LoadProfile())
    assert caught.value.code == "model.not_a_model"


def test_that_pickle_weights_need_a_switch(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "m")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    error = refusal(folder)
    assert (error.code, error.fix) == ("model.pickle_refused", Fix.EDIT_PROFILE)
    loadable(folder, allow_pickle_weights=True)


def test_that_code_of_the_folder_needs_a_switch(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "m", model_type="novel", auto_map={"AutoConfig": "c.C"})
    error = refusal(folder)
    assert (error.code, error.fix) == ("model.remote_code_refused", Fix.EDIT_PROFILE)
    loadable(folder, trust_remote_code=True)


def test_that_too_long_a_context_names_the_limit(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "m")
    error = refusal(folder, context_length=8193)
    assert error.code == "model.context_too_long"
    assert "8,192" in error.message
    assert (error.fix, error.fix_value) == (Fix.APPLY_CONTEXT, "8192")
    loadable(folder, context_length=8192)


def test_that_awq_does_not_run_in_float32(tmp_path: Path) -> None:
    awq = {"quant_method": "awq", "bits": 4, "group_size": 128}
    folder = make_model(tmp_path / "m", quantization_config=awq)
    assert refusal(folder, dtype="float32").code == "model.dtype_mismatch"
    for dtype in ("auto", "float16", "bfloat16"):
        loadable(folder, dtype=dtype)


def test_that_what_is_quantized_is_not_quantized_again_at_load(tmp_path: Path) -> None:
    loadable(make_model(tmp_path / "plain"), quantization="fp8")
    awq = {"quant_method": "awq", "bits": 4, "group_size": 128}
    error = refusal(make_model(tmp_path / "m", quantization_config=awq), quantization="fp8")
    assert error.code == "model.quantized_already"
    assert (error.fix, error.fix_value) == (Fix.EDIT_PROFILE, "quantization")


@pytest.mark.parametrize("damage", [b"", b"{", b'{"a": 1', b"[]", b"\0" * 50])
def test_that_a_broken_tokenizer_is_refused(tmp_path: Path, damage: bytes) -> None:
    folder = make_model(tmp_path / "m")
    (folder / "tokenizer.json").write_bytes(damage)
    assert refusal(folder).code == "model.bad_tokenizer"


def test_that_a_large_tokenizer_cut_short_is_refused(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "m")
    tokenizer = folder / "tokenizer.json"
    write_json(tokenizer, {"vocab": "x" * 5_000_000})
    loadable(folder)
    os.truncate(tokenizer, 4_500_000)
    assert refusal(folder).code == "model.bad_tokenizer"


def test_that_a_model_without_tokenizer_is_refused(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "m")
    (folder / "tokenizer.json").unlink()
    assert refusal(folder).code == "model.bad_tokenizer"


def test_that_a_closed_file_is_a_sentence(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        # Root may read everything; a loop of links is closed to everybody.
        folder = make_model(tmp_path / "m")
        (folder / "model.safetensors").unlink()
        (folder / "model.safetensors").symlink_to("model.safetensors")
    else:
        folder = make_model(tmp_path / "m")
        (folder / "model.safetensors").chmod(0)
    with pytest.raises(AppError) as caught:
        loadable(folder)
    assert caught.value.code == "model.unreadable"


WHOLE = safetensors({"a.weight": ("BF16", [8, 4]), "b.weight": ("F32", [16])})
many = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def verdict(path: Path, data: bytes) -> bool:
    """Whether the shard passes; anything but an AppError fails the test."""
    path.write_bytes(data)
    try:
        verify_shard(path)
    except AppError as error:
        problem = error
    else:
        return True
    assert problem.code == "model.corrupt_shard"
    return False


@many
@given(length=st.integers(0, len(WHOLE) - 1))
def test_that_every_truncation_is_found(tmp_path: Path, length: int) -> None:
    assert not verdict(tmp_path / "x.safetensors", WHOLE[:length])


@many
@given(position=st.integers(0, 7), bit=st.integers(0, 7))
def test_that_a_flipped_bit_in_the_length_is_found(tmp_path: Path, position: int, bit: int) -> None:
    data = bytearray(WHOLE)
    data[position] ^= 1 << bit
    assert not verdict(tmp_path / "x.safetensors", bytes(data))


@many
@given(
    flips=st.lists(
        st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 7)), min_size=1, max_size=4
    )
)
def test_that_flipped_bits_never_crash_the_check(
    tmp_path: Path, flips: list[tuple[int, int]]
) -> None:
    data = bytearray(WHOLE)
    for position, bit in flips:
        data[position] ^= 1 << bit
    verdict(tmp_path / "x.safetensors", bytes(data))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4)
    ),
    max_leaves=12,
)
entries = st.fixed_dictionaries(
    {},
    optional={
        "dtype": st.sampled_from(["F32", "BF16", "F99"]) | json_values,
        "shape": st.lists(st.integers(-2, 9), max_size=3) | json_values,
        "data_offsets": st.lists(st.integers(-2, 99), max_size=3) | json_values,
    },
)


@many
@given(header=st.dictionaries(st.text(max_size=8), entries | json_values, max_size=4))
def test_that_no_header_crashes_the_check(tmp_path: Path, header: dict[str, object]) -> None:
    text = json.dumps(header).encode()
    verdict(tmp_path / "x.safetensors", len(text).to_bytes(8, "little") + text + bytes(64))


@many
@given(config=st.dictionaries(st.sampled_from(sorted(
    ["model_type", "architectures", "auto_map", "rope_scaling", "rope_parameters", "layer_types",
     "quantization_config", "text_config", "head_dim", "num_hidden_layers", "hidden_size",
     "num_attention_heads", "max_position_embeddings", "sliding_window", "torch_dtype"])),
    json_values))  # fmt: skip
def test_that_no_config_crashes_the_reading(
    tmp_path_factory: pytest.TempPathFactory, config: dict[str, object]
) -> None:
    folder = make_model(tmp_path_factory.mktemp("m") / "m", config=config)
    facts = inspect_folder(folder)
    per_token = facts.kv_bytes_per_token()
    assert per_token is None or per_token > 0
    with contextlib.suppress(AppError):
        check_loadable(facts, LoadProfile())
