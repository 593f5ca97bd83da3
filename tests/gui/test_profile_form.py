"""The load profile as a form: what is shown is what is read, and nothing is lost on the way."""

from __future__ import annotations

import pytest

from desktop_llm.config.profiles import KvCacheShare, KvCacheSize, LoadProfile
from desktop_llm.gui.models_page.profile_form import profile_fields, read_profile, show_profile


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize(
    "profile",
    [
        LoadProfile(),
        LoadProfile(kv_cache_dtype="fp8", kv_cache=KvCacheSize(gib=2.5), max_sequences=8),
        LoadProfile(kv_cache_dtype="fp8_e5m2", kv_cache=KvCacheShare(share=0.5)),
        LoadProfile(context_length=4096, quantization="fp8", cpu_offload_gib=3, dtype="float16"),
        LoadProfile(enforce_eager=True, prefix_caching=False, trust_remote_code=True),
    ],
)
def test_that_a_profile_comes_out_of_the_form_as_it_went_in(profile: LoadProfile) -> None:
    fields = profile_fields()
    show_profile(fields, profile, 8192)
    assert read_profile(fields, 8192) == profile


@pytest.mark.usefixtures("qapp")
def test_that_every_value_of_a_profile_has_a_field() -> None:
    assert set(LoadProfile.model_fields) <= {field.name for field in profile_fields()}
