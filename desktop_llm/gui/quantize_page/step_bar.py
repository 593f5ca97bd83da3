"""Where one is in the wizard, above its steps."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop_llm.gui.theme import L, S
from desktop_llm.gui.widgets import button, hairline, label

_NARROWEST = 200


class StepBar(QWidget):
    """Numbered steps; those behind can be gone back to (`asked` carries which).

    Where there is no room for all names, only the step on show keeps its own.
    """

    asked = Signal(int)

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Steps"))
        self._names = list(names)
        self._current = 0
        self._narrow = False
        row = QHBoxLayout()
        row.setContentsMargins(L, S, L, S)
        row.setSpacing(2)
        self.buttons: list[QPushButton] = []
        for place, name in enumerate(names):
            if place:
                row.addWidget(label("›", "muted"))
            step = button("", "step")
            step.setCheckable(True)
            step.setAccessibleName(
                self.tr("Step {number}: {name}").format(number=place + 1, name=name)
            )
            step.setToolTip(name)
            step.clicked.connect(lambda _on=False, place=place: self._ask(place))
            self.buttons.append(step)
            row.addWidget(step)
        row.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(hairline())
        self._write()
        self._needed = sum(step.sizeHint().width() + 16 for step in self.buttons) + 2 * L

    def show_step(self, current: int, reachable: Collection[int]) -> None:
        """Mark `current`; only `reachable` can be gone to."""
        self._current = current
        self._mark()
        for place, step in enumerate(self.buttons):
            step.setEnabled(place in reachable)
            step.setCursor(
                Qt.CursorShape.PointingHandCursor
                if place in reachable
                else Qt.CursorShape.ArrowCursor
            )
        self._write()

    def minimumSizeHint(self) -> QSize:
        return QSize(_NARROWEST, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < self._needed
        if narrow != self._narrow:
            self._narrow = narrow
            self._write()

    def _write(self) -> None:
        for place, step in enumerate(self.buttons):
            named = not self._narrow or place == self._current
            step.setText(f"{place + 1}  {self._names[place]}" if named else str(place + 1))

    def _ask(self, place: int) -> None:
        self._mark()  # a click alone moves nothing
        if place != self._current:
            self.asked.emit(place)

    def _mark(self) -> None:
        for place, step in enumerate(self.buttons):
            step.setChecked(place == self._current)
