"""A scrolled column of widgets of which only those near the viewport exist."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

from PySide6.QtCore import QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from desktop_llm.gui.messages.heights import Heights
from desktop_llm.gui.messages.style import MARGIN
from desktop_llm.gui.theme import MEASURE

_TOP = 16
_BOTTOM = 12
_END = 8
"""So near the end counts as at the end."""
_KEPT = 2.0
"""Viewports above and below what is in sight within which widgets are kept."""
_STEP = 48
_DRAG_MS = 30


class Column(QAbstractScrollArea):
    """Holds still what the reader looks at, whatever is measured or grows around it. GUI thread.

    At the end it follows the end. Heights of items never shown are estimates.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.verticalScrollBar().setSingleStep(_STEP)
        self._heights = Heights()
        self._widgets: dict[int, QWidget] = {}
        self._at_end = True
        self._anchor = (0, 0)
        self._busy = False
        self._width = 0
        self._drag = QTimer(self)
        self._drag.setInterval(_DRAG_MS)
        self._drag.timeout.connect(self._drag_on)
        self._drag_step = 0

    # -- what a subclass knows -----------------------------------------------------------------

    @abstractmethod
    def make_item(self, index: int, width: int) -> QWidget:
        """The widget of item `index`, a child of the viewport."""

    @abstractmethod
    def arrange_item(self, widget: QWidget, width: int) -> int:
        """Lay `widget` out in a column of `width`; returns its height."""

    @abstractmethod
    def estimate(self, index: int, width: int) -> int:
        """The likely height of item `index`."""

    @abstractmethod
    def keeps(self, widget: QWidget) -> bool:
        """Whether `widget` must not be released though it is far away."""

    def placed(self) -> None:
        """Called after everything has found its place."""

    # -- what a subclass does ------------------------------------------------------------------

    @property
    def at_end(self) -> bool:
        """Whether the view follows the end."""
        return self._at_end

    @property
    def below(self) -> int:
        """Pixels between what is in sight and the end."""
        return self.verticalScrollBar().maximum() - self.verticalScrollBar().value()

    @property
    def widgets(self) -> dict[int, QWidget]:
        """The widgets there are, by index."""
        return self._widgets

    def reset(self, count: int) -> None:
        """Show `count` other items, from their end."""
        self._at_end = True
        self._replace(0, count)

    def replace(self, first: int, count: int) -> None:
        """Show other items from `first` on, `count` in all. What is before them stays in its place.

        The end is followed on if there is at most one item to replace and to replace it with.
        """
        if self._at_end and max(count, len(self._heights)) > first + 1:
            self._remember_anchor()
            self._at_end = False
        self._replace(first, count)
        self._at_end |= self.isVisible() and self.below <= _END

    def _replace(self, first: int, count: int) -> None:
        for index in [i for i in self._widgets if i >= first]:
            self._release(self._widgets.pop(index))
        self._width = self._column_width()
        kept = [self._heights.height(i) for i in range(first)]
        self._heights = Heights(
            [*kept, *(self.estimate(i, self._width) for i in range(first, count))]
        )
        self.refresh()

    def add(self) -> None:
        """One more item at the end."""
        self._heights.append(self.estimate(len(self._heights), self._column_width()))
        self.refresh()

    def remeasure(self, indices: Iterable[int]) -> None:
        """Items have changed: lay them out again, and everything below them."""
        changed = False
        for index in indices:
            widget = self._widgets.get(index)
            if widget is None:
                changed |= self._heights.set(index, self.estimate(index, self._column_width()))
            else:
                changed |= self._measure(index, widget)
        if changed:
            self.refresh()

    def to_end(self) -> None:
        """Go to the end and stay there."""
        self._at_end = True
        self.refresh()

    def to_item(self, index: int) -> None:
        """Go to where item `index` begins."""
        self._at_end = False
        self._anchor = (index, -_STEP)
        self.refresh()
        if self.isVisible():
            self._remember_anchor()  # near the end, the end is where it got

    def reveal(self, widget: QWidget, rect: QRect) -> None:
        """Scroll so far that `rect` of `widget`, a descendant of the viewport, is in sight."""
        top = widget.mapTo(self.viewport(), rect.topLeft()).y()
        bottom = widget.mapTo(self.viewport(), rect.bottomLeft()).y()
        bar = self.verticalScrollBar()
        if top < _STEP // 2:
            bar.setValue(bar.value() + top - _STEP // 2)
        elif bottom > self.viewport().height() - _STEP // 2:
            bar.setValue(bar.value() + bottom - self.viewport().height() + _STEP // 2)

    def drag_to(self, position: QPoint | None) -> None:
        """The mouse selects at this global position: scroll when it is outside."""
        if position is None:
            self._drag.stop()
            return
        y = self.viewport().mapFromGlobal(position).y()
        beyond = min(0, y) or max(0, y - self.viewport().height())
        self._drag_step = max(-60, min(60, beyond // 2))
        if self._drag_step and not self._drag.isActive():
            self._drag.start()
        elif not self._drag_step:
            self._drag.stop()

    def refresh(self) -> None:
        """Make, measure and place what is in sight; the rest is let go."""
        if self._busy or not self.isVisible():
            return
        self._busy = True
        try:
            self._settle()
            self._place()
            self._let_go()
        finally:
            self._busy = False
        self.placed()

    # -- inside --------------------------------------------------------------------------------

    def _column_width(self) -> int:
        return max(240, min(MEASURE, self.viewport().width() - 2 * MARGIN))

    def _settle(self) -> None:
        """Measure until what is in sight is measured and stands where it should."""
        view = self.viewport().height()
        for _ in range(12):
            self._scroll_to_anchor()
            top = self.verticalScrollBar().value() - _TOP
            first = self._heights.at(top - view // 4)
            last = self._heights.at(top + view + view // 4)
            missing = [i for i in range(max(0, first), last + 1) if i not in self._widgets]
            if not missing:
                return
            # From the end upwards when the end is what stays.
            for index in reversed(missing) if self._at_end else missing:
                self._make(index)

    def _make(self, index: int) -> None:
        widget = self.make_item(index, self._width)
        self._widgets[index] = widget
        self._measure(index, widget)
        widget.show()

    def _measure(self, index: int, widget: QWidget) -> bool:
        return self._heights.set(index, self.arrange_item(widget, self._width))

    def _scroll_to_anchor(self) -> None:
        bar = self.verticalScrollBar()
        view = self.viewport().height()
        end = max(0, _TOP + self._heights.total + _BOTTOM - view)
        bar.setPageStep(max(1, view - _STEP))
        bar.setRange(0, end)
        if self._at_end or not len(self._heights):
            bar.setValue(end)
        else:
            index, offset = self._anchor
            bar.setValue(_TOP + self._heights.top(min(index, len(self._heights) - 1)) + offset)

    def _place(self) -> None:
        scroll = self.verticalScrollBar().value()
        # In the middle of the page, as what is around it, with or without a scroll bar.
        left = min((self.width() - self._width) // 2, self.viewport().width() - self._width)
        for index, widget in self._widgets.items():
            y = _TOP + self._heights.top(index) - scroll
            widget.setGeometry(left, y, self._width, self._heights.height(index))

    def _let_go(self) -> None:
        view = self.viewport().height()
        top = self.verticalScrollBar().value() - _TOP
        first = self._heights.at(round(top - _KEPT * view))
        last = self._heights.at(round(top + (1 + _KEPT) * view))
        for index in [i for i in self._widgets if not first <= i <= last]:
            if not self.keeps(self._widgets[index]):
                self._release(self._widgets.pop(index))

    def _release(self, widget: QWidget) -> None:
        widget.hide()
        widget.setParent(None)
        widget.deleteLater()

    def _remember_anchor(self) -> None:
        bar = self.verticalScrollBar()
        self._at_end = bar.value() >= bar.maximum() - _END
        index = max(0, self._heights.at(bar.value() - _TOP))
        self._anchor = (index, bar.value() - _TOP - self._heights.top(index))

    def _drag_on(self) -> None:
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + self._drag_step)

    # -- Qt ------------------------------------------------------------------------------------

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        if not self._busy:
            self._remember_anchor()
            self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = self._column_width()
        if width != self._width:
            self._width = width
            heights = (
                self.arrange_item(self._widgets[i], width)
                if i in self._widgets
                else self.estimate(i, width)
                for i in range(len(self._heights))
            )
            self._heights = Heights(heights)
        self.refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar = self.verticalScrollBar()
        match event.key():
            case Qt.Key.Key_Home:
                bar.setValue(0)
            case Qt.Key.Key_End:
                self.to_end()
            case _:
                super().keyPressEvent(event)
