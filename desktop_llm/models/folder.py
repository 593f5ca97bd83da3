"""What a local model folder holds, from its small files and the weights' headers alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_llm.core.errors import AppError, sentence
from desktop_llm.models import config_facts
from desktop_llm.models.config_facts import Quantization, Shape
from desktop_llm.models.kv_layout import KvLayout, read_kv_layout
from desktop_llm.models.parameters import ParameterCount, count_parameters, is_tied
from desktop_llm.models.reading import (
    GET_AGAIN,
    absolute,
    read_json,
    require_folder,
    unreadable,
)
from desktop_llm.models.weights import WeightFiles, find_weights

TOKENIZER_NAMES = ("tokenizer.json", "tokenizer.model", "tekken.json", "vocab.json", "vocab.txt")
_DTYPE_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2, "auto": 2, "fp8": 1}


@dataclass(frozen=True)
class ModelFacts:
    """One model folder. Sizes in bytes, lengths in tokens; None where the files do not say.

    `warnings` are sentences about what will not work although the model loads.
    """

    path: Path
    name: str
    architectures: tuple[str, ...]
    model_type: str
    dtype: str | None
    quantization: Quantization | None
    context_length: int | None
    shape: Shape
    weights: WeightFiles
    files: tuple[str, ...]
    needs_remote_code: bool
    has_chat_template: bool
    tokenizer_files: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    kv_layout: KvLayout | None = None
    parameters: ParameterCount | None = None
    tied_embeddings: bool = False
    feed_forward_width: int | None = None

    @property
    def architecture(self) -> str:
        """The first architecture, or the model type where the config names none."""
        return self.architectures[0] if self.architectures else self.model_type

    @property
    def weight_bytes(self) -> int:
        return self.weights.total_bytes

    @property
    def has_pickle_only(self) -> bool:
        return self.weights.pickle_only

    def kv_bytes_per_token(self, dtype: str = "auto", devices: int = 1) -> int | None:
        """KV cache for one token in bytes on each device, as vLLM's FullAttentionSpec counts it.

        Σ layers kv_heads × (head_size_k + head_size_v) × bytes of `dtype` ("auto" loads in 16
        bits, float32 models too). Tensor parallelism over `devices` shares out the heads; what
        cannot be shared out, as MLA's one vector, each device keeps. Sliding-window layers count in
        full, so for them this is an upper bound. None if the config does not tell the shape.
        """
        shape = self.shape
        if shape.attention_layers is None or shape.kv_values_per_layer is None:
            return None
        heads = (shape.kv_heads or 1) if shape.kv_shared_out else 1
        values = shape.kv_values_per_layer * max(heads // devices, 1) // heads
        return shape.attention_layers * values * _DTYPE_BYTES[dtype]


def inspect_folder(path: Path) -> ModelFacts:
    """Read a model folder without loading anything heavy: milliseconds, whatever its size.

    Any thread. Raises AppError: ``model.not_a_model``, ``model.bad_config``, ``model.bad_index``,
    ``model.bad_tokenizer``, ``model.unsafe_path`` or ``model.unreadable``.
    """
    path = absolute(path)
    require_folder(path)
    names = _names(path)
    config = read_json(path / "config.json", "model.bad_config")
    if config is None:
        raise _no_config(path, names)
    tokenizer_config = read_json(path / "tokenizer_config.json", "model.bad_tokenizer") or {}
    text = config_facts.text_config(config)
    has_template = _has_chat_template(names, tokenizer_config)
    return ModelFacts(
        path=path,
        name=model_name(path),
        architectures=_strings(config.get("architectures")),
        model_type=str(config.get("model_type") or ""),
        dtype=config_facts.read_dtype(text),
        quantization=config_facts.read_quantization(config),
        context_length=config_facts.context_limit(text),
        shape=config_facts.read_shape(text),
        weights=find_weights(path, names),
        files=names,
        needs_remote_code=config_facts.needs_remote_code(config, tokenizer_config),
        has_chat_template=has_template,
        tokenizer_files=tuple(name for name in TOKENIZER_NAMES if name in names),
        warnings=() if has_template else (_NO_TEMPLATE,),
        kv_layout=read_kv_layout(text),
        parameters=count_parameters(text),
        tied_embeddings=is_tied(text),
        feed_forward_width=config_facts.feed_forward_width(text),
    )


def model_name(path: Path) -> str:
    """The folder's name, or ``org/name`` for a snapshot in a Hugging Face cache."""
    if path.parent.name == "snapshots" and path.parent.parent.name.startswith("models--"):
        return path.parent.parent.name.removeprefix("models--").replace("--", "/", 1)
    return path.name


_NO_TEMPLATE = (
    "This model has no chat template: it is probably a base model, which continues text "
    "instead of answering. Choose an instruct or chat version of it."
)


def _names(path: Path) -> tuple[str, ...]:
    try:
        return tuple(sorted(entry.name for entry in path.iterdir() if not entry.is_dir()))
    except OSError as error:
        raise unreadable(path, error) from error


def _no_config(path: Path, names: tuple[str, ...]) -> AppError:
    if any(name.endswith(".gguf") for name in names):
        return AppError(
            "model.not_a_model",
            sentence("{name} holds GGUF files, which this app cannot load.", name=path.name),
            sentence(
                "Get the same model in safetensors: a folder with config.json and *.safetensors."
            ),
        )
    if "adapter_config.json" in names:
        return AppError(
            "model.not_a_model",
            sentence("{name} is a LoRA adapter, not a whole model.", name=path.name),
            sentence("Choose the folder of the model it was made for."),
        )
    if find_weights(path, names).total_bytes:
        return AppError(
            "model.not_a_model",
            sentence("{name} has weights but no config.json.", name=path.name),
            GET_AGAIN,
        )
    return AppError(
        "model.not_a_model",
        sentence("{path} is not a model folder: it has no config.json.", path=path),
        sentence("Choose the folder that holds config.json and the *.safetensors files."),
    )


def _has_chat_template(names: tuple[str, ...], tokenizer_config: dict[str, Any]) -> bool:
    named = {"chat_template.jinja", "chat_template.json"} & set(names)
    return bool(named or tokenizer_config.get("chat_template"))


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()
