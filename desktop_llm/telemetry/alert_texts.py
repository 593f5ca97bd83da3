"""What each alert says, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from desktop_llm.config.alerts import AlertKind, AlertSettings
from desktop_llm.core.errors import Fix, Sentence, sentence
from desktop_llm.core.units import format_bytes, format_seconds


@dataclass(frozen=True, slots=True)
class Wording:
    """What happened, what to do, and which button does it."""

    message: Sentence
    hint: Sentence
    fix: Fix = Fix.NONE


def wording(
    kind: AlertKind,
    gpu: str,
    value: float,
    figures: Mapping[str, float | None],
    settings: AlertSettings,
) -> Wording:
    """The words for `value`, which raised the alert.

    `gpu` is the card's name; `figures` are its own, named without its key.
    """
    match kind:
        case AlertKind.KV_CACHE:
            return Wording(
                sentence(
                    "The KV cache has been more than {percent} % full for {duration}: requests "
                    "will queue.",
                    percent=f"{settings.kv_cache.above:.0f}",
                    duration=format_seconds(settings.kv_cache.seconds),
                ),
                sentence("Give the KV cache more memory, or run fewer or shorter chats at once."),
                Fix.EDIT_PROFILE,
            )
        case AlertKind.VRAM:
            return Wording(
                sentence(
                    "The VRAM of {gpu} is nearly full: {free} of {total} are left.",
                    gpu=gpu,
                    free=_size(figures.get("memory_free")),
                    total=_size(figures.get("memory_total")),
                ),
                sentence(
                    "Close other programs that use the GPU, or load the model with a smaller KV "
                    "cache."
                ),
                Fix.EDIT_PROFILE,
            )
        case AlertKind.HEAT:
            return _heat(gpu, figures.get("temperature"))
        case AlertKind.POWER:
            return _power(gpu, figures.get("power_limit"))
        case AlertKind.TTFT:
            return Wording(
                sentence(
                    "The first token of an answer took {time}; the target is {target}.",
                    time=format_seconds(value),
                    target=format_seconds(settings.ttft.above),
                ),
                sentence(
                    "Shorter prompts, fewer chats at once or a bigger batch of tokens make it "
                    "sooner."
                ),
                Fix.EDIT_PROFILE,
            )
        case AlertKind.PREEMPTIONS:
            return Wording(
                sentence(
                    "In the last minute {count} requests were put back for lack of room in the KV "
                    "cache; their work is done again.",
                    count=f"{value:.0f}",
                ),
                sentence("Give the KV cache more memory, or run fewer or shorter chats at once."),
                Fix.EDIT_PROFILE,
            )


def _heat(gpu: str, degrees: float | None) -> Wording:
    hint = sentence("Check its fans, its dust filters and the air around it.")
    if degrees is None:
        return Wording(sentence("{gpu} is too hot and slows itself down.", gpu=gpu), hint)
    message = sentence(
        "{gpu} is too hot ({degrees} °C) and slows itself down.", gpu=gpu, degrees=f"{degrees:.0f}"
    )
    return Wording(message, hint)


def _power(gpu: str, watts: float | None) -> Wording:
    hint = sentence(
        "This is usual under full load and harms nothing. A higher limit, where the card and the "
        "power supply allow it, makes it faster."
    )
    if watts is None:
        return Wording(sentence("{gpu} is slowed down by its power limit.", gpu=gpu), hint)
    message = sentence(
        "{gpu} is slowed down by its power limit of {watts} W.", gpu=gpu, watts=f"{watts:.0f}"
    )
    return Wording(message, hint)


def _size(value: float | None) -> str:
    return format_bytes(value or 0)
