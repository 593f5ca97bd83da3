"""The GPUs and the RAM as tables of all that they tell."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from desktop_llm.gui.monitor_page.facts import Facts, Group
from desktop_llm.gui.theme import XL, L, M, S
from desktop_llm.gui.widgets import Card, breakable, clear_layout, label

_COLUMN = 330


class DeviceView(QScrollArea):
    """GUI thread. Values are written anew in place; tables are made when their names change."""

    def __init__(self) -> None:
        super().__init__()
        self.devices: list[DeviceFacts] = []
        content = QWidget()
        content.setObjectName("scrollContent")
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(XL, 0, XL, XL)
        self._column.setSpacing(L)
        self._column.addStretch(1)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(self.tr("Devices"))
        self.setWidget(content)

    def show_facts(self, facts: Sequence[Facts]) -> None:
        """Show one device under the other."""
        while len(self.devices) < len(facts):
            device = DeviceFacts()
            self.devices.append(device)
            self._column.insertWidget(self._column.count() - 1, device)
        for place, device in enumerate(self.devices):
            device.setVisible(place < len(facts))
            if place < len(facts):
                device.show_facts(facts[place])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        columns = max(1, (self.viewport().width() - 2 * XL) // _COLUMN)
        for device in self.devices:
            device.set_columns(columns)


class DeviceFacts(QWidget):
    """One device: its name, what is wrong with it, and its tables beside each other."""

    def __init__(self) -> None:
        super().__init__()
        self.name = label("", "title")
        self.problem = label("", "muted", wrap=True)
        self.tables: list[Table] = []
        self._groups: tuple[Group, ...] = ()
        self._wanted_columns = 3
        self._grid = QGridLayout()
        self._grid.setSpacing(M)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(S)
        column.addWidget(self.name)
        column.addWidget(self.problem)
        column.addLayout(self._grid)

    def show_facts(self, facts: Facts) -> None:
        """Show what is known of it now."""
        self.name.setText(facts.name)
        self.problem.setText(facts.problem)
        self.problem.setVisible(bool(facts.problem))
        if _names(facts.groups) != _names(self._groups):
            self._groups = facts.groups
            clear_layout(self._grid)
            self.tables = [Table(group) for group in facts.groups]
            self._place()
        for table, group in zip(self.tables, facts.groups, strict=True):
            table.show_group(group)

    def set_columns(self, columns: int) -> None:
        """Stand in so many columns."""
        if columns != self._wanted_columns:
            self._wanted_columns = columns
            self._place()

    def _place(self) -> None:
        columns = self._wanted_columns
        for place, table in enumerate(self.tables):
            self._grid.addWidget(table, place // columns, place % columns)
        for column in range(max(columns, self._grid.columnCount())):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)


class Table(Card):
    """A titled table of names and values."""

    def __init__(self, group: Group) -> None:
        super().__init__(spacing=S)
        self.values: dict[str, QLabel] = {}
        self.setAccessibleName(group.title)
        self.body.addWidget(label(group.title, "section"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(M)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(1, 2)
        for row, (name, _value) in enumerate(group.rows):
            value = label("", wrap=True)
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setAccessibleName(name)
            caption = label(breakable(name), "small", wrap=True)
            caption.setMinimumWidth(120)
            grid.addWidget(caption, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, row, 1)
            self.values[name] = value
        self.body.addLayout(grid)
        self.body.addStretch(1)

    def show_group(self, group: Group) -> None:
        """Show the values; the names are those it was made with."""
        for name, text in group.rows:
            shown = breakable(text, 18)
            if self.values[name].text() != shown:
                self.values[name].setText(shown)


def _names(groups: Sequence[Group]) -> list[tuple[str, list[str]]]:
    return [(group.title, [name for name, _value in group.rows]) for group in groups]
