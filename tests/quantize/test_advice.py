"""What the wizard begins with."""

from __future__ import annotations

from desktop_llm.quantize.advice import advise
from desktop_llm.quantize.types import CalibrationSource, Method, Purpose, QuantizeSettings


def test_that_code_gets_small_groups_and_conversation_large_ones_with_the_reason() -> None:
    code, chat = advise(Purpose.CODE), advise(Purpose.CHAT)
    assert (code.settings.group_size, code.calibration) == (64, CalibrationSource.CODE)
    assert (chat.settings.group_size, chat.calibration) == (128, CalibrationSource.CHAT)
    assert "64" in code.why_group_size
    assert "128" in chat.why_group_size
    assert code.why_calibration != chat.why_calibration


def test_that_advice_leaves_what_does_not_depend_on_the_purpose() -> None:
    chosen = QuantizeSettings(method=Method.RTN, samples=7, group_size=64)
    advised = advise(Purpose.CHAT, chosen).settings
    assert advised == chosen.model_copy(update={"group_size": 128})
