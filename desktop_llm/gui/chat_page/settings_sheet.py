"""The side sheet: system prompt and sampling settings of one conversation."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop_llm.chat.types import Conversation
from desktop_llm.config.sampling import SamplingSettings
from desktop_llm.gui.chat_page.sampling_form import read_sampling, sampling_fields, show_sampling
from desktop_llm.gui.forms import LinesField
from desktop_llm.gui.theme import L, M, S, Theme
from desktop_llm.gui.widgets import IconButton, button, hairline, label

WIDTH = 340


class SettingsSheet(QFrame):
    """GUI thread. `system_prompt_changed` and `sampling_changed` carry what was changed: a refused
    number keeps no system prompt from being saved."""

    system_prompt_changed = Signal(str)
    sampling_changed = Signal(object)
    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("sheet")
        self.setFixedWidth(WIDTH)
        self.setAccessibleName(self.tr("Conversation settings"))
        self.system_prompt = LinesField(
            "system_prompt",
            self.tr("System prompt"),
            self.tr("How the model should answer in this conversation"),
            height=112,
        )
        self.fields = sampling_fields()
        self._known = Conversation("", "")
        close = IconButton(theme, "close", self.tr("Close conversation settings"))
        close.clicked.connect(self.closed)
        self.reset = button(self.tr("Reset to model defaults"), "quiet")
        self.reset.clicked.connect(self._reset)

        head = QHBoxLayout()
        head.setContentsMargins(L, M, S, S)
        head.addWidget(label(self.tr("Conversation settings"), "section"), 1)
        head.addWidget(close)
        content = QWidget()
        content.setObjectName("scrollContent")
        form = QVBoxLayout(content)
        form.setContentsMargins(L, S, L, L)
        form.setSpacing(M)
        form.addWidget(self.system_prompt)
        form.addWidget(hairline())
        form.addWidget(label(self.tr("Sampling"), "section"))
        form.addWidget(label(self.tr("An empty field uses the model's default."), "small"))
        for field in self.fields:
            form.addWidget(field)
            field.edited.connect(self.flush)
        form.addWidget(self.reset, 0, Qt.AlignmentFlag.AlignLeft)
        form.addStretch()
        self.system_prompt.edited.connect(self.flush)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(content)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(hairline())
        column.addWidget(scroll, 1)

    def show_conversation(self, conversation: Conversation) -> None:
        """Show the settings of `conversation`."""
        self._known = conversation
        self.system_prompt.show_value(conversation.system_prompt)
        show_sampling(self.fields, conversation.sampling)

    def flush(self) -> None:
        """Tell what has been changed, also in a field that is still being typed in."""
        system_prompt = self.system_prompt.value.strip()
        if system_prompt != self._known.system_prompt:
            self._known = replace(self._known, system_prompt=system_prompt)
            self.system_prompt_changed.emit(system_prompt)
        sampling = read_sampling(self.fields)
        if sampling is not None and sampling != self._known.sampling:
            self._known = replace(self._known, sampling=sampling)
            self.sampling_changed.emit(sampling)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _reset(self) -> None:
        show_sampling(self.fields, SamplingSettings())
        self.flush()
