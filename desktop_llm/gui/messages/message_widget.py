"""One message: its text on a card or on the page, how it ended, and its footer."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, QRectF, Qt, QUrl, Signal
from PySide6.QtGui import QColor, QEnterEvent, QGuiApplication, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from desktop_llm.chat.types import Message, MessageStatus, Role
from desktop_llm.gui.messages.body import MessageBody
from desktop_llm.gui.messages.footer import Footer
from desktop_llm.gui.messages.formats import Formats
from desktop_llm.gui.messages.found import marks, places_of
from desktop_llm.gui.messages.lexers import Lexers
from desktop_llm.gui.messages.notice import Notice
from desktop_llm.gui.messages.style import CARD_PADDING, INSET
from desktop_llm.gui.messages.waiting import WaitingDots
from desktop_llm.gui.messages.wording import notice_text, spoken_name

_CARD_SHARE = 0.82
_BELOW = 14
_BELOW_QUESTION = 2
_WITH_CODE = 420
_ROUND = 12
_RING = 9
_BAR = 3


class MessageWidget(QWidget):
    """Shows a message and reports what is asked of it, with its id. GUI thread.

    `arrange` places everything for a width and returns the height; nothing else moves.
    """

    regenerate_requested = Signal(str)
    edit_requested = Signal(str)
    version_requested = Signal(str, int)
    fix_requested = Signal(str, str)
    retry_requested = Signal(str)
    help_requested = Signal(str)
    link_activated = Signal(QUrl)

    def __init__(self, message: Message, formats: Formats, lexers: Lexers, parent: QWidget) -> None:
        super().__init__(parent)
        self.message = message
        self._formats = formats
        self._mine = message.role is Role.USER
        self._card = QRectF()
        self._pinned = self._ring = False
        self._found: Sequence[str] | None = None
        self.body = MessageBody(formats, lexers, self)
        self.body.link_activated.connect(self.link_activated)
        self.body.ring_changed.connect(self._show_ring)
        self.notice: Notice | None = None
        self.footer = Footer(message.role, formats, self)
        self.footer.copy_asked.connect(self._copy)
        self.footer.regenerate_asked.connect(
            lambda: self.regenerate_requested.emit(self.message.id)
        )
        self.footer.edit_asked.connect(lambda: self.edit_requested.emit(self.message.id))
        self.footer.version_asked.connect(
            lambda step: self.version_requested.emit(self.message.id, step)
        )
        self._dots: WaitingDots | None = None
        self.footer.reveal(False)
        self._set_facts(message)

    @property
    def streaming(self) -> bool:
        return self.message.status is MessageStatus.STREAMING

    def show_message(self, message: Message) -> None:
        """Show `message` whole: its text in one go, and its state."""
        self._set_facts(message)
        self.body.rendering.show(message.content, plain=self._mine, more=self.streaming)

    def change(self, message: Message) -> None:
        """Show what changed about `message`. The text is rendered again only if what is stored is
        not what was streamed."""
        self._set_facts(message)
        rendering = self.body.rendering
        if self.streaming:
            return
        if rendering.text == message.content:
            rendering.finish()
        else:
            rendering.show(message.content, plain=self._mine)

    def pin_footer(self, pinned: bool) -> None:
        """Keep the buttons drawn, as under the last answer."""
        self._pinned = pinned
        self.footer.reveal(pinned or self.underMouse())

    def mark(self, words: Sequence[str] | None) -> QRect | None:
        """Mark the message as found by a search, and `words` in it; None takes the marks away.

        Returns where in the body's viewport the first of the words is.
        """
        self._found = words
        self.update()
        places = places_of(self.body.document(), words or ())
        self.body.setExtraSelections(marks(places, self._formats.colors.found))
        return self.body.cursorRect(places[0]) if places else None

    def restyle(self, formats: Formats) -> None:
        """Show the same in other colours."""
        self._formats = formats
        self.body.restyle(formats)
        if self._found is not None:
            self.mark(self._found)
        self.footer.restyle(formats)
        if self._dots is not None:
            self._dots.colors = formats.colors
        self.update()

    def stops(self) -> list[QWidget]:
        """What the Tab key visits, in order."""
        between = self.notice.buttons if self.notice is not None else []
        return [self.body, *self.body.copy_buttons, *between, *self.footer.buttons]

    # -- layout --------------------------------------------------------------------------------

    def prepare(self, width: int) -> None:
        """Wrap the text for a column of `width`. Cheaper before the text is set."""
        if self._mine:
            self.body.set_text_width(round(width * _CARD_SHARE) - 2 * CARD_PADDING)
        else:
            self.body.set_text_width(width - 2 * INSET)

    def arrange(self, width: int) -> int:
        """Place everything in a column of `width` and return the height it takes."""
        y = self._arrange_card(width) if self._mine else self._arrange_answer(width)
        left = 0 if self._mine else INSET - 7
        self.footer.setGeometry(left, y, width - left, self.footer.row_height())
        self.body.place_buttons()
        return y + self.footer.row_height() + (_BELOW_QUESTION if self._mine else _BELOW)

    def _arrange_card(self, width: int) -> int:
        body, padding = self.body, CARD_PADDING
        self.prepare(width)
        widest = round(width * _CARD_SHARE) - 2 * padding
        least = _WITH_CODE if body.rendering.code else 24
        # Each change of the width lays everything out anew: a long text keeps the widest.
        if body.rendering.long:
            inner = widest
        else:
            inner = min(widest, max(least, body.ideal_width() + 2))
            body.set_text_width(inner)
        height = body.text_height()
        left = width - inner - 2 * padding
        foot = 6 if body.rendering.ends_in_code else 0
        # Lines carry their leading below the text: the card takes it back.
        self._card = QRectF(left, 2, inner + 2 * padding, height + 2 * padding - 10 + foot)
        body.setGeometry(left + padding, 2 + padding - 3, inner, height)
        self.update()
        return round(self._card.bottom()) + 2

    def _arrange_answer(self, width: int) -> int:
        self.prepare(width)
        inner = width - 2 * INSET
        y = 4
        empty = self.body.rendering.empty
        self._wait(empty and self.streaming, y)
        self.body.setVisible(not empty)
        if empty:
            y += 22 if self.streaming else 0
        else:
            foot = 12 if self.body.rendering.ends_in_code else 2
            height = self.body.text_height() + foot
            self.body.setGeometry(INSET, y, inner, height)
            y += height
        if self.notice is not None and not self.notice.isHidden():
            y += 8
            height = self.notice.heightForWidth(inner)
            self.notice.setGeometry(INSET, y, inner, height)
            y += height
        return y + 4

    def _wait(self, waiting: bool, y: int) -> None:
        if waiting and self._dots is None:
            self._dots = WaitingDots(self._formats.colors, self)
        if self._dots is not None:
            self._dots.setVisible(waiting)
            self._dots.setGeometry(INSET, y, 40, 22)

    def _set_facts(self, message: Message) -> None:
        self.message = message
        name = spoken_name(message)
        self.setAccessibleName(name)
        self.body.setAccessibleName(name)
        self.footer.show_message(message)
        if notice_text(message)[0] and self.notice is None:
            self.notice = Notice(self)
            self.notice.fix_asked.connect(self.fix_requested)
            self.notice.retry_asked.connect(lambda: self.retry_requested.emit(self.message.id))
            self.notice.help_asked.connect(lambda: self.help_requested.emit(self.message.id))
        if self.notice is not None:
            self.notice.show_message(message)

    def _show_ring(self, ring: bool) -> None:
        self._ring = ring
        self.footer.reveal(ring or self._pinned or self.underMouse())
        self.update()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.message.content)
        self.footer.copy.say(self.tr("Copied"))

    # -- Qt ------------------------------------------------------------------------------------

    def enterEvent(self, event: QEnterEvent) -> None:
        self.footer.reveal(True)

    def leaveEvent(self, event: QEvent) -> None:
        self.footer.reveal(self._pinned)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not (self._mine or self._ring or self._found is not None):
            return
        colors = self._formats.colors
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._mine:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.card))
            painter.drawRoundedRect(self._card, _ROUND, _ROUND)
        if self._found is not None:
            body = self.body.geometry()
            bar = QRectF(body.left() - INSET + 1, body.top() + 2, _BAR, body.height() - 4)
            if self._mine:
                bar = QRectF(self._card.left() - INSET, self._card.top(), _BAR, self._card.height())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.accent))
            painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)
        if self._ring:
            around = QRectF(self.body.geometry()).adjusted(-_RING, -4, _RING, 1)
            painter.setPen(QPen(QColor(colors.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            place = self._card if self._mine else around
            painter.drawRoundedRect(place.adjusted(1, 1, -1, -1), _ROUND, _ROUND)
