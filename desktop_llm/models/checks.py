"""Whether a model folder may be loaded: asked before the engine starts, answered in sentences."""

from __future__ import annotations

from pathlib import Path

from desktop_llm.config.profiles import LoadProfile
from desktop_llm.core.cpu_flags import cpu_flags
from desktop_llm.core.errors import AppError, Fix, Sentence, sentence
from desktop_llm.core.units import MIB, format_count
from desktop_llm.models.folder import ModelFacts
from desktop_llm.models.reading import (
    GET_AGAIN,
    parse_object,
    regular_file_size,
    require_folder,
    unreadable,
)
from desktop_llm.models.weights import verify_weights

# Quantization methods whose kernels compute in 16 bits (vLLM's get_supported_act_dtypes).
_SIXTEEN_BIT = {"awq", "awq_marlin", "gptq", "gptq_marlin", "fp8"}
# Parsing holds the interpreter for about 10 ms a MiB; larger files get the cheaper look.
_PARSE_LIMIT = 4 * MIB


def check_loadable(facts: ModelFacts, profile: LoadProfile) -> None:
    """Raise AppError with a sentence and a fix if this model cannot or may not be loaded so.

    Reads the disk again, since files change between a scan and a load; milliseconds. Any thread.
    Codes: those of `check_folder`, and ``model.pickle_refused``, ``model.remote_code_refused``,
    ``model.context_too_long``, ``model.dtype_mismatch``, ``model.quantized_already``.
    """
    check_folder(facts)
    if facts.has_pickle_only and not profile.allow_pickle_weights:
        raise AppError(
            "model.pickle_refused",
            sentence(
                "{model} has its weights as pickle files ({file}), which can run any "
                "program when they are opened.",
                model=facts.name,
                file=facts.weights.pickle[0],
            ),
            sentence(
                "Get a safetensors version, or allow pickle weights for this model if you trust "
                "its source."
            ),
            fix=Fix.EDIT_PROFILE,
            fix_value="allow_pickle_weights",
        )
    if facts.needs_remote_code and not profile.trust_remote_code:
        raise AppError(
            "model.remote_code_refused",
            sentence("{model} needs Python code from its own folder to run.", model=facts.name),
            sentence(
                "Choose a model that vLLM supports itself, or switch on trust remote code for this "
                "model if you trust its source."
            ),
            fix=Fix.EDIT_PROFILE,
            fix_value="trust_remote_code",
        )
    check_context(facts, profile.context_length)
    _check_dtype(facts, profile)
    _check_quantization(facts, profile)
    _check_kv_cache_dtype(facts, profile)


def check_build(profile: LoadProfile, *, cpu: bool, head_size: int | None = None) -> None:
    """Raise AppError for what only vLLM's GPU build can do. Any thread.

    Codes: ``model.fp8_needs_gpu``, ``model.fp8_cache_needs_gpu``.
    """
    if cpu and profile.quantization == "fp8":
        raise AppError(
            "model.fp8_needs_gpu",
            sentence("The load profile says FP8, which vLLM's CPU build cannot make at load."),
            sentence("Set quantize at load to No, or quantize the model to four bits instead."),
            fix=Fix.EDIT_PROFILE,
            fix_value="quantization",
        )

    if cpu and profile.kv_cache_dtype != "auto" and (reason := _no_fp8_cache(head_size)):
        raise AppError(
            "model.fp8_cache_needs_gpu",
            sentence(
                "The load profile says an FP8 KV cache, which vLLM's CPU build cannot keep here: "
                "{reason}.",
                reason=reason,
            ),
            sentence("Set the KV cache's dtype to auto in the load profile."),
            fix=Fix.EDIT_PROFILE,
            fix_value="kv_cache_dtype",
        )


def _no_fp8_cache(head_size: int | None) -> Sentence | None:
    """Why the CPU build's attention takes no FP8 cache (vLLM's cpu_attn._get_attn_isa), or None."""
    if not {"avx512f", "amx_tile"} & cpu_flags():
        return sentence("it needs a processor with AVX-512 or AMX")
    if head_size is not None and head_size % 32:
        return sentence("it needs a head size that 32 divides, not {size}", size=head_size)
    return None


