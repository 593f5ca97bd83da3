"""The side sheet: system prompt and sampling settings of one conversation."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop_llm.chat.types import Conversation
from desktop_llm.config.sampling import SamplingSettings
from desktop_llm.gui.chat_page.sampling_form import read_sampling, sampling_fields, show_sampling
from desktop_llm.gui.forms import LinesField
from desktop_llm.gui.theme import L, M, S, Theme
from desktop_llm.gui.widgets import IconButton, button, hairline, label

WIDTH = 340


class SettingsSheet(QFrame):
    """GUI thread. `changed` carries the system prompt and the sampling settings, both valid."""

    changed = Signal(str, object)
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
            field.edited.connect(self._edited)
        form.addWidget(self.reset, 0, Qt.AlignmentFlag.AlignLeft)
        form.addStretch()
        self.system_prompt.edited.connect(self._edited)
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
        self.system_prompt.show_value(conversation.system_prompt)
        show_sampling(self.fields, conversation.sampling)

    def flush(self) -> None:
        """Take what is being typed as finished, before another conversation is shown."""
        focused = QApplication.focusWidget()
        if focused is not None and self.isAncestorOf(focused):
            focused.clearFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _edited(self) -> None:
        if (sampling := read_sampling(self.fields)) is not None:
            self.changed.emit(self.system_prompt.value.strip(), sampling)

    def _reset(self) -> None:
        show_sampling(self.fields, SamplingSettings())
        self._edited()
