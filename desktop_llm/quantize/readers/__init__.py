"""Texts from files and data sets, read only as far as they are needed."""
