"""Asks a trained guide model questions and judges its answers. Needs torch; runs on the CPU."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizer

Message = dict[str, str]
MAX_ANSWER_TOKENS = 400


@dataclass(frozen=True)
class Verdict:
    """One judged answer: the same text but for white space, and how alike the two are (0 to 1)."""

    right: bool
    likeness: float


class Guide:
    """A guide model loaded with transformers, answering greedily."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer: PreTrainedTokenizer = AutoTokenizer.from_pretrained(folder)
        self.network: PreTrainedModel = AutoModelForCausalLM.from_pretrained(folder, dtype="auto")
        self.network.eval()

    def answer(
        self,
        conversations: Sequence[list[Message]],
        batch: int = 32,
        report: Callable[[int, int], None] = lambda done, total: None,
    ) -> list[str]:
        """The answer to each conversation's last message. `report` gets done and total counts."""
        prompts = [
            self.tokenizer.apply_chat_template(c, add_generation_prompt=True, tokenize=False)
            for c in conversations
        ]
        # Prompts of about the same length share a batch, so that little of it is padding.
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        answers = [""] * len(prompts)
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            for i, text in zip(chosen, self._complete([prompts[i] for i in chosen]), strict=True):
                answers[i] = text
            report(min(start + batch, len(order)), len(order))
        return answers

    def _complete(self, prompts: list[str]) -> list[str]:
        inputs = self.tokenizer(
            prompts,
            return_tensors="pt",
            padding=True,
            padding_side="left",
            add_special_tokens=False,
            return_token_type_ids=False,
        ).to(self.network.device)
        with torch.inference_mode():
            output = self.network.generate(
                **inputs, do_sample=False, max_new_tokens=MAX_ANSWER_TOKENS
            )
        written = output[:, inputs["input_ids"].shape[1] :]
        texts: list[str] = self.tokenizer.batch_decode(written, skip_special_tokens=True)
        return texts


def judge(answer: str, wanted: str) -> Verdict:
    """Compare an answer with the written one."""
    got, want = " ".join(answer.split()), " ".join(wanted.split())
    likeness = difflib.SequenceMatcher(None, got, want, autojunk=False).ratio()
    return Verdict(got == want, likeness)
