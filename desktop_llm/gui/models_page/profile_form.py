"""A load profile as fields: what a person typed, and what it means."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QCoreApplication

from desktop_llm.config.profiles import LoadProfile, validation_sentences
from desktop_llm.core.units import format_count
from desktop_llm.gui.forms import ChoiceField, Field, SwitchField, TextField

_KV_VALUE = "kv_cache_value"
_DEFAULTS = LoadProfile()


def profile_fields() -> list[Field]:
    """One field for each value of `LoadProfile`; the KV cache has two."""
    translate = QCoreApplication.translate
    return [
        TextField(
            "context_length",
            translate("ProfileForm", "Context length (tokens)"),
            translate("ProfileForm", "Model limit"),
            translate("ProfileForm", "Prompt and answer together. Shorter needs less KV cache."),
        ),
        TextField(
            "max_sequences",
            translate("ProfileForm", "Max sequences"),
            str(_DEFAULTS.max_sequences),
            translate("ProfileForm", "Answers generated at the same time; more wait in line."),
        ),
        TextField(
            "max_batched_tokens",
            translate("ProfileForm", "Max batched tokens"),
            str(_DEFAULTS.max_batched_tokens),
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
        TextField(
            _KV_VALUE,
            translate("ProfileForm", "KV cache size"),
            "",
            translate(
                "ProfileForm", "GiB of KV cache, or the share (0.05–0.98) weights and cache take."
            ),
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
        TextField(
            "tensor_parallel_size",
            translate("ProfileForm", "Tensor parallel size"),
            str(_DEFAULTS.tensor_parallel_size),
            translate("ProfileForm", "GPUs that share each layer."),
        ),
        TextField(
            "cpu_offload_gib",
            translate("ProfileForm", "CPU offload (GiB)"),
            f"{_DEFAULTS.cpu_offload_gib:g}",
            translate(
                "ProfileForm", "Weights kept in RAM and moved to the GPU at each step: slow."
            ),
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
        elif field.name == "kv_cache" and isinstance(field, ChoiceField):
            field.show_value(profile.kv_cache.kind)
        elif field.name == _KV_VALUE and isinstance(field, TextField):
            field.show_value(_kv_text(profile))
        elif isinstance(field, ChoiceField):
            field.show_value(values[field.name])
        elif isinstance(field, TextField):
            same = values[field.name] == getattr(_DEFAULTS, field.name)
            field.show_value("" if same else _number_text(values[field.name]))
        if field.name == "context_length" and isinstance(field, TextField) and context_limit:
            field.set_placeholder(format_count(context_limit))
    show_kv_kind(fields)


def show_kv_kind(fields: list[Field]) -> None:
    """The size of the KV cache is asked for only where it is not automatic."""
    kind = next(field.value for field in fields if isinstance(field, ChoiceField))
    for field in fields:
        if field.name == _KV_VALUE and isinstance(field, TextField):
            field.setVisible(kind != "auto")
            field.set_placeholder("GiB" if kind == "size" else "0.05–0.98")


def read_profile(fields: list[Field], context_limit: int | None) -> LoadProfile | None:
    """The profile the fields spell, or None with each refused field saying why."""
    given = {field.name: _given(field) for field in fields}
    kv_cache = _kv_value(str(given.pop("kv_cache")), str(given.pop(_KV_VALUE)))
    values = {name: value for name, value in given.items() if value != ""} | {"kv_cache": kv_cache}
    refusals: dict[str, str] = {}
    profile = None
    try:
        profile = LoadProfile.model_validate(values)
    except ValidationError as error:
        for problem, sentence in zip(error.errors(), validation_sentences(error), strict=True):
            refusals[_field_of(problem["loc"])] = _reason(problem["loc"], sentence)
    asked = str(given["context_length"])
    if context_limit and asked.isdecimal() and int(asked) > context_limit:
        refusals["context_length"] = QCoreApplication.translate(
            "ProfileForm", "This model can take at most {tokens} tokens."
        ).format(tokens=format_count(context_limit))
    for field in fields:
        field.refuse(refusals.get(field.name, ""))
    return None if refusals else profile


def _given(field: Field) -> str | bool:
    value = field.read()
    # Thousands may be separated as the app itself shows them.
    return value.replace(",", "") if isinstance(value, str) else value


def _kv_value(kind: str, given: str) -> dict[str, Any]:
    match kind:
        case "size":
            return {"kind": "size", "gib": given}
        case "share":
            return {"kind": "share", "share": given}
    return {"kind": "auto"}


def _kv_text(profile: LoadProfile) -> str:
    values = profile.kv_cache.model_dump(exclude={"kind"}).values()
    return "".join(f"{value:g}" for value in values)


def _number_text(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"


def _field_of(where: tuple[int | str, ...]) -> str:
    """The field a refusal belongs to; one of the whole profile is about the batch."""
    if not where:
        return "max_batched_tokens"
    return _KV_VALUE if where[0] == "kv_cache" else str(where[0])


def _reason(where: tuple[int | str, ...], sentence: str) -> str:
    """The sentence, without the name that already stands before the field."""
    reason = sentence.partition(": ")[2] if where else sentence.removeprefix("profile: ")
    reason = reason.partition(" (given: ")[0].replace("Input should", "Must")
    return reason[:1].upper() + reason[1:]
