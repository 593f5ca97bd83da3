"""The widget that shows one conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import cast

from PySide6.QtCore import QEvent, QRect, QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QFontInfo
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from desktop_llm.chat.types import Message, MessageStatus, Role
from desktop_llm.gui.icons import IconLoader
from desktop_llm.gui.messages.column import Column
from desktop_llm.gui.messages.formats import Formats
from desktop_llm.gui.messages.lexers import Lexers
from desktop_llm.gui.messages.message_widget import MessageWidget
from desktop_llm.gui.messages.pump import FramePump
from desktop_llm.gui.messages.style import LIGHT_COLORS, MessageColors
from desktop_llm.gui.messages.stylesheet import stylesheet

_LARGER = 2
_JUMP_FROM = 96


@dataclass(frozen=True)
class Found:
    """What a search found: a message, and words in it."""

    message_id: str
    words: tuple[str, ...]


class MessageView(Column):
    """Shows the messages of one branch and the answers that stream into it. GUI thread.

    Copying and opening links (http and https only) are done here; everything else is asked for by
    signal, with the message's id.
    """

    regenerate_requested = Signal(str)
    edit_requested = Signal(str)
    version_requested = Signal(str, int)
    fix_requested = Signal(str, str)
    retry_requested = Signal(str)
    help_requested = Signal(str)
    link_activated = Signal(QUrl)

    def __init__(self, colors: MessageColors = LIGHT_COLORS, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messageView")
        self.setAccessibleName(self.tr("Messages"))
        self._messages: list[Message] = []
        self._index: dict[str, int] = {}
        self._selected: MessageWidget | None = None
        self._found: Found | None = None
        self._seeking = False
        self._tabbed: set[int] = set()
        self._lexers = Lexers()
        self._pump = FramePump(self.render_frame, self)
        self._icons = IconLoader()
        self._jump = QPushButton(self.tr("Jump to latest"), self)
        self._jump.setObjectName("messageJump")
        self._jump.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._jump.setCursor(Qt.CursorShape.PointingHandCursor)
        self._jump.clicked.connect(self.to_end)
        self._jump.hide()
        self.set_colors(colors)
        app = cast(QApplication, QApplication.instance())
        app.focusChanged.connect(self._focus_moved)
        self.link_activated.connect(_open)

    # -- what is shown -------------------------------------------------------------------------

    @property
    def messages(self) -> Sequence[Message]:
        """The messages on show, as they were given."""
        return tuple(self._messages)

    @property
    def busy(self) -> bool:
        """Whether something on show is still being rendered or coloured."""
        widgets = [cast(MessageWidget, widget) for widget in self.widgets.values()]
        return any(widget.body.rendering.pending for widget in widgets)

    def show_branch(self, messages: Sequence[Message]) -> None:
        """Show `messages` in place of what is there.

        In another branch of the same conversation, what both begin with stays where it is, and the
        focus where it was. Another conversation is shown from its end.
        """
        before, self._messages = self._messages, list(messages)
        self._index = {message.id: i for i, message in enumerate(messages)}
        pairs = list(zip(before, messages, strict=False))
        kept = sum(1 for _ in takewhile(lambda pair: pair[0].id == pair[1].id, pairs))
        if self._selected is not None and self._index.get(self._selected.message.id, kept) >= kept:
            self._selected = None
        if self._found is not None and self._index.get(self._found.message_id, kept) >= kept:
            self._found = None
        focused, button = self._focused()
        if focused >= kept:
            self.setFocus()  # or it would go to whatever comes next in the window
        if pairs and before[0].conversation_id == messages[0].conversation_id:
            self.replace(kept, len(messages))
        else:
            self.reset(len(messages))
        for old, new in pairs[:kept]:
            if old != new:
                self.update_message(new)
        if focused == kept and (widget := self._widget(kept)) is not None:
            _focus_again(widget, button)
        self._pin_last()
        self._pump.poke()

    def clear(self) -> None:
        """Show nothing."""
        self.show_branch(())
        self._pump.stop()

    def append(self, message: Message) -> None:
        """Add `message` at the end; the view goes there when it is the person's own."""
        self._index[message.id] = len(self._messages)
        self._messages.append(message)
        if message.role is Role.USER:
            self._at_end = True
        self.add()
        self._pin_last()
        self._pump.poke()

    def reveal_message(self, message_id: str, words: Sequence[str] = ()) -> None:
        """Scroll to a message on show and mark it, and `words` in it, until another is revealed or
        other messages are shown; another message is ignored."""
        index = self._index.get(message_id)
        if index is None:
            return
        if self._found is not None and (old := self._widget(self._index[self._found.message_id])):
            old.mark(None)
        self._found = Found(message_id, tuple(words))
        self._seeking = True
        self.to_item(index)
        self._seek()

    def update_message(self, message: Message) -> None:
        """Show what changed about a message that is on show; another one is ignored."""
        index = self._index.get(message.id)
        if index is None:
            return
        self._messages[index] = message
        widget = self._widget(index)
        if widget is not None:
            widget.change(message)
            self._order_tabs()
        self.remeasure((index,))
        self._pump.poke()

    def begin_stream(self, message: Message) -> None:
        """Text for `message` is coming; what it holds already is its beginning."""
        message = replace(message, status=MessageStatus.STREAMING)
        index = self._index.get(message.id)
        if index is None:
            self.append(message)
            return
        self._messages[index] = message
        widget = self._widget(index)
        if widget is not None:
            widget.show_message(message)
        self.remeasure((index,))

    def feed(self, message_id: str, text: str) -> None:
        """Append `text` to a message that streams; it is drawn with the next frame."""
        index = self._index.get(message_id)
        if index is None or not text:
            return
        message = self._messages[index]
        if message.status is not MessageStatus.STREAMING:
            return
        widget = self._widget(index)
        if widget is None:
            self._messages[index] = replace(message, content=message.content + text)
        else:
            widget.body.rendering.feed(text)
        self._pump.poke()

    def finish_stream(self, message: Message) -> None:
        """The stream of `message` has ended; `message` is what was stored."""
        self.update_message(message)

    def set_colors(self, colors: MessageColors) -> None:
        """Show everything in other colours, now."""
        self._colors = colors
        base = QFontInfo(QApplication.font()).pixelSize() + _LARGER
        self._formats = Formats(colors, base, self._icons)
        self.setStyleSheet(stylesheet(colors, base))
        icon = self._icons.icon("chevron-down", colors.muted, colors.faint, 14)
        self._jump.setIcon(icon)
        self._jump.setIconSize(QSize(14, 14))
        for widget in self.widgets.values():
            cast(MessageWidget, widget).restyle(self._formats)
        self.remeasure(list(self.widgets))
        self._pump.poke()

    # -- frames --------------------------------------------------------------------------------

    def render_frame(self) -> bool:
        """Render the next part of what is pending; returns whether more is. The frame timer calls
        it, as often as it is worth it."""
        more = False
        changed = []
        for index, widget in list(self.widgets.items()):
            rendering = cast(MessageWidget, widget).body.rendering
            if rendering.pending:
                rendering.frame()
                changed.append(index)
                more |= rendering.pending
        self.remeasure(changed)
        if self._seeking and not more:
            self._seek()
        return more

    # -- items of the column -------------------------------------------------------------------

    def make_item(self, index: int, width: int) -> QWidget:
        message = self._messages[index]
        widget = MessageWidget(message, self._formats, self._lexers, self.viewport())
        widget.prepare(width)
        widget.show_message(message)
        widget.pin_footer(index == len(self._messages) - 1)
        if self._found is not None and self._found.message_id == message.id:
            widget.mark(self._found.words)
        widget.regenerate_requested.connect(self.regenerate_requested)
        widget.edit_requested.connect(self.edit_requested)
        widget.version_requested.connect(self.version_requested)
        widget.fix_requested.connect(self.fix_requested)
        widget.retry_requested.connect(self.retry_requested)
        widget.help_requested.connect(self.help_requested)
        widget.link_activated.connect(self.link_activated)
        body = widget.body
        body.caret_moved.connect(lambda rect: self.reveal(body.viewport(), rect))
        body.dragged.connect(self.drag_to)
        body.selectionChanged.connect(lambda: self._selection_changed(widget))
        self._pump.poke()
        return widget

    def arrange_item(self, widget: QWidget, width: int) -> int:
        return cast(MessageWidget, widget).arrange(width)

    def estimate(self, index: int, width: int) -> int:
        message = self._messages[index]
        size = self._formats.base_px
        share = 0.82 if message.role is Role.USER else 1.0
        in_line = max(20, int(width * share / (size * 0.5)))
        lines = message.content.count("\n") + 1 + len(message.content) // in_line
        return int(lines * size * 1.45) + 64

    def keeps(self, widget: QWidget) -> bool:
        item = cast(MessageWidget, widget)
        focus = QApplication.focusWidget()
        holds_focus = focus is not None and item.isAncestorOf(focus)
        return item is self._selected or item.streaming or holds_focus

    def placed(self) -> None:
        shown = not self.at_end and self.below > _JUMP_FROM
        if shown:
            size = self._jump.sizeHint()
            place = self.viewport().geometry()
            x = place.center().x() - size.width() // 2
            self._jump.setGeometry(
                QRect(x, place.bottom() - size.height() - 10, size.width(), size.height())
            )
        self._jump.setVisible(shown)
        if self._tabbed != self.widgets.keys():
            self._order_tabs()

    # -- inside --------------------------------------------------------------------------------

    def _widget(self, index: int) -> MessageWidget | None:
        return cast("MessageWidget | None", self.widgets.get(index))

    def _seek(self) -> None:
        """Bring the first found word into sight; a long text may not be rendered that far yet."""
        found = self._found
        widget = self._widget(self._index[found.message_id]) if found is not None else None
        if found is None or widget is None:
            return
        place = widget.mark(found.words)
        if place is not None:
            self.reveal(widget.body.viewport(), place)
        self._seeking = place is None and widget.body.rendering.pending

    def _focused(self) -> tuple[int, int]:
        """The message that has the focus and which of its buttons; -1 where there is none."""
        focus = QApplication.focusWidget()
        for index, widget in self.widgets.items():
            if focus is not None and widget.isAncestorOf(focus):
                buttons: list[QWidget] = [*cast(MessageWidget, widget).footer.buttons]
                return index, buttons.index(focus) if focus in buttons else -1
        return -1, -1

    def _pin_last(self) -> None:
        last = len(self._messages) - 1
        for index, widget in self.widgets.items():
            cast(MessageWidget, widget).pin_footer(index == last)

    def _selection_changed(self, widget: MessageWidget) -> None:
        if not widget.body.textCursor().hasSelection():
            if self._selected is widget:
                self._selected = None
            return
        before, self._selected = self._selected, widget
        if before is not None and before is not widget:
            cursor = before.body.textCursor()
            cursor.clearSelection()
            before.body.setTextCursor(cursor)

    def _order_tabs(self) -> None:
        self._tabbed = set(self.widgets)
        # Never ask a widget for `nextInFocusChain`: PySide then deletes it with the one it returns.
        before: QWidget = self
        for index in sorted(self.widgets):
            for stop in cast(MessageWidget, self.widgets[index]).stops():
                QWidget.setTabOrder(before, stop)
                before = stop
        QWidget.setTabOrder(before, self._jump)

    def _focus_moved(self, _old: QWidget | None, now: QWidget | None) -> None:
        if now is None or not self.viewport().isAncestorOf(now):
            return
        if now.focusPolicy() is Qt.FocusPolicy.TabFocus:
            self.reveal(now, now.rect())

    def focusNextPrevChild(self, forward: bool) -> bool:
        # From the view itself the way leads to what is in sight, not to what is far above it.
        if forward and self.hasFocus():
            for index in sorted(self.widgets):
                widget = self.widgets[index]
                if widget.geometry().bottom() > 0:
                    cast(MessageWidget, widget).body.setFocus(Qt.FocusReason.TabFocusReason)
                    return True
        return super().focusNextPrevChild(forward)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.ApplicationFontChange:
            self.set_colors(self._colors)


def _focus_again(widget: MessageWidget, button: int) -> None:
    """Focus the same button of another message, or the other step where that one leads nowhere."""
    footer = widget.footer
    steps = {2: (footer.forth,), 3: (footer.back,)}
    wanted = (*footer.buttons[button : button + 1], *steps.get(button, ())) if button >= 0 else ()
    usable = (place for place in (*wanted, widget.body) if place.isEnabled())
    for place in usable:
        if not place.isHidden():
            place.setFocus(Qt.FocusReason.OtherFocusReason)
            return


def _open(url: QUrl) -> None:
    if url.scheme().lower() in ("http", "https"):
        QDesktopServices.openUrl(url)
