"""The monitor page: history, the GPUs' facts, past alerts and what tokens cost."""
