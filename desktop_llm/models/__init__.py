"""Models on this machine: the catalog, what a folder holds, whether it is safe and fits."""
