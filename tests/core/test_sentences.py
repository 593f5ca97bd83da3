"""An error's texts know their templates wherever the window may show them."""

from __future__ import annotations

import ast
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import desktop_llm
from desktop_llm.core.errors import AppError, Fix, Sentence, in_a_row, sentence

CODE = Path(desktop_llm.__file__).parent
# The window's own texts are translated where they are written, and a terminal is told English.
ELSEWHERE = ("gui", "cli", "doctor", "__main__.py", "desktop_entry.py")
MODULES = [
    module
    for module in sorted(CODE.rglob("*.py"))
    if module.relative_to(CODE).parts[0] not in ELSEWHERE
    and "AppError(" in module.read_text("utf-8")
]


def test_that_a_sentence_is_its_english_text_and_keeps_what_it_was_made_of() -> None:
    made = sentence("{name} has {size}.", name=Path("a"), size=3)
    assert made == "a has 3."
    assert (made.template, made.values) == ("{name} has {size}.", {"name": "a", "size": "3"})
    error = replace(AppError("x", made), fix=Fix.SHOW_LOG)
    assert error.message is made
    assert str(error) == "a has 3."
    sent = pickle.loads(pickle.dumps(error))
    assert (sent.message.template, sent.message.values) == (made.template, made.values)


def test_that_sentences_in_a_row_stay_sentences() -> None:
    row = in_a_row(sentence("One."), "", sentence("Two."))
    assert row == "One. Two."
    assert all(isinstance(part, Sentence) for part in row.values.values())


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(CODE)))
def test_that_no_error_the_window_may_show_has_a_raw_text(module: Path) -> None:
    tree = ast.parse(module.read_text("utf-8"))
    raw = [
        f"{module}:{text.lineno}"
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "AppError"
        for argument in (*call.args[1:3], *_named(call, "message", "hint"))
        for text in _raw_texts(argument, tree)
    ]
    assert raw == []


def _named(call: ast.Call, *names: str) -> list[ast.expr]:
    return [keyword.value for keyword in call.keywords if keyword.arg in names]


def _raw_texts(node: ast.expr, tree: ast.Module) -> Iterator[ast.expr]:
    """Texts in `node`, and in what is assigned to a name in it, that no call has wrapped."""
    match node:
        case ast.Constant(value=str(text)) if text:
            yield node
        case ast.JoinedStr():
            yield node
        case ast.Call(func=ast.Name(id="in_a_row"), args=parts):
            for part in parts:
                yield from _raw_texts(part, tree)
        case ast.BinOp() | ast.IfExp() | ast.BoolOp():
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    yield from _raw_texts(child, tree)
        case ast.Name(id=name):
            for value in _assigned(name, tree):
                yield from _raw_texts(value, tree)


def _assigned(name: str, tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                match target, node.value:
                    case ast.Name(id=found), value if found == name:
                        yield value
                    case ast.Tuple(elts=targets), ast.Tuple(elts=values):
                        yield from (
                            value
                            for one, value in zip(targets, values, strict=True)
                            if isinstance(one, ast.Name) and one.id == name
                        )
