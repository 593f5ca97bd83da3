"""Colours, spacing and type of the whole window, light and dark, following the system."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPalette
from PySide6.QtWidgets import QApplication

from desktop_llm.gui.icons import SIZE, IconLoader
from desktop_llm.gui.palettes import DARK, LIGHT, Colors

# The spacing rhythm, in logical pixels. Nothing in the window uses another distance.
XS, S, M, L, XL = 4, 8, 12, 16, 24
RADIUS = 8
MEASURE = 820
"""Widest column of reading text, in logical pixels: messages, composer, pages."""


class Theme(QObject):
    """The appearance in force. GUI thread.

    `changed` is emitted after palette, style sheet and `colors` have all changed.
    """

    changed = Signal()

    def __init__(self, app: QApplication, choice: str) -> None:
        """`choice` is system, light or dark, as in `config.settings.Theme`."""
        super().__init__(app)
        self._app = app
        self._choice = choice
        self._icons = IconLoader()
        self.base_px = _base_px(app.font())
        app.setStyle("Fusion")
        app.setFont(_interface_font(app.font(), self.base_px))
        self.colors = self._wanted()
        self._apply()
        app.styleHints().colorSchemeChanged.connect(self._refresh)

    def choose(self, choice: str) -> None:
        """Show `choice` from now on; system follows the desktop's own changes."""
        self._choice = choice
        self._refresh()

    def system_is_dark(self) -> bool:
        """Whether the desktop wears dark colours now."""
        return self._app.styleHints().colorScheme() is Qt.ColorScheme.Dark

    def color(self, name: str) -> QColor:
        """The colour called `name` in `Colors`."""
        return QColor(getattr(self.colors, name))

    def icon(self, name: str, color: str = "muted", size: int = SIZE) -> QIcon:
        """The line icon `name`, tinted with the colour called `color`."""
        return self._icons.icon(name, getattr(self.colors, color), self.colors.faint, size)

    def font(self, step: int = 0, *, bold: bool = False) -> QFont:
        """The interface font, `step` pixels larger or smaller than its base."""
        font = QFont(self._app.font())
        font.setPixelSize(self.base_px + step)
        if bold:
            font.setWeight(QFont.Weight.DemiBold)
        return font

    def mono_font(self, step: int = 0) -> QFont:
        """The system's fixed-width font at the same scale."""
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(self.base_px + step)
        return font

    def _refresh(self) -> None:
        wanted = self._wanted()
        if wanted is self.colors:
            return
        self.colors = wanted
        self._apply()
        self.changed.emit()

    def _wanted(self) -> Colors:
        dark = self.system_is_dark() if self._choice == "system" else self._choice == "dark"
        return DARK if dark else LIGHT

    def _apply(self) -> None:
        from desktop_llm.gui.stylesheet import stylesheet

        self._app.setPalette(_palette(self.colors))
        self._app.setStyleSheet(stylesheet(self.colors, self.base_px))


def _base_px(font: QFont) -> int:
    """13 px unless the person's desktop asks for larger text; never smaller."""
    pixels = font.pixelSize()
    if pixels <= 0:
        pixels = round(font.pointSizeF() * 96 / 72)
    return max(13, min(pixels, 20))


def _interface_font(system: QFont, pixels: int) -> QFont:
    font = QFont(system)
    font.setPixelSize(pixels)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def _palette(colors: Colors) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for target, name in (
        (role.Window, "page"),
        (role.WindowText, "text"),
        (role.Base, "field"),
        (role.AlternateBase, "surface"),
        (role.Text, "text"),
        (role.Button, "surface"),
        (role.ButtonText, "text"),
        (role.BrightText, "danger"),
        (role.PlaceholderText, "faint"),
        (role.Highlight, "accent"),
        (role.HighlightedText, "on_accent"),
        (role.Accent, "accent"),
        (role.Link, "accent"),
        (role.LinkVisited, "accent"),
        (role.ToolTipBase, "tooltip"),
        (role.ToolTipText, "on_tooltip"),
        (role.Light, "surface"),
        (role.Midlight, "hover"),
        (role.Mid, "border"),
        (role.Dark, "border_strong"),
        (role.Shadow, "border_strong"),
    ):
        palette.setColor(target, QColor(getattr(colors, name)))
    for target in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, target, QColor(colors.faint))
    return palette
