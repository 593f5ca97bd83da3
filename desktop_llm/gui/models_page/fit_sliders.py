"""How long the chats are and how many run at once: two sliders with their exact values."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSlider, QWidget

from desktop_llm.core.units import format_count
from desktop_llm.gui.theme import M
from desktop_llm.gui.widgets import label

_BLOCK = 16  # tokens of a KV block
_STEPS = 1024  # no more, so that one press of a key is a step that can be seen
_MOST_CHATS = 64
_PAGES = 16


class FitSliders(QWidget):
    """`asked` is emitted with each change by a person. GUI thread."""

    asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._step = _BLOCK
        self._limit = _BLOCK
        self.context_slider, self.context_text = _Slider(self.tr("Context length")), label()
        self.chats_slider, self.chats_text = _Slider(self.tr("Chats at once")), label()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(M)
        grid.setColumnStretch(1, 1)
        rows = (
            (self.tr("Context length"), self.context_slider, self.context_text),
            (self.tr("Chats at once"), self.chats_slider, self.chats_text),
        )
        for place, (name, slider, text) in enumerate(rows):
            caption = label(name, "muted")
            caption.setBuddy(slider)
            grid.addWidget(caption, place, 0)
            grid.addWidget(slider, place, 1)
            grid.addWidget(text, place, 2)
            slider.valueChanged.connect(self._moved)
        _keep_width(self.context_text, self.tr("{tokens} tokens").format(tokens="8,888,888"))

    @property
    def context(self) -> int:
        """Tokens a chat."""
        return min(self.context_slider.value() * self._step, self._limit)

    @property
    def chats(self) -> int:
        return self.chats_slider.value()

    def show_limits(self, context: int, chats: int) -> None:
        """How far the sliders go; what they say stays as far as it can. Tells nobody."""
        was = self.context
        self._limit = context
        self._step = max(_BLOCK, math.ceil(context / _STEPS / _BLOCK) * _BLOCK)
        self._set(self.chats_slider, self.chats, max(min(chats, _MOST_CHATS), 1))
        self._set(self.context_slider, was // self._step, math.ceil(context / self._step))

    def show_asked(self, context: int, chats: int) -> None:
        """Put the sliders there; tells nobody."""
        place = math.ceil(context / self._step)
        self._set(self.context_slider, place, self.context_slider.maximum())
        self._set(self.chats_slider, chats, self.chats_slider.maximum())

    def _set(self, slider: QSlider, value: int, most: int) -> None:
        slider.blockSignals(True)
        slider.setRange(1, most)
        slider.setPageStep(max(most // _PAGES, 1))
        slider.setValue(value)
        slider.blockSignals(False)
        self._say()

    def _moved(self) -> None:
        self._say()
        self.asked.emit()

    def _say(self) -> None:
        self.context_text.setText(
            self.tr("{tokens} tokens").format(tokens=format_count(self.context))
        )
        one = self.chats == 1
        self.chats_text.setText(
            self.tr("1 chat") if one else self.tr("{count} chats").format(count=self.chats)
        )
        self.context_slider.setAccessibleDescription(self.context_text.text())
        self.chats_slider.setAccessibleDescription(self.chats_text.text())


class _Slider(QSlider):
    """A wheel over it is meant for the page."""

    def __init__(self, name: str) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


def _keep_width(text: QLabel, longest: str) -> None:
    """So that the slider does not move under the hand that drags it."""
    text.setMinimumWidth(text.fontMetrics().horizontalAdvance(longest))
