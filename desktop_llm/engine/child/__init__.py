"""Code that runs in the engine's child processes."""
