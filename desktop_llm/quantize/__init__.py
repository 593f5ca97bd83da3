"""Quantizing: from a full-precision model to a measured, loadable smaller one."""
