"""The window's three columns: sidebar, page, and the dock at the right, which can be hidden."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QWidget

from desktop_llm.gui.geometry import SIDEBAR, DockPlace

_SIDEBAR_HANDLE = 1


class Columns(QSplitter):
    """GUI thread. `sidebar_resized` carries the sidebar's new width, `dock_changed` a DockPlace."""

    sidebar_resized = Signal(int)
    dock_changed = Signal(object)

    def __init__(
        self, sidebar: QWidget, page: QWidget, dock: QWidget, width: int, place: DockPlace
    ) -> None:
        """`width` is the sidebar's, in logical pixels."""
        super().__init__(Qt.Orientation.Horizontal)
        self._dock = dock
        self._place = place
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        for part in (sidebar, page, dock):
            self.addWidget(part)
        self.setStretchFactor(0, 0)
        self.setStretchFactor(1, 1)
        self.setStretchFactor(2, 0)
        dock.setVisible(place.open)
        self.setSizes([width or SIDEBAR, 10_000, place.width])
        self.splitterMoved.connect(self._moved)

    @property
    def dock_place(self) -> DockPlace:
        return self._place

    def show_dock(self, shown: bool) -> None:
        """Show or hide the dock, as wide as it was."""
        if shown == self._place.open:
            return
        self._dock.setVisible(shown)
        if shown:
            left, middle, _right = self.sizes()
            self.setSizes([left, middle - self._place.width, self._place.width])
        self._keep(DockPlace(shown, self._place.width))

    def _moved(self, position: int, handle: int) -> None:
        if handle == _SIDEBAR_HANDLE:
            self.sidebar_resized.emit(position)
        elif self._place.open:
            self._keep(DockPlace(True, self.sizes()[2]))

    def _keep(self, place: DockPlace) -> None:
        self._place = place
        self.dock_changed.emit(place)
