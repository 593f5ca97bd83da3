"""Where the app keeps its files, and where it finds what it was shipped with."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

HOME_VARIABLE = "DESKTOP_LLM_HOME"
_NAME = "desktop-llm"


@dataclass(frozen=True)
class AppPaths:
    """Folders of this installation. None of them needs to exist yet."""

    config: Path
    data: Path
    cache: Path
    logs: Path

    @property
    def settings(self) -> Path:
        return self.config / "settings.json"

    @property
    def profiles(self) -> Path:
        return self.config / "profiles.json"

    @property
    def api_key(self) -> Path:
        """The key of the HTTP port, readable by its owner alone."""
        return self.config / "api-key"

    @property
    def conversations(self) -> Path:
        return self.data / "conversations.sqlite3"

    @property
    def overheads(self) -> Path:
        """What past loads on this machine took beside weights and KV cache."""
        return self.data / "overheads.json"

    @property
    def usage(self) -> Path:
        """Tokens made and energy used."""
        return self.data / "usage.json"

    @property
    def models(self) -> Path:
        return self.data / "models"


def app_paths() -> AppPaths:
    """The person's folders by the platform's rules, or all under ``DESKTOP_LLM_HOME`` if set."""
    if home := os.environ.get(HOME_VARIABLE):
        root = Path(home).expanduser().absolute()
        return AppPaths(root / "config", root / "data", root / "cache", root / "logs")
    return AppPaths(
        config=platformdirs.user_config_path(_NAME, appauthor=False),
        data=platformdirs.user_data_path(_NAME, appauthor=False),
        cache=platformdirs.user_cache_path(_NAME, appauthor=False),
        logs=platformdirs.user_log_path(_NAME, appauthor=False),
    )


def resources() -> Path:
    """The folder of shipped resources: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "resources"
    return inside if inside.is_dir() else package.parent / "resources"


def guide_model() -> Path:
    """The built-in guide model's folder."""
    return resources() / "guide-model"
