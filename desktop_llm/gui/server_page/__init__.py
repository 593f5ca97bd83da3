"""The page of the local HTTP port: switch, address, key, snippets, requests, log."""
