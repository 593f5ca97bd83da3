"""The window. It may use every feature; no feature knows it."""
