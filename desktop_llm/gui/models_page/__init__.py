"""The models page: what is on this computer, loading it, and how it is loaded."""
