"""A load profile as fields: what a person typed, and what it means."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QCoreApplication

from desktop_llm.config.profiles import LoadProfile
from desktop_llm.core.units import format_count
from desktop_llm.gui.forms import ChoiceField, Field, NumberField, SwitchField
from desktop_llm.gui.numbers import number_text
from desktop_llm.gui.reasons import reason_text

_KV_KIND = "kv_cache"
_KV_VALUE = "kv_cache_value"
_DEFAULTS = LoadProfile()


def profile_fields() -> list[Field]:
    """One field for each value of `LoadProfile`; the KV cache has two."""
    translate = QCoreApplication.translate
    return [
        NumberField(
            "context_length",
            translate("ProfileForm", "Context length (tokens)"),
            translate("ProfileForm", "Model limit"),
            translate("ProfileForm", "Prompt and answer together. Shorter needs less KV cache."),
        ),
        NumberField(
            "max_sequences",
            translate("ProfileForm", "Max sequences"),
            str(_DEFAULTS.max_sequences),
            translate("ProfileForm", "Answers generated at the same time; more wait in line."),
        ),
        NumberField(
            "max_batched_tokens",
            translate("ProfileForm", "Max batched tokens"),
            format_count(_DEFAULTS.max_batched_tokens),
            translate(
                "ProfileForm", "Tokens computed in one step; more is faster prefill, more memory."
            ),
        ),
        ChoiceField(
            "kv_cache",
            translate("ProfileForm", "KV cache"),
            [
                ("auto", translate("ProfileForm", "Automatic")),
                ("size", translate("ProfileForm", "Size in GiB")),
                ("share", translate("ProfileForm", "Share of VRAM")),
            ],
            translate("ProfileForm", "Memory for keys and values, allocated once, at load."),
            150,
        ),
        NumberField(
            _KV_VALUE,
            translate("ProfileForm", "KV cache size"),
            "",
            translate(
                "ProfileForm", "GiB of KV cache, or the share of VRAM weights and cache take."
            ),
            whole=False,
        ),
        ChoiceField(
            "kv_cache_dtype",
            translate("ProfileForm", "KV cache dtype"),
            [
                ("auto", translate("ProfileForm", "As the model")),
                ("fp8", translate("ProfileForm", "FP8")),
                ("fp8_e5m2", translate("ProfileForm", "FP8 (e5m2)")),
            ],
            translate("ProfileForm", "FP8 keeps twice the tokens in the same memory."),
            150,
        ),
        ChoiceField(
            "dtype",
            translate("ProfileForm", "dtype"),
            [
                ("auto", translate("ProfileForm", "Automatic")),
                ("bfloat16", "bfloat16"),
                ("float16", "float16"),
                ("float32", "float32"),
            ],
            translate("ProfileForm", "The type weights and activations are computed in."),
            150,
        ),
        ChoiceField(
            "quantization",
            translate("ProfileForm", "Quantize at load"),
            [
                ("none", translate("ProfileForm", "No")),
                ("fp8", translate("ProfileForm", "FP8")),
            ],
            translate(
                "ProfileForm",
                "FP8 halves the weights' memory while they are loaded. No files change.",
            ),
            150,
        ),
        NumberField(
            "tensor_parallel_size",
            translate("ProfileForm", "Tensor parallel size"),
            str(_DEFAULTS.tensor_parallel_size),
            translate("ProfileForm", "GPUs that share each layer."),
        ),
        NumberField(
            "cpu_offload_gib",
            translate("ProfileForm", "CPU offload (GiB)"),
            number_text(_DEFAULTS.cpu_offload_gib),
            translate(
                "ProfileForm", "Weights kept in RAM and moved to the GPU at each step: slow."
            ),
            whole=False,
        ),
        SwitchField(
            "enforce_eager",
            translate("ProfileForm", "Enforce eager"),
            translate(
                "ProfileForm", "No compilation and no CUDA graphs: loads faster, runs slower."
            ),
        ),
        SwitchField(
            "prefix_caching",
            translate("ProfileForm", "Prefix caching"),
            translate("ProfileForm", "Reuse the KV blocks of prompts that begin alike."),
        ),
        SwitchField(
            "priority_scheduling",
            translate("ProfileForm", "Priority scheduling"),
            translate("ProfileForm", "The window's own chats run before anyone else's."),
        ),
        SwitchField(
            "allow_pickle_weights",
            translate("ProfileForm", "Allow pickle weights"),
            translate(
                "ProfileForm", "Pickle files can run any program. Only for sources you trust."
            ),
        ),
        SwitchField(
            "trust_remote_code",
            translate("ProfileForm", "Trust remote code"),
            translate(
                "ProfileForm", "Run Python code from the model's folder. Only if you trust it."
            ),
        ),
    ]


def show_profile(fields: list[Field], profile: LoadProfile, context_limit: int | None) -> None:
    """Write `profile` into the fields; a default is an empty field that names it."""
    values = profile.model_dump()
    for field in fields:
        field.refuse("")
        if isinstance(field, SwitchField):
            field.show_value(values[field.name])
        elif isinstance(field, ChoiceField):
            kv_cache = field.name == _KV_KIND
            field.show_value(profile.kv_cache.kind if kv_cache else values[field.name])
        elif isinstance(field, NumberField) and field.name == _KV_VALUE:
            field.show_number(_kv_number(profile))
        elif isinstance(field, NumberField):
            value = values[field.name]
            field.show_number(None if value == getattr(_DEFAULTS, field.name) else value)
            if field.name == "context_length" and context_limit:
                field.set_placeholder(format_count(context_limit))
    show_kv_kind(fields)


def show_kv_kind(fields: list[Field]) -> None:
    """The size of the KV cache is asked for only where it is not automatic."""
    kind = _kv_kind(fields)
    for field in fields:
        if isinstance(field, NumberField) and field.name == _KV_VALUE:
            field.setVisible(kind != "auto")
            shares = f"{number_text(0.05)}–{number_text(0.98)}"
            field.set_placeholder("GiB" if kind == "size" else shares)


def read_profile(fields: list[Field], context_limit: int | None) -> LoadProfile | None:
    """The profile the fields spell, or None with each refused field saying why."""
    values: dict[str, Any] = {}
    refusals: dict[str, str] = {}
    kind = _kv_kind(fields)
    for field in fields:
        if not isinstance(field, NumberField):
            values[field.name] = field.read()
        elif field.name != _KV_VALUE or kind != "auto":
            try:
                number = field.number()
            except ValueError as error:
                refusals[field.name] = str(error)
            else:
                if number is not None:
                    values[field.name] = number
    values[_KV_KIND] = _kv_value(kind, values.pop(_KV_VALUE, None))
    profile = None
    try:
        profile = LoadProfile.model_validate(values)
    except ValidationError as error:
        for problem in error.errors():
            refusals.setdefault(_field_of(problem["loc"]), reason_text(problem))
    asked = values.get("context_length")
    if context_limit and asked is not None and asked > context_limit:
        refusals["context_length"] = QCoreApplication.translate(
            "ProfileForm", "This model can take at most {tokens} tokens."
        ).format(tokens=format_count(context_limit))
    for field in fields:
        field.refuse(refusals.get(field.name, ""))
    return None if refusals else profile


def _kv_kind(fields: list[Field]) -> str:
    return next(str(field.read()) for field in fields if field.name == _KV_KIND)


def _kv_value(kind: str, number: float | None) -> dict[str, Any]:
    name = {"size": "gib", "share": "share"}.get(kind)
    given = {name: number} if name and number is not None else {}
    return {"kind": kind, **given}


def _kv_number(profile: LoadProfile) -> float | None:
    values = profile.kv_cache.model_dump(exclude={"kind"}).values()
    return next(iter(values), None)


def _field_of(where: tuple[int | str, ...]) -> str:
    """The field a refusal belongs to; one of the whole profile is about the batch."""
    if not where:
        return "max_batched_tokens"
    return _KV_VALUE if where[0] == _KV_KIND else str(where[0])
