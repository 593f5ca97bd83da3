"""How long the chats are, how many run at once, and the KV cache that this costs."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSlider, QWidget

from desktop_llm.core.units import format_bytes, format_count
from desktop_llm.gui.theme import M
from desktop_llm.gui.widgets import button, label

_BLOCK = 16  # tokens of a KV block
_STEPS = 1024  # no more, so that one press of a key is a step that can be seen
_MOST_CHATS = 64
_PAGES = 16
_ROW_HEIGHT = 30


class FitSliders(QWidget):
    """GUI thread. `asked`: a person moved a slider; `context_asked`: the context on show is to be
    that of the load profile."""

    asked = Signal()
    context_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._step = _BLOCK
        self._limit = _BLOCK
        self._profile_context = 0
        self._exact: int | None = None  # between two steps, until the slider is moved
        self.context_slider, self.context_text = _Slider(self.tr("Context length")), label()
        self.context_slider.valueChanged.connect(self._forget_exact)  # before it is asked for
        self.chats_slider, self.chats_text = _Slider(self.tr("Chats at once")), label()
        self.cost = label("", "section")
        self.use_context = button("", "quiet")
        self.use_context.clicked.connect(self.context_asked)
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
        last = QHBoxLayout()
        last.addWidget(self.cost, 1)
        last.addWidget(self.use_context)
        last.addStrut(_ROW_HEIGHT)
        grid.addWidget(label(self.tr("KV cache for that"), "muted"), 2, 0)
        grid.addLayout(last, 2, 1, 1, 2)
        _keep_width(self.context_text, self.tr("{tokens} tokens").format(tokens="8,888,888"))

    @property
    def context(self) -> int:
        """Tokens a chat."""
        return min(self._exact or self.context_slider.value() * self._step, self._limit)

    @property
    def chats(self) -> int:
        return self.chats_slider.value()

    def show_limits(self, context: int, chats: int, *, profile_context: int) -> None:
        """How far the sliders go; what they say stays as far as it can. Tells nobody.

        A context other than `profile_context`, that of the load profile, is offered to be it.
        """
        was = self.context
        self._profile_context = profile_context
        self._limit = context
        self._step = max(_BLOCK, math.ceil(context / _STEPS / _BLOCK) * _BLOCK)
        self._set(self.chats_slider, self.chats, max(min(chats, _MOST_CHATS), 1))
        self._place(was)

    def show_asked(self, context: int, chats: int) -> None:
        """Put the sliders there; tells nobody."""
        self._place(context)
        self._set(self.chats_slider, chats, self.chats_slider.maximum())

    def show_cost(self, kv_cache: int) -> None:
        """Show the KV cache they take, in bytes."""
        self.cost.setText(format_bytes(kv_cache))

    def _place(self, context: int) -> None:
        self._exact = context
        most = math.ceil(self._limit / self._step)
        self._set(self.context_slider, round(context / self._step), most)

    def _set(self, slider: QSlider, value: int, most: int) -> None:
        slider.blockSignals(True)
        slider.setRange(1, most)
        slider.setPageStep(max(most // _PAGES, 1))
        slider.setValue(value)
        slider.blockSignals(False)
        self._say()

    def _forget_exact(self) -> None:
        self._exact = None

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
        self.use_context.setVisible(self.context != self._profile_context)
        self.use_context.setText(
            self.tr("Load with {tokens} tokens").format(tokens=format_count(self.context))
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
