"""The one error a person ever meets: what happened, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from desktop_llm.core.memory import KvLedger, MemoryLedger


class Sentence(str):
    """English text that still knows its template and what was filled in, so that the window can
    say it in another language. Made by `sentence` and `in_a_row`.
    """

    template: str
    values: dict[str, str]


def sentence(template: str, **values: object) -> Sentence:
    """`template` with its names in braces filled in; a value may be a `Sentence` itself.

    The template must be a literal: that is how it gets among the texts to translate.
    """
    return _filled(template, values)


def in_a_row(*sentences: str) -> Sentence:
    """`sentences` with a space between, without the empty ones."""
    parts = {f"part{place}": part for place, part in enumerate(sentences) if part}
    return _filled(" ".join(f"{{{name}}}" for name in parts), parts)


def _filled(template: str, values: Mapping[str, object]) -> Sentence:
    texts = {name: v if isinstance(v, str) else str(v) for name, v in values.items()}
    made = Sentence(template.format(**texts))
    made.template, made.values = template, texts
    return made


class Fix(StrEnum):
    """What a button beside an error can do. The window decides how; the core only names it."""

    NONE = "none"
    RELOAD_MODEL = "reload_model"
    OPEN_MODELS = "open_models"
    EDIT_PROFILE = "edit_profile"
    APPLY_CONTEXT = "apply_context"
    CHANGE_PROFILE = "change_profile"
    OPEN_SETTINGS = "open_settings"
    SHOW_LOG = "show_log"


@dataclass(frozen=True)
class Remedy:
    """One of several ways out of an error: what it is, and the fix with its value as a button."""

    text: str
    fix: Fix
    value: str = ""


@dataclass(eq=False)
class AppError(Exception):
    """An expected failure, told in sentences.

    `code` is stable and machine-readable (``engine.out_of_memory``), `message` says what happened,
    `hint` what to do, `detail` holds the raw cause for those who want it. `fix` names a button the
    window may offer, `fix_value` its argument (for `Fix.APPLY_CONTEXT`, a number of tokens; for
    `Fix.CHANGE_PROFILE`, the changed fields as JSON). `remedies` are other ways out, each enough.
    What the window may show has a `Sentence` each for message and hint. `memory` is there where a
    load failed for want of it: who held it, and what was needed. `needed_tokens` of context would
    have been enough for what was refused; `kv` is who held the KV cache then.
    """

    code: str
    message: str
    hint: str = ""
    detail: str = ""
    fix: Fix = Fix.NONE
    fix_value: str = ""
    memory: MemoryLedger | None = None
    remedies: tuple[Remedy, ...] = ()
    needed_tokens: int = 0
    kv: KvLedger | None = None

    def __post_init__(self) -> None:
        super().__init__(self.code, self.message)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()
