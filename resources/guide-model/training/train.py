"""Train the guide model from scratch and put it in `resources/guide-model/`.

    python resources/guide-model/training/train.py

Takes under 20 minutes on two CPU cores. The folder's old model stays whole until the new one is
written: files go to a temporary folder first and are moved in at the end.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import tokenizers
import torch
import transformers
from guide_training.conversations import ConversationMaker
from guide_training.corpus import DATA_DIR, Corpus, load_corpus
from guide_training.network import Progress, generation_config, new_network, train
from guide_training.tokenizer import train_tokenizer
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

MODEL_DIR = Path(__file__).resolve().parent.parent
SEED = 20
STEPS = 2600


def main() -> int:
    parser = argparse.ArgumentParser(description="Train the built-in guide model.")
    parser.add_argument("--data", type=Path, default=DATA_DIR, help="folder of the data files")
    parser.add_argument("--out", type=Path, default=MODEL_DIR, help="folder for the model")
    parser.add_argument("--steps", type=int, default=STEPS, help="batches to train on")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--device", default="cpu", help="where to train: cpu or cuda")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads")
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    random.seed(args.seed)
    torch.use_deterministic_algorithms(True, warn_only=args.device != "cpu")

    corpus = load_corpus(args.data)
    tokenizer = train_tokenizer(_texts(corpus))
    network = new_network(tokenizer).to(args.device)
    print(
        f"{len(corpus.entries)} answers, {len(tokenizer)} tokens in the vocabulary, "
        f"{network.num_parameters():,} parameters, {args.steps} steps.",
        flush=True,
    )
    last = train(
        network, ConversationMaker(corpus, tokenizer, args.seed), args.steps, _print_progress
    )
    _write(args.out, network, tokenizer, corpus, last, args.seed)
    print(f"Wrote {args.out} after {last.elapsed_s:.0f} s of training.")
    return 0


def _texts(corpus: Corpus) -> list[str]:
    """What the tokenizer learns from; held-out wordings are left out here too."""
    texts = [*corpus.system_messages, *(f for kind in corpus.frames.values() for f in kind)]
    for entry in corpus.entries:
        texts += [entry.answer, *entry.trained, *(q.lower() for q in entry.trained)]
        texts += [phrase.text for phrase in entry.phrases]
    return texts


def _print_progress(progress: Progress) -> None:
    if progress.step % 25 == 0 or progress.step in (1, progress.steps):
        print(
            f"step {progress.step} of {progress.steps}, loss {progress.loss:.4f}, "
            f"{progress.tokens / progress.elapsed_s:,.0f} tokens/s, "
            f"{progress.elapsed_s:.0f} s gone, {progress.left_s:.0f} s left",
            flush=True,
        )


def _write(
    out: Path,
    network: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    corpus: Corpus,
    last: Progress,
    seed: int,
) -> None:
    out.mkdir(parents=True, exist_ok=True)
    network.to(torch.bfloat16)
    network.generation_config = generation_config(tokenizer)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=out) as scratch:
        folder = Path(scratch)
        network.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        record = {
            "seed": seed,
            "data_sha256": corpus.data_hash,
            "answers": len(corpus.entries),
            "parameters": network.num_parameters(),
            "weights_sha256": _sha256(folder / "model.safetensors"),
            "training": asdict(last),
            "versions": {
                "python": ".".join(map(str, sys.version_info[:3])),
                "torch": torch.__version__,
                "transformers": transformers.__version__,
                "tokenizers": tokenizers.__version__,
            },
        }
        (folder / "training.json").write_text(json.dumps(record, indent=2) + "\n")
        # The weights go first: a model.safetensors and a training.json that disagree give away an
        # interrupted move.
        for path in sorted(folder.iterdir(), key=lambda p: p.suffix != ".safetensors"):
            path.chmod(0o644)
            path.replace(out / path.name)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
