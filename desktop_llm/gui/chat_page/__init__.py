"""The chat page: header, messages, composer, conversation settings."""
