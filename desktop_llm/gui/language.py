"""The language of the window's texts: the system's where it is shipped, else English."""

from __future__ import annotations

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from desktop_llm.config.paths import resources

# The code and the language's own name for itself. English is the language of the code.
LANGUAGES = (("en", "English"), ("de", "Deutsch"))


def install(app: QApplication, choice: str) -> list[QTranslator]:
    """Translate what is made from now on; `choice` is system or a code of `LANGUAGES`.

    GUI thread, before the first text. Returns what `remove` takes away again.
    """
    locale = QLocale.system() if choice == "system" else QLocale(choice)
    QLocale.setDefault(QLocale(QLocale.Language.English))
    if locale.language() == QLocale.Language.English:
        return []
    shipped = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    translators = []
    for name, folder in (("desktop_llm", str(resources() / "translations")), ("qtbase", shipped)):
        translator = QTranslator(app)
        if translator.load(locale, name, "_", folder):
            app.installTranslator(translator)
            translators.append(translator)
            if folder != shipped:
                QLocale.setDefault(locale)  # numbers are written as the texts' language does
    return translators


def remove(app: QApplication, translators: list[QTranslator]) -> None:
    """Back to English, for what is made from now on."""
    QLocale.setDefault(QLocale(QLocale.Language.English))
    for translator in translators:
        app.removeTranslator(translator)
