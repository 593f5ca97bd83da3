"""Words of a search, marked in a message."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRegularExpression
from PySide6.QtGui import QColor, QTextCursor, QTextDocument
from PySide6.QtWidgets import QTextEdit

_MOST = 500
"""So many places are marked; more tell nobody anything."""


def places_of(document: QTextDocument, words: Sequence[str]) -> list[QTextCursor]:
    """Where `words` stand in `document`, whatever their case, first to last."""
    if not words:
        return []
    options = QRegularExpression.PatternOption
    any_word = "|".join(QRegularExpression.escape(word) for word in words)
    pattern = QRegularExpression(
        rf"(?<!\w)(?:{any_word})(?!\w)",
        options.CaseInsensitiveOption | options.UseUnicodePropertiesOption,
    )
    places: list[QTextCursor] = []
    place = document.find(pattern)
    while not place.isNull() and len(places) < _MOST:
        places.append(place)
        place = document.find(pattern, place)
    return places


def marks(places: Sequence[QTextCursor], color: str) -> list[QTextEdit.ExtraSelection]:
    """`places` with a ground of `color`, as a text edit takes them."""
    made = []
    for place in places:
        mark = QTextEdit.ExtraSelection()
        mark.cursor = place
        mark.format.setBackground(QColor(color))
        made.append(mark)
    return made
