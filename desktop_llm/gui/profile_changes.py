"""Changes of a load profile that a click makes, each of which a click takes back."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop_llm.config.profiles import LoadProfile, ProfileStore


class ProfileChanges(QObject):
    """GUI thread. `changed` carries the path of a model whose profile a click has changed or taken
    back, `forgotten` that of one whose last change can no longer be taken back."""

    changed = Signal(object)
    forgotten = Signal(object)

    def __init__(self, profiles: ProfileStore) -> None:
        super().__init__()
        self._profiles = profiles
        self._before: dict[Path, LoadProfile] = {}

    def get(self, path: Path) -> LoadProfile:
        """The saved profile of the model in `path`."""
        return self._profiles.get(path)

    def save(self, path: Path, profile: LoadProfile) -> None:
        """Keep what a person typed: that is not for a click to take back."""
        self._profiles.save(path, profile)
        self.forget(path)

    def apply(self, path: Path, profile: LoadProfile) -> None:
        """Save `profile`, and remember what was there."""
        before = self._profiles.get(path)
        if profile == before:
            return
        self._before[path] = before
        self._profiles.save(path, profile)
        self.changed.emit(path)

    def can_undo(self, path: Path) -> bool:
        """Whether the last change of that profile was a click's."""
        return path in self._before

    def undo(self, path: Path) -> None:
        """Save what was there before the click."""
        before = self._before.pop(path, None)
        if before is not None:
            self._profiles.save(path, before)
            self.changed.emit(path)

    def forget(self, path: Path) -> None:
        """The profile was changed in another way since."""
        if self._before.pop(path, None) is not None:
            self.forgotten.emit(path)
