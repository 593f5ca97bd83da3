"""Cyclic garbage is collected on the GUI thread alone.

Python collects cycles on whichever thread happens to allocate. Here most Python runs on the engine
thread, and a Qt object that dies there takes the process with it. So automatic collection is off
while the window is open and a timer of the window collects instead. It also chooses better moments:
not during a load, whose hundreds of thousands of new objects would be walked again and again with
the GIL held, each time a gap in the window.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_PERIOD_MS = 1000


class GarbageCollector(QObject):
    """GUI thread, from its making until `close`."""

    def __init__(self) -> None:
        super().__init__()
        self._was_enabled = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(_PERIOD_MS)
        self._timer.timeout.connect(self.collect_due)
        self._timer.start()

    def pause(self) -> None:
        """Collect nothing for now: a load makes objects that stay."""
        self._timer.stop()

    def resume(self) -> None:
        """Take what there is now as lasting, never to be walked again, and go on collecting.

        Costs nothing; cycles that were garbage already are not freed before `renew`.
        """
        if not self._timer.isActive():
            gc.freeze()
            self._timer.start()

    def renew(self) -> None:
        """After an unload: free what the engine has left behind. Takes up to some 200 ms."""
        gc.unfreeze()
        gc.collect()
        gc.freeze()

    def collect_due(self) -> None:
        """Collect the oldest generation that Python's own thresholds call due."""
        counts, thresholds = gc.get_count(), gc.get_threshold()
        for generation in (2, 1, 0):
            if counts[generation] > thresholds[generation]:
                gc.collect(generation)
                return

    def close(self) -> None:
        """Give the collection back to Python."""
        self._timer.stop()
        gc.unfreeze()
        if self._was_enabled:
            gc.enable()
