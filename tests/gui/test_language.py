"""German is a real language of the window: complete, with every placeholder where it belongs."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QLocale
from PySide6.QtWidgets import QApplication

import desktop_llm
from desktop_llm.config.paths import resources
from desktop_llm.core.errors import AppError, in_a_row, sentence
from desktop_llm.gui import language
from desktop_llm.gui.bridge import Bridge
from desktop_llm.gui.error_card import ErrorCard
from desktop_llm.gui.main_window import MainWindow
from desktop_llm.gui.sentences import error_text, translated
from desktop_llm.gui.settings_page.page import SettingsPage
from desktop_llm.gui.theme import Theme
from desktop_llm.gui.workbench import Workbench
from desktop_llm.models.weights import verify_shard
from tests.helpers.fake_core import FakeCore


def texts_in(file: Path) -> list[tuple[str, str, ET.Element | None]]:
    """Context, source and translation of every text."""
    return [
        (context.findtext("name", ""), message.findtext("source", ""), message.find("translation"))
        for context in ET.parse(file).iter("context")
        for message in context.iter("message")
    ]


TEXTS = texts_in(resources() / "translations" / "desktop_llm_de.ts")


@pytest.fixture
def german(qapp: QApplication) -> Iterator[None]:
    translators = language.install(qapp, "de")
    assert len(translators) == 2
    yield
    language.remove(qapp, translators)
    for translator in translators:
        translator.deleteLater()


def test_that_the_file_has_the_texts_of_the_code_and_no_others(tmp_path: Path) -> None:
    found = tmp_path / "found.ts"
    script = Path(desktop_llm.__file__).parents[1] / "packaging" / "translations.py"
    subprocess.run([sys.executable, script, found], check=True)
    texts = {(context, source) for context, source, _ in texts_in(found)}
    assert texts == {(context, source) for context, source, _ in TEXTS}


def test_that_every_text_is_translated_with_its_placeholders() -> None:
    assert len(TEXTS) > 250
    for context, source, translation in TEXTS:
        assert translation is not None
        assert translation.get("type") != "unfinished", (context, source)
        names = re.findall(r"\{\w*\}", source)
        assert sorted(names) == sorted(re.findall(r"\{\w*\}", translation.text or "")), source


@pytest.mark.usefixtures("german")
def test_that_the_compiled_file_says_what_the_source_says() -> None:
    for context, source, translation in TEXTS:
        assert translation is not None
        assert QCoreApplication.translate(context, source) == translation.text, source


@pytest.mark.usefixtures("german")
def test_that_an_error_of_the_core_is_german_in_the_window(tmp_path: Path) -> None:
    folder = tmp_path / "{size}"
    folder.mkdir()
    shard = folder / "model.safetensors"
    shard.write_bytes(bytes([200]) + bytes(7) + b"{}")
    with pytest.raises(AppError) as raised:
        verify_shard(shard)
    error = raised.value
    assert error.message == (
        "The weight file model.safetensors is damaged: it ends after 10 B, inside its header."
    )
    card = ErrorCard()
    card.show_error(error)
    assert card.message.text() == (
        "Die Gewichtsdatei model.safetensors ist beschädigt: Sie endet nach 10 B, mitten im Header."
    )
    assert card.hint.text().startswith("Laden Sie das Modell noch einmal")
    card.deleteLater()
    shard.unlink()
    with pytest.raises(AppError) as raised:
        verify_shard(shard)
    assert error_text(raised.value).startswith(
        f"Die Gewichtsdatei model.safetensors fehlt in {folder}. Laden Sie"
    )


@pytest.mark.usefixtures("german")
def test_that_sentences_in_a_row_are_translated_one_by_one() -> None:
    row = in_a_row(sentence("Free some disk space."), "", "ENOSPC {x}")
    assert row == "Free some disk space. ENOSPC {x}"
    assert translated(row) == "Schaffen Sie Platz auf der Festplatte. ENOSPC {x}"


@pytest.mark.usefixtures("german")
def test_that_what_was_stored_as_plain_text_is_translated_if_nothing_was_filled_in() -> None:
    assert translated("The conversations are not open yet.").startswith("Die Unterhaltungen")
    assert translated("What a model wrote.") == "What a model wrote."


@pytest.mark.usefixtures("german")
async def test_that_the_window_speaks_german(core: FakeCore, theme: Theme) -> None:
    window = MainWindow(core.paths.config / "window.json", theme.colors)
    bench = Workbench(core, Bridge(core.loop), theme)
    window.fill(bench)
    window.show()
    assert bench.panel.new_chat.text() == "Neuer Chat"
    assert bench.status.phase.text() == "Kein Modell geladen"
    page = bench.show_page("settings")
    assert isinstance(page, SettingsPage)
    page.language.show_value("de")
    page.language.edited.emit()
    assert core.settings.current.language == "de"
    assert page.language.problem.text() == "Gilt ab dem nächsten Start."
    window.close()
    await bench.shut()
    window.deleteLater()


def test_that_english_needs_no_translation(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QLocale, "system", lambda: QLocale("en_GB"))
    assert language.install(qapp, "en") == []
    assert language.install(qapp, "system") == []
    assert QCoreApplication.translate("Composer", "Send") == "Send"
