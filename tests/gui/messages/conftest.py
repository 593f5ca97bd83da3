"""A message view to look at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from desktop_llm.gui.messages import MessageView


@pytest.fixture
def view(qapp: QApplication) -> Iterator[MessageView]:
    """Shown, 1000 × 700, and gone afterwards."""
    view = MessageView()
    view.resize(1000, 700)
    view.show()
    qapp.processEvents()
    yield view
    view.close()
    view.deleteLater()
