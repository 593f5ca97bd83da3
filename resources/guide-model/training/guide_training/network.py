"""The guide model's network and how it is trained. Needs torch; runs on the CPU."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn import functional
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from guide_training.conversations import IGNORED, ConversationMaker
from guide_training.tokenizer import CONTEXT_LENGTH

PEAK_LEARNING_RATE = 1.5e-3
WARMUP_STEPS = 60
WEIGHT_DECAY = 0.05


@dataclass(frozen=True)
class Progress:
    """How far training is: step of steps, smoothed loss, tokens seen, seconds spent and left."""

    step: int
    steps: int
    loss: float
    tokens: int
    elapsed_s: float
    left_s: float


def new_network(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """An untrained network. Head size and widths are ones that vLLM's CPU attention and AWQ with
    group size 128 accept, and two KV heads let it split over two GPUs."""
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=256,
            intermediate_size=768,
            num_hidden_layers=5,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=64,
            max_position_embeddings=CONTEXT_LENGTH,
            tie_word_embeddings=True,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def generation_config(tokenizer: PreTrainedTokenizerFast) -> GenerationConfig:
    """Defaults that vLLM applies too: all but greedy, as the model knows one answer a question.

    A temperature of exactly 0 would make transformers refuse to save the model again.
    """
    return GenerationConfig(
        do_sample=True,
        temperature=0.01,
        max_new_tokens=512,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def train(
    network: LlamaForCausalLM,
    maker: ConversationMaker,
    steps: int,
    report: Callable[[Progress], None],
) -> Progress:
    """Train in place for `steps` batches, calling `report` after each. Returns the last report."""
    decayed = [p for p in network.parameters() if p.dim() > 1]
    plain = [p for p in network.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": plain, "weight_decay": 0.0}],
        lr=PEAK_LEARNING_RATE,
        betas=(0.9, 0.98),
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, steps))
    network.train()
    started = time.monotonic()
    smoothed = 0.0
    tokens = 0
    for step in range(1, steps + 1):
        batch = maker.batch()
        ids = torch.tensor(batch.tokens)
        loss = _loss(network, ids, torch.tensor(batch.labels))
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        schedule.step()
        smoothed = loss.item() if step == 1 else 0.95 * smoothed + 0.05 * loss.item()
        tokens += ids.numel()
        elapsed = time.monotonic() - started
        left = elapsed / step * (steps - step)
        progress = Progress(step, steps, smoothed, tokens, elapsed, left)
        report(progress)
    network.eval()
    return progress


def _loss(network: LlamaForCausalLM, ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy on labelled tokens; the output layer runs on those positions only."""
    hidden = network.model(input_ids=ids).last_hidden_state[:, :-1]
    targets = labels[:, 1:]
    counted = targets != IGNORED
    logits = functional.linear(hidden[counted], network.lm_head.weight)
    return functional.cross_entropy(logits, targets[counted])


def _rate(step: int, steps: int) -> float:
    if step < WARMUP_STEPS:
        return (step + 1) / WARMUP_STEPS
    done = (step - WARMUP_STEPS) / max(1, steps - WARMUP_STEPS)
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done))
