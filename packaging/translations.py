"""Bring the window's texts from the code into resources/translations/.

    python packaging/translations.py [FILE.ts …]

Updates the named files (by default all that are there) with Qt's lupdate and compiles them with
lrelease; what is new is marked unfinished until somebody translates it. lupdate finds the texts of
`desktop_llm/gui` itself. The errors told elsewhere know nothing of Qt: their templates, the first
argument of every `sentence`, are handed to it under the context ``Errors``.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import PySide6

ROOT = Path(__file__).resolve().parent.parent
CODE = ROOT / "desktop_llm"
QT = Path(PySide6.__file__).parent


def templates(module: Path) -> Iterator[str]:
    """The templates of a module's sentences. Exits with a sentence for one that is no literal."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "sentence":
            template = node.args[0]
            if not isinstance(template, ast.Constant) or not isinstance(template.value, str):
                sys.exit(f"{module}:{node.lineno}: the template must be a literal text.")
            yield template.value


def update(files: list[Path]) -> None:
    """Write the texts of the code into `files` and compile each beside itself."""
    found = sorted({text for module in CODE.rglob("*.py") for text in templates(module)})
    with tempfile.TemporaryDirectory() as folder:
        errors = Path(folder) / "errors.py"
        lines = (f'QCoreApplication.translate("Errors", {_quoted(text)})\n' for text in found)
        errors.write_text("".join(lines), "utf-8")
        sources = [*sorted((CODE / "gui").rglob("*.py")), errors]
        options = ["-silent", "-no-obsolete", "-locations", "none", "-source-language", "en"]
        subprocess.run([QT / "lupdate", *options, *sources, "-ts", *files], check=True)
    for file in files:
        subprocess.run([QT / "lrelease", "-silent", file], check=True)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


if __name__ == "__main__":
    named = [Path(name).absolute() for name in sys.argv[1:]]
    update(named or sorted((ROOT / "resources" / "translations").glob("*.ts")))
