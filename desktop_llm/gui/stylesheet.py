"""The one style sheet of the window, made from the colours in force."""

from __future__ import annotations

from string import Template

from desktop_llm.config.paths import resources
from desktop_llm.gui.palettes import Colors


def stylesheet(colors: Colors, base_px: int) -> str:
    """Qt style sheet text for `colors` at a base text size of `base_px` logical pixels."""
    art = resources() / "themes" / ("dark" if colors.dark else "light")
    names = {name: value for name, value in vars(colors).items() if isinstance(value, str)}
    return _SHEET.substitute(
        names,
        base=base_px,
        small=base_px - 1,
        text_size=base_px + 1,
        title=base_px + 2,
        heading=base_px + 7,
        art=art.as_posix(),
    )


_SHEET = Template("""
* { font-size: ${base}px; }
QMainWindow, #page, #scrollContent, QStackedWidget { background: $page; }
QScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget#scrollContent { background: transparent; }
QLabel { background: transparent; color: $text; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="small"] { color: $muted; font-size: ${small}px; }
QLabel[role="title"] { font-size: ${title}px; font-weight: 600; }
QLabel[role="heading"] { font-size: ${heading}px; font-weight: 600; }
QLabel[role="section"] { font-weight: 600; }
QLabel[tone="warning"] { color: $warning; }
QLabel[tone="danger"] { color: $danger; }
QLabel[role="error"] { color: $danger; font-size: ${small}px; }
QLabel[role="warning"] { color: $warning; font-size: ${small}px; }
QLabel[role="chip"] {
    color: $muted; font-size: ${small}px; background: $hover; border-radius: 4px; padding: 1px 6px;
}

#sidebar { background: $panel; }
#statusBar { background: $panel; border-top: 1px solid $border; }
#header { background: $page; border-bottom: 1px solid $border; }
#memoryDock { background: $panel; }
#dockHeader { background: transparent; border-bottom: 1px solid $border; }
#sheet { background: $panel; border-left: 1px solid $border; }
#masterList { background: $panel; border-right: 1px solid $border; }
QSplitter::handle { background: $border; }
#hairline { background: $border; border: none; }

QFrame#card { background: $surface; border: 1px solid $border; border-radius: 8px; }
QFrame#card[tone="danger"] { background: $danger_soft; border-color: $danger; }
QFrame#card[tone="warning"] { background: $warning_soft; border-color: $warning; }
QFrame#card[tone="accent"] { background: $accent_soft; border-color: $accent; }

QPushButton {
    background: $surface; color: $text; border: 1px solid $border_strong; border-radius: 8px;
    padding: 5px 12px; min-height: 18px;
}
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $pressed; }
QPushButton:disabled { color: $faint; border-color: $border; background: transparent; }
QPushButton:focus { border: 2px solid $accent; padding: 4px 11px; }
QPushButton[kind="primary"] {
    background: $accent; color: $on_accent; border-color: $accent; font-weight: 600;
}
QPushButton[kind="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[kind="primary"]:focus { border: 2px solid $text; }
QPushButton[kind="primary"]:disabled {
    background: $hover; color: $faint; border-color: $border;
}
QPushButton[kind="quiet"] { background: transparent; border-color: transparent; color: $accent; }
QPushButton[kind="quiet"]:hover { background: $hover; }
QPushButton[kind="quiet"]:focus { border-color: $accent; }
QPushButton[kind="danger"] { color: $danger; }
QPushButton[kind="nav"] {
    background: transparent; border: 2px solid transparent; text-align: left; color: $muted;
    padding: 5px 8px;
}
QPushButton[kind="nav"]:hover { background: $hover; color: $text; }
QPushButton[kind="nav"]:checked { background: $selected; color: $text; font-weight: 600; }
QPushButton[kind="nav"]:focus { border-color: $accent; }
QPushButton#newChat { background: $field; border: 1px solid $border; color: $text; }
QPushButton#newChat:hover { background: $hover; border-color: $border_strong; }
QPushButton#newChat:focus { border: 2px solid $accent; padding: 4px 7px; }
QPushButton[kind="chip"] {
    background: $surface; border: 1px solid $border; border-radius: 14px; color: $text;
    padding: 5px 14px;
}
QPushButton[kind="chip"]:hover { background: $hover; border-color: $border_strong; }
QPushButton[kind="chip"]:focus { border: 2px solid $accent; padding: 4px 13px; }
QPushButton[kind="segment"] {
    border: none; border-radius: 6px; background: transparent; color: $muted; padding: 4px 12px;
}
QPushButton[kind="segment"]:hover { color: $text; }
QPushButton[kind="segment"]:checked { background: $selected; color: $text; }
QPushButton[kind="segment"]:focus { border: 2px solid $accent; padding: 2px 10px; }
#segments { background: $hover; border-radius: 8px; }
QPushButton[kind="option"] {
    background: $surface; border: 1px solid $border; border-radius: 8px; padding: 0;
}
QPushButton[kind="option"]:hover { border-color: $border_strong; }
QPushButton[kind="option"]:checked { background: $accent_soft; border-color: $accent; }
QPushButton[kind="option"]:focus { border: 2px solid $accent; padding: 0; }
QPushButton[kind="option"]:disabled { background: transparent; border-color: $border; }
QPushButton[kind="option"] QLabel:disabled { color: $faint; }
QPushButton[kind="option"] QLabel[role="warning"]:disabled { color: $warning; }
QPushButton[kind="fold"] {
    background: transparent; border: 2px solid transparent; text-align: left; font-weight: 600;
    padding: 4px 6px 4px 0;
}
QPushButton[kind="fold"]:hover { background: $hover; }
QPushButton[kind="fold"]:focus { border-color: $accent; }
QPushButton[kind="step"] {
    background: transparent; border: 2px solid transparent; border-radius: 8px; color: $muted;
    padding: 4px 8px;
}
QPushButton[kind="step"]:hover { background: $hover; color: $text; }
QPushButton[kind="step"]:checked { color: $accent; background: $accent_soft; }
QPushButton[kind="step"]:disabled { color: $faint; }
QPushButton[kind="step"]:checked:disabled { color: $accent; }
QPushButton[kind="step"]:focus { border-color: $accent; }
#stepFooter { border-top: 1px solid $border; }
QLabel[role="verdict"] { font-size: ${title}px; }
QLabel[role="better"] { color: $accent; }
QLabel[role="worse"] { color: $warning; }

QToolButton {
    background: transparent; border: 2px solid transparent; border-radius: 8px; padding: 4px;
    color: $muted;
}
QToolButton:hover { background: $hover; color: $text; }
QToolButton:pressed { background: $pressed; }
QToolButton:checked { background: $selected; }
QToolButton:focus { border-color: $accent; }
QToolButton::menu-indicator { image: none; }
QToolButton[kind="send"] { background: $accent; border-radius: 16px; padding: 5px; }
QToolButton[kind="send"]:hover { background: $accent_hover; }
QToolButton[kind="send"]:disabled { background: $hover; }
QToolButton[kind="send"]:focus { border-color: $text; }
QToolButton[kind="model"] { color: $muted; padding: 2px 8px; }

QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QComboBox {
    background: $field; color: $text; border: 1px solid $border_strong; border-radius: 8px;
    padding: 5px 8px; selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QComboBox:focus {
    border: 2px solid $accent; padding: 4px 7px;
}
QLineEdit[bad="true"], QPlainTextEdit[bad="true"] { border-color: $danger; }
QLineEdit:disabled, QPlainTextEdit:disabled, QComboBox:disabled {
    color: $faint; border-color: $border; background: transparent;
}
QLineEdit#search { background: $field; border-color: $border; }
QLineEdit#search:focus { border-color: $accent; }
#composer { background: $field; border: 1px solid $border_strong; border-radius: 12px; }
#composer[focused="true"] { border-color: $accent; }
#composer QPlainTextEdit, #composer QPlainTextEdit:focus {
    border: none; background: transparent; padding: 2px 4px; font-size: ${text_size}px;
}
QLabel[role="accent"] { color: $accent; }
QPlainTextEdit#log { border-radius: 0; border: none; background: $surface; }

QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url("$art/chevron-down.svg"); width: 14px; height: 14px; }
QComboBox QAbstractItemView {
    background: $field; color: $text; border: 1px solid $border_strong; outline: none;
    selection-background-color: $selected; selection-color: $text;
}

QMenu { background: $field; border: 1px solid $border_strong; padding: 4px; }
QMenu::item { padding: 5px 20px 5px 12px; border-radius: 4px; color: $text; }
QMenu::item:selected { background: $hover; }
QMenu::item:disabled { color: $faint; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }
QToolTip {
    background: $tooltip; color: $on_tooltip; border: 1px solid $tooltip; padding: 3px 6px;
    font-size: ${small}px;
}

QListView { background: transparent; border: none; outline: none; }
QListView:focus { border: none; }

QSlider { min-height: 22px; }
QSlider::groove:horizontal { background: $border_strong; height: 4px; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal {
    background: $surface; border: 2px solid $accent; width: 12px; height: 12px; margin: -6px 0;
    border-radius: 8px;
}
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus { background: $accent; }

QProgressBar {
    background: $hover; border: none; border-radius: 3px; max-height: 6px; min-height: 6px;
}
QProgressBar::chunk { background: $accent; border-radius: 3px; }
#meterBar { max-height: 3px; min-height: 3px; border-radius: 1px; }
#meterBar::chunk { border-radius: 1px; }
#meterBar[tone="warning"]::chunk { background: $warning; }
#meterBar[tone="danger"]::chunk { background: $danger; }

QScrollBar:vertical { background: transparent; width: 10px; margin: 2px; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 2px; }
QScrollBar::handle { background: $border_strong; border-radius: 3px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $faint; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QCheckBox { spacing: 8px; color: $text; }
QCheckBox::indicator {
    width: 16px; height: 16px; border: 1px solid $border_strong; border-radius: 4px;
    background: $field;
}
QCheckBox::indicator:hover { border-color: $accent; }
QCheckBox::indicator:focus { border: 2px solid $accent; width: 14px; height: 14px; }
QCheckBox::indicator:checked {
    background: $accent; border-color: $accent; image: url("$art/check.svg");
}

#toast { background: $tooltip; border-radius: 8px; }
#toast QLabel { color: $on_tooltip; }
#toast QPushButton {
    background: transparent; color: $on_tooltip; border: 1px solid $faint; padding: 3px 10px;
}
#toast QPushButton:focus { border: 2px solid $on_tooltip; padding: 2px 9px; }
#toast QToolButton:focus { border-color: $on_tooltip; }
#toast QToolButton:hover { background: transparent; }
QDialog { background: $page; }
""")
