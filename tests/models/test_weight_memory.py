"""What weights take once loaded, against what their files take."""

from __future__ import annotations

from pathlib import Path

from desktop_llm.config.profiles import LoadProfile
from desktop_llm.core.units import GIB
from desktop_llm.models.folder import ModelFacts, inspect_folder
from desktop_llm.models.weight_memory import (
    WeightMemory,
    WeightSource,
    weights_from_config,
    weights_from_listing,
    weights_from_tensors,
)
from desktop_llm.models.weights import TensorFacts, read_tensors
from tests.helpers.model_folders import LLAMA_3_8B, make_model, write_json
from tests.models.published import PUBLISHED

HIDDEN, VOCAB, INNER = 128, 1000, 256
LAYER = "model.layers.0."


def facts(folder: Path, **changes: object) -> ModelFacts:
    sizes = {
        "hidden_size": HIDDEN, "vocab_size": VOCAB, "num_hidden_layers": 1,
        "num_attention_heads": 2, "num_key_value_heads": 1, "intermediate_size": INNER,
    }  # fmt: skip
    return inspect_folder(make_model(folder, LLAMA_3_8B | sizes | changes))


def tensor(name: str, *shape: int, dtype: str = "BF16") -> TensorFacts:
    size = {"BF16": 2, "F32": 4, "I32": 4, "F8_E4M3": 1}[dtype]
    for length in shape:
        size *= length
    return TensorFacts(name, dtype, shape, size)


def held(*tensors: TensorFacts, of: ModelFacts, **profile: object) -> WeightMemory:
    return weights_from_tensors(tensors, of, LoadProfile.model_validate(profile), cpu=False)


def test_that_float32_is_held_in_16_bits_and_integers_as_they_are(tmp_path: Path) -> None:
    of = facts(tmp_path / "m")
    assert held(tensor(LAYER + "a.weight", 64, 64, dtype="F32"), of=of).held == 64 * 64 * 2
    wide = held(tensor(LAYER + "a.weight", 64, 64), of=of, dtype="float32")
    assert wide.held == 64 * 64 * 4
    assert held(tensor(LAYER + "a.qweight", 64, 64, dtype="I32"), of=of).held == 64 * 64 * 4


def test_that_the_vocabulary_is_padded_to_64_rows(tmp_path: Path) -> None:
    embedding = tensor("model.embed_tokens.weight", VOCAB, HIDDEN)
    assert held(embedding, of=facts(tmp_path / "m")).held == 1024 * HIDDEN * 2


def test_that_a_tied_head_and_layers_for_speculative_decoding_are_not_held(tmp_path: Path) -> None:
    extra = (tensor("lm_head.weight", VOCAB, HIDDEN), tensor("model.layers.1.a.weight", 8, 8))
    assert held(*extra, of=facts(tmp_path / "tied", tie_word_embeddings=True)).held == 0
    untied = held(*extra, of=facts(tmp_path / "untied", tie_word_embeddings=False))
    assert untied.held == 1024 * HIDDEN * 2


def test_that_fp8_at_load_halves_the_layers_matrices_alone(tmp_path: Path) -> None:
    of = facts(tmp_path / "m")
    matrix, norm = tensor(LAYER + "up.weight", INNER, HIDDEN), tensor(LAYER + "norm.weight", HIDDEN)
    embedding = tensor("model.embed_tokens.weight", VOCAB, HIDDEN)
    small = held(matrix, norm, embedding, of=of, quantization="fp8")
    assert small.held == INNER * HIDDEN + HIDDEN * 2 + 1024 * HIDDEN * 2


def test_that_devices_share_matrices_but_not_norms_and_too_few_kv_heads(tmp_path: Path) -> None:
    of = facts(tmp_path / "m")
    matrix, norm = tensor(LAYER + "up.weight", INNER, HIDDEN), tensor(LAYER + "norm.weight", HIDDEN)
    keys = tensor(LAYER + "self_attn.k_proj.weight", 64, HIDDEN)
    assert held(matrix, of=of, tensor_parallel_size=4).held == INNER * HIDDEN * 2 // 4
    assert held(norm, of=of, tensor_parallel_size=4).held == HIDDEN * 2
    assert held(keys, of=of, tensor_parallel_size=4).held == 64 * HIDDEN * 2  # one head: a copy


def test_that_offload_leaves_no_more_in_ram_than_the_layers_have(tmp_path: Path) -> None:
    write_json(tmp_path / "config.json", next(m.config for m in PUBLISHED if m.name == "Phi-4"))
    of = inspect_folder(tmp_path)
    plain = weights_from_config(of, LoadProfile(), cpu=False)
    some = weights_from_config(of, LoadProfile(cpu_offload_gib=4), cpu=False)
    all_of_it = weights_from_config(of, LoadProfile(cpu_offload_gib=500), cpu=False)
    on_cpu = weights_from_config(of, LoadProfile(cpu_offload_gib=4), cpu=True)
    assert plain is not None
    assert some is not None
    assert all_of_it is not None
    assert on_cpu is not None
    assert plain.held - some.held == some.offloaded == 4 * GIB
    assert all_of_it.offloaded == plain.layers
    assert all_of_it.held == 2 * 100352 * 5120 * 2
    assert on_cpu.held == plain.held


def test_that_four_bits_take_a_quarter_with_their_scales(tmp_path: Path) -> None:
    awq = {"quant_method": "awq", "bits": 4, "group_size": 128}
    llama = next(model.config for model in PUBLISHED if model.name == "Llama-3-8B")
    write_json(tmp_path / "config.json", llama | {"quantization_config": awq})
    weights = weights_from_config(inspect_folder(tmp_path), LoadProfile(), cpu=False)
    assert weights is not None
    # The published AWQ files of Llama 3 8B are 5.7 GB.
    assert 5.6e9 < weights.held < 5.8e9


def test_that_a_listing_counts_once_what_is_there_twice(tmp_path: Path) -> None:
    of = facts(tmp_path / "m")
    sizes = {
        "model-00001-of-00002.safetensors": 6 * GIB,
        "model-00002-of-00002.safetensors": 4 * GIB,
        "consolidated.safetensors": 10 * GIB,
        "original/model.safetensors": 10 * GIB,
        "pytorch_model.bin": 10 * GIB,
    }
    weights = weights_from_listing(sizes, of, LoadProfile(), cpu=False)
    assert (weights.held, weights.source) == (10 * GIB, WeightSource.LISTING)
    only = weights_from_listing({"consolidated.safetensors": GIB}, of, LoadProfile(), cpu=False)
    assert only.held == GIB
    float32 = facts(tmp_path / "wide", torch_dtype="float32")
    assert weights_from_listing(sizes, float32, LoadProfile(), cpu=False).held == 5 * GIB


def test_that_headers_are_read_without_the_tensors(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "m")
    of = inspect_folder(folder)
    assert read_tensors(folder, of.weights) == (
        TensorFacts("a.weight", "BF16", (8, 4), 64),
        TensorFacts("b.weight", "F32", (16,), 64),
    )
