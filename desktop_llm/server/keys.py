"""The API key of the port: made when it is first wanted, readable by its owner alone."""

from __future__ import annotations

import secrets
from pathlib import Path

from desktop_llm.core.errors import AppError, sentence
from desktop_llm.core.files import write_atomic

_PREFIX = "dllm-"
_BYTES = 32
_MOST_CHARACTERS = 1024
_OTHERS = 0o077


class KeyFile:
    """One key in one file. Blocks for the disk; any thread, one at a time.

    One that is not `ours` is somebody else's to make and to guard: it is only read.
    Every method raises AppError ``server.key_unusable`` where the file cannot be read or written,
    or holds no key.
    """

    def __init__(self, path: Path, *, ours: bool = True) -> None:
        self.path = path
        self._ours = ours

    def ensure(self) -> str:
        """The key, made now if there is none yet."""
        return self.renew() if self._ours and not self.path.exists() else self.read()

    def read(self) -> str:
        """The key. A file that others on this machine could read is closed to them first."""
        try:
            mode = self.path.stat().st_mode
            if self._ours and mode & _OTHERS:
                self.path.chmod(mode & ~_OTHERS & 0o7777)
            key = self.path.read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            raise self._unusable(error) from error
        if not key or len(key) > _MOST_CHARACTERS or not key.isascii() or not key.isprintable():
            raise self._unusable(ValueError("not one line of printable ASCII characters"))
        return key

    def renew(self) -> str:
        """A new key in the place of the old one, which holds no longer."""
        if not self._ours:
            raise self._unusable(ValueError("it is not this app's own"))
        key = _PREFIX + secrets.token_urlsafe(_BYTES)
        try:
            write_atomic(self.path, f"{key}\n".encode(), mode=0o600)
        except OSError as error:
            raise self._unusable(error) from error
        return key

    def _unusable(self, error: Exception) -> AppError:
        reason = getattr(error, "strerror", None) or error
        return AppError(
            "server.key_unusable",
            sentence(
                "The API key in {path} cannot be used: {reason}.", path=self.path, reason=reason
            ),
            sentence(
                "Without one the port stays closed. Check the file, or delete it for a new key."
            ),
            detail=repr(error),
        )
