"""The quantize page: making a model smaller, and what that cost and gained."""