def check_folder(facts: ModelFacts) -> None:
    """Raise AppError if the folder is damaged or incomplete, whatever the profile. Any thread.

    Codes: ``model.not_a_model``, ``model.no_weights``, ``model.missing_shard``,
    ``model.corrupt_shard``, ``model.bad_index``, ``model.unsafe_path``, ``model.bad_tokenizer``,
    ``model.unreadable``.
    """
    require_folder(facts.path)
    if not facts.weights.safetensors and not facts.weights.pickle:
        raise AppError(
            "model.no_weights",
            sentence("{model} has a config.json but no weights.", model=facts.name),
            sentence("The download may not have finished; get the *.safetensors files as well."),
        )
    verify_weights(facts.path, facts.weights)
    _check_tokenizer(facts)


def check_context(facts: ModelFacts, asked: int | None) -> None:
    """Raise AppError ``model.context_too_long`` if the model cannot take that many tokens."""
    limit = facts.context_length
    if asked is not None and limit is not None and asked > limit:
        raise AppError(
            "model.context_too_long",
            sentence(
                "The context length {asked} is more than {model} can take: {limit} tokens.",
                asked=format_count(asked),
                model=facts.name,
                limit=format_count(limit),
            ),
            sentence(
                "Set the context length to {limit} or less in its load profile.",
                limit=format_count(limit),
            ),
            fix=Fix.APPLY_CONTEXT,
            fix_value=str(limit),
        )


def _check_dtype(facts: ModelFacts, profile: LoadProfile) -> None:
    quantization = facts.quantization
    if quantization and quantization.method in _SIXTEEN_BIT and profile.dtype == "float32":
        raise AppError(
            "model.dtype_mismatch",
            sentence(
                "{model} is quantized with {method}, which computes in float16 or bfloat16,"
                " but its load profile says float32.",
                model=facts.name,
                method=quantization.method.upper(),
            ),
            sentence("Set dtype to auto, float16 or bfloat16 in its load profile."),
            fix=Fix.EDIT_PROFILE,
            fix_value="dtype",
        )


def _check_quantization(facts: ModelFacts, profile: LoadProfile) -> None:
    if facts.quantization and profile.quantization != "none":
        raise AppError(
            "model.quantized_already",
            sentence(
                "{model} is quantized with {method} already, but its load profile says to quantize "
                "it to FP8 at load.",
                model=facts.name,
                method=facts.quantization.method.upper(),
            ),
            sentence("Set quantize at load to No in its load profile."),
            fix=Fix.EDIT_PROFILE,
            fix_value="quantization",
        )


def _check_kv_cache_dtype(facts: ModelFacts, profile: LoadProfile) -> None:
    """As vLLM's own check: an FP8 checkpoint's scales are made for e4m3."""
    method = facts.quantization.method if facts.quantization else ""
    if method == "fp8" and profile.kv_cache_dtype == "fp8_e5m2":
        raise AppError(
            "model.dtype_mismatch",
            sentence(
                "{model} is quantized to FP8 (e4m3), which no KV cache in FP8 e5m2 goes with.",
                model=facts.name,
            ),
            sentence("Set the KV cache's dtype to auto or fp8 in its load profile."),
            fix=Fix.EDIT_PROFILE,
            fix_value="kv_cache_dtype",
        )


def _check_tokenizer(facts: ModelFacts) -> None:
    if not facts.tokenizer_files:
        raise AppError(
            "model.bad_tokenizer",
            sentence("{model} has no tokenizer files.", model=facts.name),
            sentence(
                "Copy tokenizer.json and tokenizer_config.json from where the model comes from."
            ),
        )
    for name in facts.tokenizer_files:
        path = facts.path / name
        if name.endswith(".json") and not _is_json_object(path):
            raise AppError(
                "model.bad_tokenizer",
                sentence(
                    "{name} in {folder} is damaged or cut short.", name=name, folder=facts.path
                ),
                GET_AGAIN,
            )


def _is_json_object(path: Path) -> bool:
    """Parse a small file; of a large one look at both ends, where a broken download shows."""
    size = regular_file_size(path)
    if not size:
        return False
    try:
        with path.open("rb") as stream:
            if size <= _PARSE_LIMIT:
                parse_object(stream.read())
                return True
            head = stream.read(64).lstrip()
            stream.seek(-64, 2)
            return head.startswith(b"{") and stream.read().rstrip().endswith(b"}")
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError:
        return False
