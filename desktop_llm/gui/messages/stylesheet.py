"""The style sheet of what the message view does not draw itself."""

from __future__ import annotations

from string import Template

from desktop_llm.gui.messages.style import MessageColors


def stylesheet(colors: MessageColors, base_px: int) -> str:
    """Qt style sheet text for `colors`, with text of `base_px` logical pixels."""
    names = {name: value for name, value in vars(colors).items() if isinstance(value, str)}
    return _SHEET.substitute(names, base=base_px, small=base_px - 2)


_SHEET = Template("""
#messageView { background: $page; border: none; }
#messageBody, #messageBody:focus {
    border: none; border-radius: 0; padding: 0; background: transparent; color: $text;
    font-size: ${base}px; selection-background-color: $selection;
    selection-color: $on_selection;
}
#messageNotice { background: transparent; border: 1px solid $border; border-radius: 8px; }
#messageNotice[tone="danger"] { background: $danger_soft; border-color: transparent; }
#messageNotice QLabel { background: transparent; color: $muted; font-size: ${small}px; }
#messageNotice[tone="danger"] QLabel#messageNoticeText { color: $danger; font-weight: 600; }
#messageNotice[tone="danger"] QLabel#messageNoticeHint { color: $text; }
#messageNotice QPushButton, #messageJump {
    background: $page; color: $text; border: 1px solid $border_strong; border-radius: 8px;
    padding: 4px 12px; font-size: ${small}px;
}
#messageNotice QPushButton:hover, #messageJump:hover { background: $hover; }
#messageNotice QPushButton:pressed, #messageJump:pressed { background: $pressed; }
#messageNotice QPushButton:focus, #messageJump:focus {
    border: 2px solid $accent; padding: 3px 11px;
}
#messageJump { border-radius: 14px; padding: 5px 14px 5px 10px; }
#messageJump:focus { padding: 4px 13px 4px 9px; }
""")
