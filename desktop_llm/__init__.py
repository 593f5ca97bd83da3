"""Desktop LLM: a local chat workstation on vLLM that shows and handles its memory."""

__version__ = "0.1.0"
