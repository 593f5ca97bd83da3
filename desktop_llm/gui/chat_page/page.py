"""The chat page as a picture: where its parts stand. What they do is in `controller`."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from desktop_llm.gui.chat_page.composer import Composer
from desktop_llm.gui.chat_page.empty import EmptyState
from desktop_llm.gui.chat_page.settings_sheet import SettingsSheet
from desktop_llm.gui.error_card import ErrorCard
from desktop_llm.gui.theme import MEASURE, XL, L, M, S, Theme
from desktop_llm.gui.widgets import ElidedLabel, IconButton, PassesFocus

if TYPE_CHECKING:
    from desktop_llm.gui.messages import MessageView

_MODEL_NAME_CHARACTERS = 36


class ChatPage(PassesFocus):
    """Header, messages (or the empty state), composer, and the sheet at the right. GUI thread.

    `view_made` is emitted once, when the first message is about to be shown: the message view
    and its Markdown are not imported before. `sheet_made` likewise for the conversation settings;
    `sheet_opened` each time they are shown. `models_asked`: the model's name was pressed.
    `escaped`: Esc was pressed and no part of the page had a use for it.
    """

    view_made = Signal(object)
    models_asked = Signal()
    sheet_made = Signal(object)
    sheet_opened = Signal()
    escaped = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("page")
        self._theme = theme
        self._view: MessageView | None = None
        self._sheet: SettingsSheet | None = None

        self.title = ElidedLabel("", "title")
        self.model = _ModelButton()
        self.model.clicked.connect(self.models_asked)
        self.sheet_button = IconButton(theme, "sliders", self.tr("Conversation settings"))
        self.sheet_button.describe(self.tr("Conversation settings"), "Ctrl+I")
        self.sheet_button.setCheckable(True)
        self.sheet_button.clicked.connect(self.show_sheet)

        self.empty = EmptyState(theme)
        self._middle = QStackedWidget()
        self._middle.addWidget(self.empty)
        self.notice = ErrorCard(dismissable=True)
        self.composer = Composer(theme)

        left = QVBoxLayout()
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(0)
        left.addWidget(self._header())
        left.addWidget(self._middle, 1)
        left.addWidget(_Column(self.notice, self.composer))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._row.addLayout(left, 1)

    @property
    def view(self) -> MessageView:
        """The message view, made at first use."""
        if self._view is None:
            from desktop_llm.gui.messages import MessageView, message_colors

            self._view = view = MessageView(message_colors(self._theme.colors))
            self._theme.changed.connect(self._recolour)
            self._middle.addWidget(view)
            self.view_made.emit(view)
        return self._view

    @property
    def sheet(self) -> SettingsSheet:
        """The conversation settings, made at first use."""
        if self._sheet is None:
            self._sheet = SettingsSheet(self._theme)
            self._sheet.closed.connect(lambda: self.show_sheet(False))
            self._sheet.hide()
            self._row.addWidget(self._sheet)
            self.sheet_made.emit(self._sheet)
        return self._sheet

    @property
    def sheet_is_open(self) -> bool:
        return self._sheet is not None and self._sheet.isVisibleTo(self)

    def show_messages(self) -> None:
        """Show the message view."""
        self._middle.setCurrentWidget(self.view)

    def show_empty(self) -> None:
        """Show the empty state, and let go of the messages."""
        if self._view is not None:
            self._view.clear()
        self._middle.setCurrentWidget(self.empty)

    @property
    def shows_messages(self) -> bool:
        return self._middle.currentWidget() is not self.empty

    def show_sheet(self, shown: bool) -> None:
        """Open or close the conversation settings."""
        self.sheet_button.setChecked(shown)
        if shown == self.sheet_is_open:
            return
        if shown:
            self.sheet_opened.emit()
        else:
            self.sheet.flush()
        self.sheet.setVisible(shown)
        if shown:
            self.sheet.system_prompt.control.setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            self.composer.focus()

    def show_model(self, name: str) -> None:
        """Name the model beside the title."""
        self.model.show_name(name)
        self.model.setAccessibleName(self.tr("Model: {name}").format(name=name))
        hint = self.tr("Open the Models page")
        self.model.setToolTip(f"<p>{escape(name)}</p><p>{escape(hint)}</p>")

    def first_control(self) -> QWidget:
        """What one writes in."""
        return self.composer.field

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        else:
            super().keyPressEvent(event)

    def _recolour(self) -> None:
        from desktop_llm.gui.messages import message_colors

        self.view.set_colors(message_colors(self._theme.colors))

    def _header(self) -> QWidget:
        header = QFrame()
        header.setObjectName("header")
        header.setFixedHeight(48)
        row = QHBoxLayout(header)
        row.setContentsMargins(L + S, 0, M, 0)
        row.setSpacing(S)
        row.addWidget(self.title, 1)
        row.addWidget(self.model)
        row.addWidget(self.sheet_button)
        return header


class _ModelButton(QToolButton):
    """A model's name, cut in its middle where it is very long: the window must fit any name."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "model")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def show_name(self, name: str) -> None:
        """Show `name` as it is written: a single & would underline the letter after it."""
        self.ensurePolished()
        fonts = self.fontMetrics()
        room = _MODEL_NAME_CHARACTERS * fonts.averageCharWidth()
        shown = fonts.elidedText(name, Qt.TextElideMode.ElideMiddle, room)
        self.setText(shown.replace("&", "&&"))


class _Column(QWidget):
    """Its widgets one under the other, centred, no wider than the text above them."""

    def __init__(self, *widgets: QWidget) -> None:
        super().__init__()
        inner = QWidget()
        inner.setMaximumWidth(MEASURE)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(S)
        for widget in widgets:
            column.addWidget(widget)
        row = QHBoxLayout(self)
        row.setContentsMargins(XL, S, XL, L)
        row.addStretch(1)
        row.addWidget(inner, 100)
        row.addStretch(1)
