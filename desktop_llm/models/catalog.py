"""The models on this machine: what the models folder, added folders and the app itself hold."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_llm.core.errors import AppError
from desktop_llm.models.checks import check_folder
from desktop_llm.models.folder import ModelFacts, inspect_folder, model_name
from desktop_llm.models.reading import absolute, require_folder

MAX_DEPTH = 3
# A person may add their home folder by mistake; a scan must end all the same.
_MAX_FOLDERS = 5_000
_WEIGHTS = re.compile(r".*\.safetensors(\.index\.json)?|pytorch_model.*\.bin|consolidated.*\.pth")
_MODEL_CONFIG = re.compile(rb'"(model_type|architectures)"')


@dataclass(frozen=True)
class ModelEntry:
    """A model folder as the Models page lists it.

    `problem` says why it cannot be loaded as it is; `facts` are there whenever they could be read.
    Models that only need a switch of their load profile (pickle, remote code) have no problem.
    """

    path: Path
    name: str
    facts: ModelFacts | None
    problem: AppError | None
    built_in: bool = False


class ModelCatalog:
    """Finds models in the folders `folders` returns, three levels deep, and the built-in guide.

    The first folder is the app's own models folder, which need not exist yet.
    A Hugging Face cache, or one ``models--org--name`` of it, counts as a folder like any other.
    """

    def __init__(self, folders: Callable[[], Sequence[Path]], guide: Path) -> None:
        self._folders = folders
        self._guide = guide

    async def scan(self) -> list[ModelEntry]:
        """Look at the disk, on a thread of its own; callable from any loop. Raises nothing.

        The guide comes first, the others by name. A broken model is listed with its problem, and
        so is a folder that was added and is gone.
        """
        return await asyncio.to_thread(self._scan, tuple(self._folders()))

    def _scan(self, folders: Sequence[Path]) -> list[ModelEntry]:
        entries = [read_entry(self._guide, built_in=True)]
        seen = {self._guide.resolve()}
        found: list[ModelEntry] = []
        for number, folder in enumerate(map(absolute, folders)):
            if number == 0 and not folder.exists():
                continue
            try:
                require_folder(folder)
            except AppError as problem:
                found.append(ModelEntry(folder, folder.name, None, problem))
                continue
            for path in find_model_folders(folder):
                real = path.resolve()
                if real not in seen:
                    seen.add(real)
                    found.append(read_entry(path))
        return entries + sorted(found, key=lambda entry: (entry.name.casefold(), str(entry.path)))


def read_entry(path: Path, *, built_in: bool = False) -> ModelEntry:
    """The entry of one folder; whatever is wrong with it is in `problem`. Raises nothing."""
    try:
        facts = inspect_folder(path)
    except AppError as problem:
        return ModelEntry(path, model_name(path), None, problem, built_in)
    try:
        check_folder(facts)
    except AppError as problem:
        return ModelEntry(facts.path, facts.name, facts, problem, built_in)
    return ModelEntry(facts.path, facts.name, facts, None, built_in)


def find_model_folders(root: Path) -> Iterator[Path]:
    """Model folders in `root`, itself included: not hidden, three levels down, links not looped."""
    waiting = [(root, 0)]
    seen: set[Path] = set()
    while waiting and len(seen) < _MAX_FOLDERS:
        folder, depth = waiting.pop()
        real = folder.resolve()
        if real in seen:
            continue
        seen.add(real)
        if (snapshot := _cached_snapshot(folder)) is not None:
            yield snapshot
            continue
        names, children = _listing(folder)
        if _is_model(folder, names):
            yield folder
        elif depth < MAX_DEPTH:
            waiting += [(child, depth + 1) for child in reversed(children)]


def _cached_snapshot(folder: Path) -> Path | None:
    """The snapshot a Hugging Face cache entry stands for: its main branch, else the newest."""
    if not folder.name.startswith("models--"):
        return None
    snapshots = folder / "snapshots"
    try:
        revision = (folder / "refs" / "main").read_text("ascii").strip()
        if re.fullmatch(r"[0-9a-f]{4,64}", revision) and (snapshots / revision).is_dir():
            return snapshots / revision
    except (OSError, ValueError):
        pass  # a cache made from a tag or a commit has no main
    children = _listing(snapshots)[1]
    return max(children, key=_modified, default=None)


def _modified(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0


def _is_model(folder: Path, names: list[str]) -> bool:
    if any(_WEIGHTS.fullmatch(name) for name in names):
        return True
    if "config.json" not in names:
        return False
    try:
        config = folder / "config.json"
        if not config.is_file():
            return False
        with config.open("rb") as stream:
            return bool(_MODEL_CONFIG.search(stream.read(65_536)))
    except OSError:
        return False


def _listing(folder: Path) -> tuple[list[str], list[Path]]:
    """Names of the files and paths of the visible folders, sorted; nothing if we may not look."""
    try:
        entries = sorted(folder.iterdir())
        folders = {entry for entry in entries if entry.is_dir()}
    except OSError:
        return [], []
    names = [entry.name for entry in entries if entry not in folders]
    return names, [entry for entry in entries if entry in folders and entry.name[0] != "."]
