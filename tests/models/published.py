"""Published configs of well-known models: their numbers alone, and what is known of their sizes.

Each config has the numbers of the model's own config.json as its publisher has it on the Hugging
Face hub; each count is that of the published weights without layers for speculative decoding, a
tied embedding once. That formula and count agree to the last parameter checks both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Published:
    """A model: what its config says, its parameters, and KiB of KV cache a token in 16 bits where
    every layer has full attention.
    """

    name: str
    config: dict[str, Any]
    parameters: int
    kv_kib: float | None = None


def _gated(
    model_type: str,
    sizes: tuple[int, int, int, int, int, int],
    tied: bool = False,
    **more: Any,
) -> dict[str, Any]:
    """`sizes`: hidden, intermediate, layers, heads, KV heads, vocabulary."""
    names = (
        "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
        "num_key_value_heads", "vocab_size",
    )  # fmt: skip
    named = dict(zip(names, sizes, strict=True))
    return {"model_type": model_type, **named, "tie_word_embeddings": tied, **more}


# fmt: off
PUBLISHED = (
    Published("Llama-2-7B", _gated("llama", (4096, 11008, 32, 32, 32, 32000)), 6_738_415_616, 512),
    Published("Llama-2-13B", _gated("llama", (5120, 13824, 40, 40, 40, 32000)), 13_015_864_320,
        800),
    Published("Llama-2-70B", _gated("llama", (8192, 28672, 80, 64, 8, 32000)), 68_976_648_192, 320),
    Published("Llama-3-8B", _gated("llama", (4096, 14336, 32, 32, 8, 128256)), 8_030_261_248, 128),
    Published("Llama-3-70B", _gated("llama", (8192, 28672, 80, 64, 8, 128256)), 70_553_706_496,
        320),
    Published("Llama-3.1-405B", _gated("llama", (16384, 53248, 126, 128, 8, 128256)),
        405_853_388_800, 504),
    Published("Llama-3.2-1B", _gated("llama", (2048, 8192, 16, 32, 8, 128256), tied=True,
        head_dim=64), 1_235_814_400, 32),
    Published("Llama-3.2-3B", _gated("llama", (3072, 8192, 28, 24, 8, 128256), tied=True,
        head_dim=128), 3_212_749_824, 112),
    Published("TinyLlama-1.1B", _gated("llama", (2048, 5632, 22, 32, 4, 32000)), 1_100_048_384),
    Published("SmolLM2-135M", _gated("llama", (576, 1536, 30, 9, 3, 49152), tied=True),
        134_515_008),
    Published("SmolLM2-360M", _gated("llama", (960, 2560, 32, 15, 5, 49152), tied=True),
        361_821_120),
    Published("SmolLM2-1.7B", _gated("llama", (2048, 8192, 24, 32, 32, 49152), tied=True),
        1_711_376_384),
    Published("Yi-6B", _gated("llama", (4096, 11008, 32, 32, 4, 64000)), 6_061_035_520),
    Published("Yi-34B", _gated("llama", (7168, 20480, 60, 56, 8, 64000)), 34_388_917_248),
    Published("Mistral-7B-v0.1", _gated("mistral", (4096, 14336, 32, 32, 8, 32000),
        sliding_window=4096), 7_241_732_096),
    Published("Mistral-7B-v0.3", _gated("mistral", (4096, 14336, 32, 32, 8, 32768)),
        7_248_023_552, 128),
    Published("Mistral-Nemo-12B", _gated("mistral", (5120, 14336, 40, 32, 8, 131072),
        head_dim=128), 12_247_782_400, 160),
    Published("Mistral-Small-24B", _gated("mistral", (5120, 32768, 40, 32, 8, 131072),
        head_dim=128), 23_572_403_200),
    Published("Mixtral-8x7B", _gated("mixtral", (4096, 14336, 32, 32, 8, 32000),
        num_local_experts=8), 46_702_792_704, 128),
    Published("Mixtral-8x22B", _gated("mixtral", (6144, 16384, 56, 48, 8, 32000),
        num_local_experts=8), 140_620_634_112),
    Published("Qwen2.5-0.5B", _gated("qwen2", (896, 4864, 24, 14, 2, 151936), tied=True),
        494_032_768, 12),
    Published("Qwen2.5-1.5B", _gated("qwen2", (1536, 8960, 28, 12, 2, 151936), tied=True),
        1_543_714_304),
    Published("Qwen2.5-3B", _gated("qwen2", (2048, 11008, 36, 16, 2, 151936), tied=True),
        3_085_938_688),
    Published("Qwen2.5-7B", _gated("qwen2", (3584, 18944, 28, 28, 4, 152064)), 7_615_616_512, 56),
    Published("Qwen2.5-14B", _gated("qwen2", (5120, 13824, 48, 40, 8, 152064)), 14_770_033_664,
        192),
    Published("Qwen2.5-32B", _gated("qwen2", (5120, 27648, 64, 40, 8, 152064)), 32_763_876_352,
        256),
    Published("Qwen2.5-72B", _gated("qwen2", (8192, 29568, 80, 64, 8, 152064)), 72_706_203_648,
        320),
    Published("Qwen3-0.6B", _gated("qwen3", (1024, 3072, 28, 16, 8, 151936), tied=True,
        head_dim=128), 596_049_920),
    Published("Qwen3-1.7B", _gated("qwen3", (2048, 6144, 28, 16, 8, 151936), tied=True,
        head_dim=128), 1_720_574_976),
    Published("Qwen3-4B", _gated("qwen3", (2560, 9728, 36, 32, 8, 151936), tied=True,
        head_dim=128), 4_022_468_096),
    Published("Qwen3-8B", _gated("qwen3", (4096, 12288, 36, 32, 8, 151936), head_dim=128),
        8_190_735_360, 144),
    Published("Qwen3-14B", _gated("qwen3", (5120, 17408, 40, 40, 8, 151936), head_dim=128),
        14_768_307_200),
    Published("Qwen3-32B", _gated("qwen3", (5120, 25600, 64, 64, 8, 151936), head_dim=128),
        32_762_123_264, 256),
    Published("Qwen3-30B-A3B", _gated("qwen3_moe", (2048, 6144, 48, 32, 4, 151936),
        head_dim=128, num_experts=128, moe_intermediate_size=768, decoder_sparse_step=1,
        mlp_only_layers=[]), 30_532_122_624, 96),
    Published("Qwen3-235B-A22B", _gated("qwen3_moe", (4096, 12288, 94, 64, 4, 151936),
        head_dim=128, num_experts=128, moe_intermediate_size=1536, decoder_sparse_step=1,
        mlp_only_layers=[]), 235_093_634_560),
    Published("Gemma-2B", _gated("gemma", (2048, 16384, 18, 8, 1, 256000), tied=True,
        head_dim=256), 2_506_172_416),
    Published("Gemma-7B", _gated("gemma", (3072, 24576, 28, 16, 16, 256000), tied=True,
        head_dim=256), 8_537_680_896, 448),
    Published("Gemma-2-2B", _gated("gemma2", (2304, 9216, 26, 8, 4, 256000), tied=True,
        head_dim=256, sliding_window=4096), 2_614_341_888),
    Published("Gemma-2-9B", _gated("gemma2", (3584, 14336, 42, 16, 8, 256000), tied=True,
        head_dim=256, sliding_window=4096), 9_241_705_984),
    Published("Gemma-2-27B", _gated("gemma2", (4608, 36864, 46, 32, 16, 256000), tied=True,
        head_dim=128, sliding_window=4096), 27_227_128_320),
    Published("Gemma-3-1B", _gated("gemma3_text", (1152, 6912, 26, 4, 1, 262144), tied=True,
        head_dim=256, sliding_window=512, sliding_window_pattern=6), 999_885_952),
    Published("Phi-3-mini-4k", _gated("phi3", (3072, 8192, 32, 32, 32, 32064),
        sliding_window=2047), 3_821_079_552),
    Published("Phi-3-medium", _gated("phi3", (5120, 17920, 40, 40, 10, 32064),
        sliding_window=2047), 13_960_238_080),
    Published("Phi-4", _gated("phi3", (5120, 17920, 40, 40, 10, 100352)), 14_659_507_200, 200),
    Published("Phi-2", _gated("phi", (2560, 10240, 32, 32, 32, 51200)), 2_779_683_840),
    Published("DeepSeek-V2-Lite", _gated("deepseek_v2", (2048, 10944, 27, 16, 16, 102400),
        n_routed_experts=64, n_shared_experts=2, moe_intermediate_size=1408,
        first_k_dense_replace=1, kv_lora_rank=512, qk_rope_head_dim=64, qk_nope_head_dim=128,
        v_head_dim=128), 15_706_484_224, 30.375),
    Published("DeepSeek-V2", _gated("deepseek_v2", (5120, 12288, 60, 128, 128, 102400),
        n_routed_experts=160, n_shared_experts=2, moe_intermediate_size=1536,
        first_k_dense_replace=1, kv_lora_rank=512, q_lora_rank=1536, qk_rope_head_dim=64,
        qk_nope_head_dim=128, v_head_dim=128), 235_741_434_880),
    Published("DeepSeek-V3", _gated("deepseek_v3", (7168, 18432, 61, 128, 128, 129280),
        n_routed_experts=256, n_shared_experts=1, moe_intermediate_size=2048,
        first_k_dense_replace=3, kv_lora_rank=512, q_lora_rank=1536, qk_rope_head_dim=64,
        qk_nope_head_dim=128, v_head_dim=128), 671_026_419_200, 68.625),
    Published("gpt-oss-20b", _gated("gpt_oss", (2880, 2880, 24, 64, 8, 201088), head_dim=64,
        num_local_experts=32, attention_bias=True, sliding_window=128), 20_914_757_184),
    Published("gpt-oss-120b", _gated("gpt_oss", (2880, 2880, 36, 64, 8, 201088), head_dim=64,
        num_local_experts=128, attention_bias=True, sliding_window=128), 116_829_156_672),
    Published("StarCoder2-3B", _gated("starcoder2", (3072, 12288, 30, 24, 2, 49152), tied=True,
        use_bias=True, sliding_window=4096), 3_030_371_328),
    Published("StarCoder2-7B", _gated("starcoder2", (4608, 18432, 32, 36, 4, 49152), tied=True,
        use_bias=True, sliding_window=4096), 7_173_923_840),
    Published("Falcon-7B", {"model_type": "falcon", "hidden_size": 4544, "num_hidden_layers":
        32, "num_attention_heads": 71, "vocab_size": 65024, "multi_query": True,
        "new_decoder_architecture": False, "parallel_attn": True, "bias": False}, 6_921_720_704),
    Published("OLMo-2-7B", _gated("olmo2", (4096, 11008, 32, 32, 32, 100352)), 7_298_617_344, 512),
    Published("Granite-3.3-8B", _gated("granite", (4096, 12800, 40, 32, 8, 49159), tied=True),
        8_170_864_640, 160),
    Published("OLMo-2-13B", _gated("olmo2", (5120, 13824, 40, 40, 40, 100352)), 13_716_198_400),
    Published("Ministral-8B", _gated("mistral", (4096, 12288, 36, 32, 8, 131072), head_dim=128),
        8_019_808_256, 144),
    Published("Phi-4-mini", _gated("phi3", (3072, 8192, 32, 24, 8, 200064), tied=True),
        3_836_021_760, 128),
    Published("GPT-2", {"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12,
        "vocab_size": 50257, "n_positions": 1024}, 124_439_808),
    Published("Qwen1.5-MoE-A2.7B", _gated("qwen2_moe", (2048, 5632, 24, 16, 16, 151936),
        num_experts=60, moe_intermediate_size=1408, shared_expert_intermediate_size=5632,
        decoder_sparse_step=1), 14_315_784_192),
    Published("Qwen3-Next-80B-A3B", _gated("qwen3_next", (2048, 5120, 48, 16, 2, 151936),
        head_dim=256, num_experts=512, moe_intermediate_size=512,
        shared_expert_intermediate_size=512, decoder_sparse_step=1, mlp_only_layers=[],
        full_attention_interval=4, linear_conv_kernel_dim=4, linear_key_head_dim=128,
        linear_num_key_heads=16, linear_num_value_heads=32, linear_value_head_dim=128),
        79_674_391_296),
    Published("SmolLM3-3B", _gated("smollm3", (2048, 11008, 36, 16, 4, 128256), tied=True),
        3_075_098_624),
)
# fmt: on
