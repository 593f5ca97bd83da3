"""A child's program: do the chat templates of models agree with their tokenizers?

``python -m desktop_llm.doctor.template_probe DIR…`` prints, as its last line, a JSON object: by
folder, a list of sentences for what is ``broken`` and one for what is only ``odd``. It imports
transformers, which takes seconds.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

# How most templates spell control tokens: <|im_start|>, <|eot_id|>. A few models (Zephyr) were
# trained with such marks as plain text, so one that is not a token is odd rather than broken.
_CONTROL = re.compile(r"<\|[^|<>\s]+\|>")
_TURNS = [
    {"role": "user", "content": "First question"},
    {"role": "assistant", "content": "First answer"},
    {"role": "user", "content": "Second question"},
]


def probe(folder: Path) -> dict[str, list[str]]:
    """Sentences about what does not agree, under ``broken`` and ``odd``."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # noqa: BLE001  what a broken file makes it raise is anyone's guess
        return {"broken": [f"The tokenizer does not load: {error!r}."], "odd": []}
    if not tokenizer.chat_template:
        return {"broken": ["There is no chat template."], "odd": []}
    try:
        text = tokenizer.apply_chat_template(_TURNS, tokenize=False, add_generation_prompt=True)
        broken, odd = _turn_ends(tokenizer, folder, text), _split_tokens(tokenizer, text)
    except Exception as error:  # noqa: BLE001  a template is a program of whoever made the model
        return {"broken": [f"The chat template fails: {error!r}."], "odd": []}
    return {"broken": broken, "odd": odd}


def _split_tokens(tokenizer: Any, text: str) -> list[str]:
    """Control tokens that the tokenizer would read as ordinary characters."""
    split = [
        token
        for token in sorted(set(_CONTROL.findall(text)))
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
    found = {folder: probe(Path(folder)) for folder in sys.argv[1:]}
    sys.stdout.write(json.dumps(found) + "\n")
