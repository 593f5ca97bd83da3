"""The list of conversations: search, rename, delete with undo."""
