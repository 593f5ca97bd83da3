"""How the unfinished end of an answer is shown until more of it has come."""

from __future__ import annotations

import re

# A last line of which it is not known yet what it begins: "-" may be a list or an underline that
# turns the paragraph into a heading.
_UNDECIDED = re.compile(r" {0,3}(?:[-=*+_#>`~|:$\\\s]+|\d{1,9}[.)]?\s*)")
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\([^()\s]*$")


def tentative(source: str, *, code: bool = False) -> str:
    """`source` with its last line, if unfinished, held back or completed.

    Nothing but that line is touched: a line that may still become anything is left out, emphasis
    and inline code are closed, a link shows its text before its address is known. In `code` it is
    only held back.
    """
    begin = source.rfind("\n") + 1
    if begin == len(source):
        return source
    if _UNDECIDED.fullmatch(source, begin):
        return source[:begin]
    if code:
        return source
    if (link := _LINK.search(source, begin)) is not None:
        return source[: link.start()] + link[1]
    paragraph = source[source.rfind("\n\n") + 1 :]
    if paragraph.count("```") % 2:
        return source
    if paragraph.count("`") % 2:
        return source if source.endswith("`") else source + "`"
    for mark in ("**", "~~"):
        if paragraph.count(mark) % 2 and not paragraph[paragraph.rfind(mark) + 2 :][:1].isspace():
            return source if source.endswith(mark[0]) else source + mark
    return source
