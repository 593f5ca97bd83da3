"""Which of vLLM's parsers reads a family's tool calls and its reasoning."""

from __future__ import annotations

from dataclasses import dataclass

NONE = "none"


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
