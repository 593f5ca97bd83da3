"""A child's program: does a model's chat template agree with its tokenizer?

``python -m desktop_llm.doctor.template_probe DIR`` prints a JSON list of sentences, one for each
disagreement, as its last line. It imports transformers, which the app itself never does here.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

# How templates spell control tokens: <|im_start|>, <|eot_id|>, [INST], <start_of_turn>, </s>.
_CONTROL = re.compile(r"<\|[^|<>\s]+\|>|\[/?INST\]|</?s>|<(?:start|end)_of_turn>")
_TURNS = [
    {"role": "user", "content": "First question"},
    {"role": "assistant", "content": "First answer"},
    {"role": "user", "content": "Second question"},
]


def problems(folder: Path) -> list[str]:
    """Sentences about what does not agree; empty when all is well."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    if not tokenizer.chat_template:
        return ["There is no chat template."]
    text = tokenizer.apply_chat_template(_TURNS, tokenize=False, add_generation_prompt=True)
    return [*_split_tokens(tokenizer, text), *_turn_ends(tokenizer, folder, text)]


def _split_tokens(tokenizer: Any, text: str) -> list[str]:
    """Control tokens that the tokenizer would read as ordinary characters."""
    known = set(tokenizer.all_special_tokens) | set(tokenizer.get_added_vocab())
    written = set(_CONTROL.findall(text)) | {token for token in known if token and token in text}
    split = [
        token
        for token in sorted(written)
        if len(tokenizer.encode(token, add_special_tokens=False)) != 1
    ]
    return [f"The template writes {token}, which is not one token." for token in split]


def _turn_ends(tokenizer: Any, folder: Path, text: str) -> list[str]:
    """An answer must end in a token at which generation stops."""
    if "First answer" not in text or "Second question" not in text:
        return ["The template leaves out turns of the conversation."]
    between = text.split("First answer", 1)[1].split("Second question", 1)[0]
    between_ids = set(tokenizer.encode(between, add_special_tokens=False))
    if between_ids & _stop_ids(tokenizer, folder):
        return []
    return ["After an answer the template writes no token at which generation would stop."]


def _stop_ids(tokenizer: Any, folder: Path) -> set[int]:
    """The ids vLLM stops at: the tokenizer's, and those of generation_config.json."""
    ids = {tokenizer.eos_token_id} - {None}
    try:
        given = json.loads((folder / "generation_config.json").read_text("utf-8"))
    except (OSError, ValueError):
        given = {}
    eos = given.get("eos_token_id", []) if isinstance(given, dict) else []
    return ids | set(eos if isinstance(eos, list) else [eos])


if __name__ == "__main__":
    sys.stdout.write(json.dumps(problems(Path(sys.argv[1]))) + "\n")
