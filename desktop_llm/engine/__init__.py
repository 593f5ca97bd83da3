"""vLLM inside the app: its loop, its child processes, its failures."""
