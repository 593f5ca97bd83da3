"""Inline Markdown tokens as runs of styled text."""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it.token import Token

from desktop_llm.gui.messages.model import LINE_BREAK, Run, Runs, Style

_TOGGLES = {"strong": Style.BOLD, "em": Style.ITALIC, "s": Style.STRIKE}


def runs_of(tokens: Sequence[Token]) -> Runs:
    """The runs of one paragraph. Images become their alternative text, linked to their address."""
    collected: list[Run] = []
    style = Style.PLAIN
    link = ""
    for token in tokens:
        name, _, side = token.type.rpartition("_")
        if name in _TOGGLES:
            style = style | _TOGGLES[name] if side == "open" else style & ~_TOGGLES[name]
        elif name == "link":
            link = _web(token.attrs.get("href", "")) if side == "open" else ""
        elif token.type in ("softbreak", "hardbreak"):
            # A model breaks a line where it wants one: poems, addresses, steps without markers.
            _add(collected, Run(LINE_BREAK, style, link))
        elif token.type in ("code_inline", "math_inline"):
            text = token.content.replace("\n", LINE_BREAK)
            _add(collected, Run(text, style | Style.CODE, link))
        elif token.type == "image":
            # Never fetched: opening a chat must not tell anyone that it was opened.
            address = _web(token.attrs.get("src", ""))
            _add(collected, Run(token.content or address, style, link or address))
        elif token.content:
            _add(collected, Run(token.content, style, link))
    return tuple(collected)


def _web(address: object) -> str:
    """The address if it leads to the web: nothing else is ever a link."""
    text = str(address)
    return text if text.lower().startswith(("http://", "https://")) else ""


def _add(runs: list[Run], run: Run) -> None:
    if runs and runs[-1].style == run.style and runs[-1].link == run.link:
        run = Run(runs.pop().text + run.text, run.style, run.link)
    runs.append(run)
