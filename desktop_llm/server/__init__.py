"""The optional local HTTP port: OpenAI-compatible, over the engine that the window uses."""
