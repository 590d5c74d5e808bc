"""The marks of fill-in-the-middle, by the names that tokenizers have for them."""

SENTINELS = (
    ("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
    ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
    ("<fim-prefix>", "<fim-suffix>", "<fim-middle>"),
    ("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),
    ("▁<PRE>", "▁<SUF>", "▁<MID>"),
)
"""What tokenizers call the marks before prefix, suffix and middle: StarCoder and its heirs, Qwen
and CodeGemma, SantaCoder, DeepSeek, Code Llama."""
