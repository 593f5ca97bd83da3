"""Is this installation well? Known pitfalls checked one by one, each with its fix."""
