"""The app without a window: arguments, and the chat in a terminal."""
