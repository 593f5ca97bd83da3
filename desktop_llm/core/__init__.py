"""Vocabulary shared by every feature. Standard library only."""
