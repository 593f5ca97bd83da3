"""Which of vLLM's parsers reads a family's tool calls and its reasoning."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

from desktop_llm.core.errors import AppError, sentence

log = logging.getLogger(__name__)

NONE = "none"
_PLAIN_TOOLS = "hermes"  # reads text, whatever the tokenizer


@dataclass(frozen=True)
class Parsers:
    """By vLLM's names; an empty one is none."""

    tool: str = ""
    reasoning: str = ""


# By the model_type of config.json. A parser whose tokens the tokenizer lacks is left out, so a
# family's name may stand for those of its models that have them.
_FAMILIES = {
    "llama": Parsers("llama3_json"),
    "llama4": Parsers("llama4_pythonic"),
    "mistral": Parsers("mistral", "mistral"),
    "mistral3": Parsers("mistral", "mistral"),
    "mixtral": Parsers("mistral"),
    "qwen2": Parsers("hermes", "deepseek_r1"),  # its distillations of R1 alone have <think>
    "qwen2_moe": Parsers("hermes"),
    "qwen3": Parsers("hermes", "qwen3"),
    "qwen3_moe": Parsers("hermes", "qwen3"),
    "qwen3_next": Parsers("hermes", "qwen3"),
    "granite": Parsers("granite", "granite"),
    "phi3": Parsers("phi4_mini_json"),
    "gemma3": Parsers("pythonic"),
    "gemma3_text": Parsers("pythonic"),
    "gpt_oss": Parsers("openai", "openai_gptoss"),
    "deepseek_v3": Parsers("deepseek_v3", "deepseek_r1"),
    "glm4_moe": Parsers("glm45", "glm45"),
    "olmo3": Parsers("olmo3", "olmo3"),
    "seed_oss": Parsers("seed_oss", "seed_oss"),
}


def suited_parsers(model_type: str) -> Parsers:
    """Those of the family; none for one that is not known."""
    return _FAMILIES.get(model_type, Parsers())


def choose_parsers(model_type: str, tokenizer: Any, *, tool: str, reasoning: str) -> Parsers:
    """Those named, or those of the family that the tokenizer and its template know.

    There is always one for tools, for vLLM refuses a tool that must be called without one.
    Raises AppError ``server.bad_parser`` where one was named that does not suit the model.
    """
    suited = suited_parsers(model_type)
    if not _thinks(tokenizer):
        suited = replace(suited, reasoning="")
    found = Parsers()
    for kind, named in (("tool", tool), ("reasoning", reasoning)):
        name = named or getattr(suited, kind)
        if not name or name == NONE:
            continue
        with_it = replace(found, **{kind: name})
        refused = _refused(with_it, tokenizer)
        if refused is None:
            found = with_it
        elif named:
            raise _bad_parser(kind, name, refused)
        else:
            log.info("No %s parser for this model: %s", kind, refused)
    return found if found.tool or tool == NONE else replace(found, tool=_PLAIN_TOOLS)


def reasoning_parser(model_config: Any) -> str:
    """What vLLM's engine is loaded with: the family's, empty where the model does not reason.

    Of `model_config` vLLM makes the tokenizer, and keeps it for the load. Blocks for that.
    """
    from vllm.tokenizers import cached_tokenizer_from_config

    tokenizer = cached_tokenizer_from_config(model_config)
    model_type = model_config.hf_config.model_type
    return choose_parsers(model_type, tokenizer, tool=NONE, reasoning="").reasoning


def _thinks(tokenizer: Any) -> bool:
    """Whether the model's template knows of reasoning: a parser would wait for it otherwise."""
    template = str(getattr(tokenizer, "chat_template", None) or "").lower()
    return "think" in template or "analysis" in template


def _refused(parsers: Parsers, tokenizer: Any) -> Exception | None:
    """Why vLLM would not have these for a model of this tokenizer."""
    from vllm.parser.parser_manager import ParserManager

    try:
        ParserManager.get_parser(
            tool_parser_name=parsers.tool or None,
            reasoning_parser_name=parsers.reasoning or None,
            enable_auto_tools=bool(parsers.tool),
            tokenizer=tokenizer,
        )
    except Exception as error:  # noqa: BLE001  # whatever a parser raises that misses its tokens
        return error
    return None


def _bad_parser(kind: str, name: str, error: Exception) -> AppError:
    what = sentence("tool parser") if kind == "tool" else sentence("reasoning parser")
    return AppError(
        "server.bad_parser",
        sentence(
            "The {what} {name} does not suit this model: {error}", what=what, name=name, error=error
        ),
        sentence("Choose another one, or none, in the settings of the port."),
        detail=repr(error),
    )
