"""Formulas in Markdown: found, kept from being read as Markdown, and shown as their source.

Inline: ``\\( … \\)``, ``\\[ … \\]``, ``$$ … $$`` and ``$…$``. As a block: ``$$`` or ``\\[``
alone on a line opens one, its counterpart or a blank line ends it, so that each line decides for
itself and an answer can be read while it is still being written.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

_CLOSERS = {"$$": "$$", "\\[": "\\]"}
_ONE_LINE = re.compile(r"(?:\$\$(?P<a>[^$]+)\$\$|\\\[(?P<b>.+?)\\\])\s*")
_INLINE = re.compile(
    r"\\\((?P<round>.+?)\\\)"
    r"|\\\[(?P<square>.+?)\\\]"
    r"|\$\$(?P<double>[^$]+)\$\$"
    # Money is not mathematics: no digit after the first dollar, none after the last.
    r"|\$(?P<single>[^\s\d$](?:[^$\n]*[^\s$\\])?)\$(?!\d)",
    re.DOTALL,
)


def add_formulas(markdown: MarkdownIt) -> None:
    """Teach `markdown` the tokens ``math_inline`` and ``math_block``."""
    markdown.inline.ruler.before("escape", "math_inline", _inline)
    markdown.block.ruler.before(
        "fence", "math_block", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )


def _inline(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "\\$":
        return False
    match = _INLINE.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        token = state.push("math_inline", "", 0)
        token.content = str(match[match.lastgroup or 0]).strip()
    state.pos = match.end()
    return True


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    first = _text(state, start)
    if (match := _ONE_LINE.fullmatch(first)) is not None:
        if not silent:
            _push(state, start, start + 1, str(match["a"] or match["b"]).strip())
        return True
    closer = _CLOSERS.get(first.strip())
    if closer is None:
        return False
    if silent:
        return True
    line, lines = start + 1, []
    while line < end and not state.isEmpty(line) and state.sCount[line] >= state.blkIndent:
        text = _text(state, line)
        line += 1
        if text.strip() == closer:
            break
        lines.append(text)
    _push(state, start, line, "\n".join(lines))
    return True


def _text(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _push(state: StateBlock, start: int, end: int, content: str) -> None:
    token = state.push("math_block", "", 0)
    token.content = content
    token.map = [start, end]
    state.line = end
