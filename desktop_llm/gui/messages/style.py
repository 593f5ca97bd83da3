"""Colours and measures of the message view."""

from __future__ import annotations

from dataclasses import dataclass

from desktop_llm.gui.palettes import DARK, LIGHT, Colors

MARGIN = 24
"""Between the column and the window, where that is narrow."""
INSET = 12
"""Between an answer's text and the column's edges."""
LIST_INDENT = 26
QUOTE_INDENT = 18
CODE_PADDING = 14
CODE_HEADER = 34
CODE_FOOTER = 10
CARD_PADDING = 14
RADIUS = 8


@dataclass(frozen=True)
class SyntaxColors:
    """Colours of highlighted code."""

    keyword: str
    string: str
    number: str
    comment: str
    function: str
    type: str
    builtin: str
    decorator: str
    tag: str
    attribute: str
    inserted: str
    deleted: str


@dataclass(frozen=True)
class MessageColors:
    """Every colour of the message view in one appearance, as ``#rrggbb``."""

    dark: bool
    page: str
    text: str
    muted: str
    faint: str
    accent: str
    card: str
    code: str
    code_header: str
    inline_code: str
    border: str
    border_strong: str
    hover: str
    pressed: str
    warning: str
    warning_soft: str
    danger: str
    danger_soft: str
    selection: str
    on_selection: str
    found: str
    syntax: SyntaxColors


_LIGHT_SYNTAX = SyntaxColors(
    keyword="#8a3bb0",
    string="#3d7420",
    number="#a85200",
    comment="#667079",
    function="#1d5fb8",
    type="#0b756d",
    builtin="#0b6b8c",
    decorator="#8a5a00",
    tag="#b3261e",
    attribute="#a85200",
    inserted="#2f7a33",
    deleted="#b3261e",
)

_DARK_SYNTAX = SyntaxColors(
    keyword="#cda0f2",
    string="#a3d082",
    number="#f0b27a",
    comment="#8b959c",
    function="#8ab8ff",
    type="#5fd0c2",
    builtin="#7fcbea",
    decorator="#e3b04b",
    tag="#f28b82",
    attribute="#f0b27a",
    inserted="#8fd38f",
    deleted="#f28b82",
)


def message_colors(colors: Colors) -> MessageColors:
    """The message view's colours to go with the window's."""
    return MessageColors(
        dark=colors.dark,
        page=colors.page,
        text=colors.text,
        muted=colors.muted,
        faint=colors.faint,
        accent=colors.accent,
        card=colors.accent_soft,
        code="#131517" if colors.dark else "#f7f8f8",
        code_header="#1d2022" if colors.dark else "#eff1f1",
        inline_code="#272b2e" if colors.dark else "#eef0f1",
        border=colors.border,
        border_strong=colors.border_strong,
        hover=colors.hover,
        pressed=colors.pressed,
        warning=colors.warning,
        warning_soft=colors.warning_soft,
        danger=colors.danger,
        danger_soft=colors.danger_soft,
        selection="#2a5753" if colors.dark else "#bfe3df",
        on_selection=colors.text,
        found="#5c4a12" if colors.dark else "#ffe08a",
        syntax=_DARK_SYNTAX if colors.dark else _LIGHT_SYNTAX,
    )


LIGHT_COLORS = message_colors(LIGHT)
DARK_COLORS = message_colors(DARK)
