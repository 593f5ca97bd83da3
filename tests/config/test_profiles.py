"""Load profiles: every refusal has its reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from desktop_llm.config.profiles import (
    KvCacheAuto,
    KvCacheShare,
    KvCacheSize,
    LoadProfile,
    ProfileStore,
    validation_sentences,
)
from desktop_llm.core.errors import AppError


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"context_length": 8}, ["context length", "16", "given: 8"]),
        ({"context_length": "long"}, ["context length", "integer"]),
        ({"max_sequences": 0}, ["max sequences", "1"]),
        ({"max_batched_tokens": 63}, ["max batched tokens", "64"]),
        ({"dtype": "int8"}, ["dtype", "bfloat16", "int8"]),
        ({"tensor_parallel_size": 0}, ["tensor parallel size"]),
        ({"cpu_offload_gib": -0.5}, ["cpu offload gib", "0"]),
        ({"kv_cache": {"kind": "size", "gib": 0}}, ["kv cache", "gib", "greater than 0"]),
        ({"kv_cache": {"kind": "share", "share": 1.0}}, ["kv cache", "share", "0.98"]),
        ({"kv_cache": {"kind": "magic"}}, ["kv cache", "'auto', 'size', 'share'"]),
        ({"enforce_eager": "perhaps"}, ["enforce eager", "perhaps"]),
        ({"warp_speed": 9}, ["warp speed", "not permitted"]),
    ],
)
def test_that_each_refusal_names_the_field_and_the_reason(
    change: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(ValidationError) as caught:
        LoadProfile.model_validate(change)
    (sentence,) = validation_sentences(caught.value)
    for word in words:
        assert word in sentence


def test_that_values_that_contradict_each_other_are_refused_with_both() -> None:
    with pytest.raises(ValidationError) as caught:
        LoadProfile(max_sequences=512, max_batched_tokens=256)
    (sentence,) = validation_sentences(caught.value)
    assert "given: 256" in sentence
    assert "(512)" in sentence
    assert "Value error" not in sentence


def test_that_all_problems_are_told_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        LoadProfile.model_validate({"context_length": 1, "dtype": "x", "cpu_offload_gib": -1})
    assert len(validation_sentences(caught.value)) == 3


profiles = st.builds(
    LoadProfile,
    context_length=st.none() | st.integers(16, 10_000_000),
    max_sequences=st.integers(1, 64),
    max_batched_tokens=st.integers(64, 1_048_576),
    kv_cache=st.one_of(
        st.just(KvCacheAuto()),
        st.builds(KvCacheSize, gib=st.floats(0.01, 4096)),
        st.builds(KvCacheShare, share=st.floats(0.05, 0.98)),
    ),
    dtype=st.sampled_from(["auto", "bfloat16", "float16", "float32"]),
    trust_remote_code=st.booleans(),
)


@given(profile=profiles)
def test_that_a_saved_profile_comes_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, profile: LoadProfile
) -> None:
    store = ProfileStore(tmp_path_factory.mktemp("p") / "profiles.json")
    store.save(Path("/models/one"), profile)
    assert store.get(Path("/models/one")) == profile
    store.flush()
    store = ProfileStore(store._path)
    assert store.get(Path("/models/one")) == profile
    assert store.get(Path("/models/two")) == LoadProfile()


def test_that_models_are_told_apart_by_their_absolute_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = ProfileStore(tmp_path / "profiles.json")
    store.save(Path("model"), LoadProfile(context_length=64))
    assert store.get(tmp_path / "model").context_length == 64


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"/models/one": {"context_length": 1}}',
        b'{"/models/one": 7}',
    ],
)
def test_that_damage_counts_as_no_profile(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "profiles.json"
    path.write_bytes(damage)
    store = ProfileStore(path)
    assert store.get(Path("/models/one")) == LoadProfile()
    store.save(Path("/models/one"), LoadProfile(context_length=128))
    store.flush()
    store = ProfileStore(path)
    assert store.get(Path("/models/one")).context_length == 128


def test_that_other_models_profiles_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "profiles.json"
    path.write_text(json.dumps({"/models/old": {"context_length": 99}, "/odd": {"unknown": 1}}))
    store = ProfileStore(path)
    store.save(Path("/models/new"), LoadProfile())
    store.flush()
    entries = json.loads(path.read_text())
    assert entries["/models/old"] == {"context_length": 99}
    assert entries["/odd"] == {"unknown": 1}


def test_that_a_profile_that_cannot_be_saved_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    store = ProfileStore(tmp_path / "taken" / "profiles.json")
    failures: list[AppError] = []
    store.failed.subscribe(failures.append)
    store.save(Path("/m"), LoadProfile(max_sequences=7))
    store.flush()
    assert [failure.code for failure in failures] == ["profile.unwritable"]
    assert failures[0].hint
    assert store.get(Path("/m")).max_sequences == 7, "it holds until the app ends"


def test_that_a_damaged_file_is_kept_when_a_profile_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "profiles.json"
    path.write_text('{"/models/a": {"max_sequ', "utf-8")
    store = ProfileStore(path)
    store.save(Path("/models/b"), LoadProfile(max_sequences=3))
    store.flush()
    assert ProfileStore(path).get(Path("/models/b")).max_sequences == 3
    assert (tmp_path / "profiles.json.broken").read_text("utf-8") == '{"/models/a": {"max_sequ'


def test_that_a_refused_value_costs_no_other(tmp_path: Path) -> None:
    entry = {
        "context_length": 256,
        "max_sequences": 100_000,
        "trust_remote_code": True,
        "kv_cache": {"kind": "magic"},
        "of_a_later_version": 1,
    }
    path = tmp_path / "profiles.json"
    path.write_text(json.dumps({"/models/one": entry}))
    kept = ProfileStore(path).get(Path("/models/one"))
    assert kept == LoadProfile(context_length=256, trust_remote_code=True)


def test_that_the_contradiction_is_told_at_a_field() -> None:
    with pytest.raises(ValidationError) as caught:
        LoadProfile(max_sequences=512, max_batched_tokens=256)
    assert [problem["loc"] for problem in caught.value.errors()] == [("max_batched_tokens",)]


def test_that_an_unknown_dtype_of_the_kv_cache_is_refused_with_the_choices() -> None:
    with pytest.raises(ValidationError) as refused:
        LoadProfile.model_validate({"kv_cache_dtype": "int3"})
    (said,) = validation_sentences(refused.value)
    assert "kv cache dtype" in said
    assert "fp8" in said
    assert "int3" in said
