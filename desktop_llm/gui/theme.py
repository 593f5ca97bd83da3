"""Colours, spacing and type of the whole window, light and dark, following the system."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPalette
from PySide6.QtWidgets import QApplication

from desktop_llm.config.settings import Theme as ThemeChoice
from desktop_llm.gui.icons import SIZE, IconLoader

# The spacing rhythm, in logical pixels. Nothing in the window uses another distance.
XS, S, M, L, XL = 4, 8, 12, 16, 24
RADIUS = 8
MEASURE = 820
"""Widest column of reading text, in logical pixels."""


@dataclass(frozen=True)
class Colors:
    """Every colour of one appearance, as ``#rrggbb``. Text colours keep 4.5:1 on page and panel."""

    dark: bool
    page: str
    panel: str
    surface: str
    field: str
    hover: str
    pressed: str
    selected: str
    border: str
    border_strong: str
    text: str
    muted: str
    faint: str
    accent: str
    accent_hover: str
    accent_soft: str
    on_accent: str
    warning: str
    warning_soft: str
    danger: str
    danger_soft: str
    tooltip: str
    on_tooltip: str


LIGHT = Colors(
    dark=False,
    page="#ffffff",
    panel="#f5f6f6",
    surface="#fafbfb",
    field="#ffffff",
    hover="#eaeced",
    pressed="#dfe3e4",
    selected="#dfeeec",
    border="#e1e4e6",
    border_strong="#b9c0c4",
    text="#1b1f22",
    muted="#59626a",
    faint="#8a939a",
    accent="#0b756d",
    accent_hover="#095f59",
    accent_soft="#e3f2f0",
    on_accent="#ffffff",
    warning="#8a5a00",
    warning_soft="#fdf3dd",
    danger="#b3261e",
    danger_soft="#fcebea",
    tooltip="#22272a",
    on_tooltip="#f3f5f6",
)

DARK = Colors(
    dark=True,
    page="#17191b",
    panel="#111314",
    surface="#1d2022",
    field="#1b1e20",
    hover="#24282b",
    pressed="#2d3236",
    selected="#1d3532",
    border="#2a2f32",
    border_strong="#4a5257",
    text="#e8eaeb",
    muted="#a3abb0",
    faint="#737c82",
    accent="#45c0b1",
    accent_hover="#62d0c2",
    accent_soft="#17302d",
    on_accent="#04211e",
    warning="#e3b04b",
    warning_soft="#2e2614",
    danger="#f28b82",
    danger_soft="#331d1c",
    tooltip="#e8eaeb",
    on_tooltip="#17191b",
)


class Theme(QObject):
    """The appearance in force. GUI thread.

    `changed` is emitted after palette, style sheet and `colors` have all changed.
    """

    changed = Signal()

    def __init__(self, app: QApplication, choice: ThemeChoice) -> None:
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

    def choose(self, choice: ThemeChoice) -> None:
        """Show `choice` from now on; `SYSTEM` follows the desktop's own changes."""
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
        if self._choice is ThemeChoice.SYSTEM:
            dark = self.system_is_dark()
        else:
            dark = self._choice is ThemeChoice.DARK
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
