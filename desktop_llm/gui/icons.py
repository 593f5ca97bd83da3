"""Line icons from `resources/icons`, drawn in the colours of the theme."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap

from desktop_llm.config.paths import resources

SIZE = 18
_SCALES = (1.0, 2.0)


class IconLoader:
    """Draws each icon once per colour and size. GUI thread."""

    def __init__(self) -> None:
        self._icons: dict[tuple[str, str, str, int], QIcon] = {}
        self._sources: dict[str, str | None] = {}

    def icon(self, name: str, color: str, disabled: str, size: int = SIZE) -> QIcon:
        """The icon called `name` in `color`; an empty icon if its file is missing."""
        key = (name, color, disabled, size)
        if key not in self._icons:
            self._icons[key] = self._draw(*key)
        return self._icons[key]

    def _draw(self, name: str, color: str, disabled: str, size: int) -> QIcon:
        icon = QIcon()
        if (source := self._source(name)) is None:
            return icon
        for scale in _SCALES:
            icon.addPixmap(_drawn(source, color, size, scale))
            icon.addPixmap(_drawn(source, disabled, size, scale), QIcon.Mode.Disabled)
        return icon

    def _source(self, name: str) -> str | None:
        if name not in self._sources:
            try:
                text = (resources() / "icons" / f"{name}.svg").read_text("utf-8")
            except OSError:
                text = None
            self._sources[name] = text
        return self._sources[name]


def _drawn(source: str, color: str, size: int, scale: float) -> QPixmap:
    from PySide6.QtSvg import QSvgRenderer

    pixels = round(size * scale)
    pixmap = QPixmap(QSize(pixels, pixels))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    svg = QByteArray(source.replace("currentColor", color).encode())
    QSvgRenderer(svg).render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return pixmap
