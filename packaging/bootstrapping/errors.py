"""The one failure a person meets here: what happened, and what to do about it."""

from __future__ import annotations


class SetupError(Exception):
    """Set-up cannot go on. The message is for the person; the exit code is 2.

    `cpu_helps` says that the CPU set would not have this problem, so it is worth offering.
    """

    def __init__(self, message: str, *, cpu_helps: bool = False) -> None:
        super().__init__(message)
        self.cpu_helps = cpu_helps
