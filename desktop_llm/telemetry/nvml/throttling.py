"""NVML's clocks event reasons (nvml.h, nvmlClocksEventReasons) as causes, and causes in words."""

from __future__ import annotations

from desktop_llm.core.errors import Sentence, sentence
from desktop_llm.telemetry.sample import Throttle

_BITS = {
    0x001: Throttle.IDLE,
    0x002: Throttle.CLOCK_SETTING,
    0x004: Throttle.POWER_CAP,
    0x008: Throttle.HARDWARE_SLOWDOWN,
    0x010: Throttle.SYNC_BOOST,
    0x020: Throttle.HEAT,
    0x040: Throttle.HARDWARE_HEAT,
    0x080: Throttle.POWER_BRAKE,
    0x100: Throttle.DISPLAY_CLOCK,
}
_NAMED = sum(_BITS)


def throttle_of(mask: int) -> Throttle:
    """The causes in NVML's bit mask; bits without a name here are OTHER."""
    causes = Throttle.OTHER if mask & ~_NAMED else Throttle.NOTHING
    for bit, cause in _BITS.items():
        if mask & bit:
            causes |= cause
    return causes


def in_words(throttle: Throttle) -> tuple[Sentence, ...]:
    """Each cause as a short text; none when nothing holds the clocks down."""
    texts = {
        Throttle.IDLE: sentence("idle"),
        Throttle.CLOCK_SETTING: sentence("clocks set lower by someone"),
        Throttle.POWER_CAP: sentence("at its power limit"),
        Throttle.HARDWARE_SLOWDOWN: sentence("slowed down by the hardware"),
        Throttle.SYNC_BOOST: sentence("kept in step with another GPU"),
        Throttle.HEAT: sentence("too hot"),
        Throttle.HARDWARE_HEAT: sentence("far too hot, slowed down by the hardware"),
        Throttle.POWER_BRAKE: sentence("slowed down by the power supply"),
        Throttle.DISPLAY_CLOCK: sentence("held by the display's clock"),
        Throttle.OTHER: sentence("for a reason the driver does not name"),
    }
    return tuple(texts[cause] for cause in throttle)
