"""Where the port listens, under which names, with which certificate, for how many at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from desktop_llm.config.server import LOOPBACK, ServerSettings
from desktop_llm.gui.forms import Field, NumberField, TextField
from desktop_llm.gui.theme import M, S
from desktop_llm.gui.widgets import Card, button, hairline

_WIDE = 300


class ListeningForm(Card):
    """GUI thread. `changed` carries whole settings, as the form says them now."""

    changed = Signal(object)

    def __init__(self, settings: ServerSettings) -> None:
        super().__init__(spacing=M)
        self._settings = settings
        self.host = TextField(
            "host",
            self.tr("Address to listen on"),
            LOOPBACK,
            self.tr(
                "127.0.0.1 is for programs on this computer alone; 0.0.0.0 is for every network "
                "that it is in."
            ),
            _WIDE,
        )
        self.port = NumberField(
            "port",
            self.tr("Port"),
            str(_default("port")),
            self.tr("From 1 to 65535; those under 1024 are the system's own."),
        )
        self.hosts = TextField(
            "hosts",
            self.tr("Further names of this computer"),
            self.tr("none"),
            self.tr(
                "Requests under another name are refused, so that no web page can reach the port. "
                "Separate names with commas."
            ),
            _WIDE,
        )
        self.certificate = TextField(
            "certificate",
            self.tr("TLS certificate"),
            self.tr("none: without TLS"),
            self.tr("Your own, as a PEM file with its chain."),
            _WIDE,
        )
        self.certificate_key = TextField(
            "certificate_key",
            self.tr("Key of the certificate"),
            self.tr("in the same file"),
            self.tr("A PEM file without a passphrase."),
            _WIDE,
        )
        self.max_concurrency = NumberField(
            "max_concurrency",
            self.tr("Requests answered at once"),
            str(_default("max_concurrency")),
            self.tr("From 1 to 1,024; your own chats are not among them, and come first."),
        )
        self.max_queue = NumberField(
            "max_queue",
            self.tr("Requests in line for an answer"),
            str(_default("max_queue")),
            self.tr("From 0 to 4,096; what comes beyond is told to come back later."),
        )
        self._counts = (self.max_concurrency, self.max_queue)
        self._fields: tuple[TextField, ...] = (
            self.host,
            self.port,
            self.hosts,
            self.certificate,
            self.certificate_key,
            *self._counts,
        )
        for field in self._fields:
            field.explain()
            field.edited.connect(lambda field=field: self._edited(field))
        self.browse = button(self.tr("Choose…"))
        self.browse.setAccessibleName(self.tr("Choose a TLS certificate"))
        self.browse.clicked.connect(self.ask_certificate)
        self._build()
        self.show_settings(settings)

    def show_settings(self, settings: ServerSettings) -> None:
        """Show `settings` without telling anyone."""
        self._settings = settings
        self.host.show_value("" if settings.host == LOOPBACK else settings.host)
        self.hosts.show_value(", ".join(settings.hosts))
        self.certificate.show_value(settings.certificate)
        self.certificate_key.show_value(settings.certificate_key)
        # A port is a name, not a count: 8000 has no separator.
        self.port.show_value("" if settings.port == _default("port") else str(settings.port))
        for field in self._counts:
            value = getattr(settings, field.name)
            field.show_number(None if value == _default(field.name) else value)
        for each in self._fields:
            each.refuse("")

    def follow(self, settings: ServerSettings) -> None:
        """Show `settings` where they are not those that were shown or said last."""
        if settings != self._settings:
            self.show_settings(settings)

    def ask_certificate(self) -> None:
        """Let the person choose a certificate, and then its key."""
        self._ask_file(self.tr("Choose a TLS certificate"), self._take_certificate)

    def _take_certificate(self, name: str) -> None:
        self.certificate.show_value(name)
        if _holds_key(Path(name)):
            self.certificate_key.show_value("")
            self._edited(self.certificate)
        else:
            self._ask_file(self.tr("Choose the key of the certificate"), self._take_key)

    def _take_key(self, name: str) -> None:
        self.certificate_key.show_value(name)
        self._edited(self.certificate_key)

    def _ask_file(self, title: str, then: Any) -> None:
        dialog = QFileDialog(self, title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self.tr("PEM files (*.pem *.crt *.cer *.key)"), self.tr("All (*)")])
        dialog.fileSelected.connect(then)
        dialog.open()

    def _edited(self, field: Field) -> None:
        try:
            settings = self._read()
        except ValidationError as error:
            wrong = {str(part["loc"][0]) if part["loc"] else "" for part in error.errors()}
            for each in self._fields:
                bad = each.name in wrong or (not wrong - {""} and each is self.certificate)
                each.refuse(each.control.accessibleDescription() if bad else "")
            return
        except ValueError as error:
            field.refuse(f"{error} {field.control.accessibleDescription()}")
            return
        for each in self._fields:
            each.refuse("")
        if settings != self._settings:
            self.changed.emit(settings)

    def _read(self) -> ServerSettings:
        """Raises ValueError: what is no number, or out of bounds."""
        names = tuple(name.strip() for name in self.hosts.value.split(",") if name.strip())
        values = self._settings.model_dump() | {
            "host": self.host.value or LOOPBACK,
            "hosts": names,
            "certificate": self.certificate.value,
            "certificate_key": self.certificate_key.value if self.certificate.value else "",
        }
        for field in (self.port, *self._counts):
            number = field.number()
            values[field.name] = _default(field.name) if number is None else number
        return ServerSettings.model_validate(values)

    def _build(self) -> None:
        certificate = QWidget()
        row = QHBoxLayout(certificate)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(S)
        column = QVBoxLayout()
        column.addWidget(self.certificate)
        row.addLayout(column, 1)
        row.addWidget(self.browse, 0, Qt.AlignmentFlag.AlignTop)
        rows: tuple[QWidget, ...] = (
            self.host,
            self.port,
            self.hosts,
            certificate,
            self.certificate_key,
            *self._counts,
        )
        for place, part in enumerate(rows):
            if place:
                self.body.addWidget(hairline())
            self.body.addWidget(part)


def _default(name: str) -> Any:
    return ServerSettings.model_fields[name].default


def _holds_key(file: Path) -> bool:
    """Whether a PEM file has its private key in it. Small files, read at once."""
    try:
        with file.open("rb") as stream:
            return b"PRIVATE KEY-----" in stream.read(1_000_000)
    except OSError:
        return False
