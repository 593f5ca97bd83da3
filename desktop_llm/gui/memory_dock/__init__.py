"""The live VRAM and KV cache dock at the right of the window."""
