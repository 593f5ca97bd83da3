"""The methods a model can be quantized with: when to choose each, and which models each can do.

Imports neither torch nor AutoAWQ: what AutoAWQ supports is read from its source.
"""

from __future__ import annotations

import ast
import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from desktop_llm.core.errors import AppError, Sentence, sentence
from desktop_llm.models.folder import ModelFacts
from desktop_llm.quantize.types import Method, QuantizeSettings

# Quantized by both methods and streamed from in the engine, by the tests. AutoAWQ is archived and
# lists more, some of which fail on the transformers of today.
CHECKED = frozenset({"llama", "mistral", "qwen2", "qwen3"})
_MAP = "AWQ_CAUSAL_LM_MODEL_MAP"


@dataclass(frozen=True)
class Backend:
    """A method, named as people know it, with one line on when to choose it."""

    method: Method
    name: str
    when: Sentence
    needs_text: bool


BACKENDS = (
    Backend(
        Method.AWQ,
        "AWQ",
        sentence(
            "Choose AWQ for the best answers at four bits: it looks at calibration text to keep "
            "what matters, and takes minutes to hours."
        ),
        needs_text=True,
    ),
    Backend(
        Method.RTN,
        "RTN",
        sentence(
            "Choose round-to-nearest for speed: it needs no text and little memory and takes "
            "seconds to minutes, but answers lose more."
        ),
        needs_text=False,
    ),
)
FP8_AT_LOAD = sentence(
    "Choose FP8 at load for eight bits without new files: the engine does it each time it loads "
    "the model, at half the memory and almost no loss."
)


@cache
def supported(method: Method) -> frozenset[str]:
    """The model types (config.json's model_type) that `method` can do here.

    Empty for AWQ where AutoAWQ is not installed. Milliseconds; any thread.
    """
    return CHECKED & _known_to_autoawq() if method is Method.AWQ else CHECKED


def require_supported(facts: ModelFacts, settings: QuantizeSettings) -> None:
    """Raise AppError ``quantize.unsupported`` if this model cannot be quantized so. Any thread."""
    if facts.quantization is not None:
        raise _refusal(
            sentence(
                "{model} is quantized already, with {method}.",
                model=facts.name,
                method=facts.quantization.method.upper(),
            ),
            sentence("Choose the full-precision model it was made from."),
        )
    if not facts.weights.safetensors:
        raise _refusal(
            sentence("{model} has no safetensors weights.", model=facts.name),
            sentence(
                "Get a safetensors version of it: pickle files can run any program when opened."
            ),
        )
    if facts.needs_remote_code:
        raise _refusal(
            sentence("{model} needs Python code from its own folder to run.", model=facts.name),
            sentence("Choose a model that the installed libraries know by themselves."),
        )
    known = supported(settings.method)
    if not known:
        raise _refusal(
            sentence("AutoAWQ is not installed."),
            sentence("Choose RTN, or install the app again with its engine."),
        )
    if facts.model_type not in known:
        raise _refusal(
            sentence(
                "{model} is of the type {type}, which {method} cannot quantize here.",
                model=facts.name,
                type=facts.model_type or "?",
                method=settings.method.upper(),
            ),
            sentence(
                "Types that can be quantized: {types}. For others, load the model in FP8.",
                types=", ".join(sorted(known)),
            ),
        )


def _refusal(message: Sentence, hint: Sentence) -> AppError:
    return AppError("quantize.unsupported", message, hint)


def _known_to_autoawq() -> frozenset[str]:
    """The keys of AutoAWQ's own table of models; importing it would import torch, for seconds."""
    package = importlib.util.find_spec("awq")
    if package is None or package.origin is None:
        return frozenset()
    source = Path(package.origin).with_name("models") / "auto.py"
    try:
        tree = ast.parse(source.read_bytes())
    except (OSError, SyntaxError):
        return frozenset()
    for statement in tree.body:
        if (
            isinstance(statement, ast.Assign)
            and isinstance(statement.value, ast.Dict)
            and any(isinstance(to, ast.Name) and to.id == _MAP for to in statement.targets)
        ):
            keys = (key.value for key in statement.value.keys if isinstance(key, ast.Constant))
            return frozenset(key for key in keys if isinstance(key, str))
    return frozenset()
