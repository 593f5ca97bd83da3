"""The guide model's network and how it is trained. Needs torch; a CPU is enough."""

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
QUESTION_WEIGHT = 0.1
EMBEDDING_DROPOUT = 0.1


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
            num_hidden_layers=4,
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
    dropout = network.model.embed_tokens.register_forward_hook(
        lambda module, args, output: functional.dropout(output, EMBEDDING_DROPOUT)
    )
    started = time.monotonic()
    smoothed = 0.0
    tokens = 0
    for step in range(1, steps + 1):
        batch = maker.batch()
        ids = torch.tensor(batch.tokens, device=network.device)
        loss = _loss(network, ids, torch.tensor(batch.labels, device=network.device))
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
    dropout.remove()
    network.eval()
    return progress


def _loss(network: LlamaForCausalLM, ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy on the answers, plus a little on the questions.

    Answers are what the model is for; predicting questions too teaches it which words go together,
    and raised the share of right answers to new wordings by several points.
    """
    hidden = network.model(input_ids=ids).last_hidden_state[:, :-1]
    answer = labels[:, 1:] != IGNORED
    targets = ids[:, 1:]
    answers = functional.cross_entropy(network.lm_head(hidden[answer]), targets[answer])
    # Not the end of a question, which looks like the end of an answer that was cut short.
    question = ~answer & (targets != network.config.eos_token_id)
    questions = functional.cross_entropy(network.lm_head(hidden[question]), targets[question])
    return answers + QUESTION_WEIGHT * questions


def _rate(step: int, steps: int) -> float:
    if step < WARMUP_STEPS:
        return (step + 1) / WARMUP_STEPS
    done = (step - WARMUP_STEPS) / max(1, steps - WARMUP_STEPS)
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done))
