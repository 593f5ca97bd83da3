"""AutoAWQ as a careful person would script it; the reference of `quantize`.

In 32 bits, which on a CPU is the fastest of the types AutoAWQ takes, and with samples that are
chunked already: of longer ones AutoAWQ would drop all.
"""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.sides.answering import given


def main() -> None:
    """Quantize what was given, and end."""
    asked = given()
    settings = asked["settings"]

    import torch
    import transformers
    from awq import AutoAWQForCausalLM

    from desktop_llm.quantize.worker.chunking import chunk, read_texts

    tokenizer = transformers.AutoTokenizer.from_pretrained(asked["source"])
    samples = chunk(
        read_texts(Path(asked["texts"])),
        tokenizer.encode,
        samples=settings["samples"],
        length=settings["sequence_length"],
        end=tokenizer.eos_token_id,
        seed=0,
    )
    model = AutoAWQForCausalLM.from_pretrained(
        asked["source"],
        torch_dtype=getattr(torch, asked.get("dtype", "float32")),
        device_map="cpu",
        use_cache=False,
        safetensors=True,
    )
    model.quantize(
        tokenizer,
        quant_config={
            "zero_point": settings["zero_point"],
            "q_group_size": settings["group_size"],
            "w_bit": settings["bits"],
            "version": settings["version"],
        },
        calib_data=samples,
        max_calib_samples=len(samples),
        max_calib_seq_len=settings["sequence_length"],
        duo_scaling=False,
        apply_clip=False,
    )
    model.save_quantized(asked["output"], safetensors=True)
    tokenizer.save_pretrained(asked["output"])


if __name__ == "__main__":
    main()
