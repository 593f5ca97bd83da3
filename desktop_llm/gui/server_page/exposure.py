"""Asks before the port can be reached from other computers, and says what that means."""

from __future__ import annotations

from PySide6.QtCore import Signal

from desktop_llm.config.server import ServerSettings
from desktop_llm.gui.flow import FlowLayout
from desktop_llm.gui.theme import S
from desktop_llm.gui.widgets import Card, button, label


class ExposureCard(Card):
    """Hidden until it has something to ask. `agreed` carries the settings that were asked about.

    `certificate_asked`: the person would have TLS first. `declined`: they stay on loopback.
    """

    agreed = Signal(object)
    declined = Signal()
    certificate_asked = Signal()

    def __init__(self) -> None:
        super().__init__("warning")
        self.asked: ServerSettings | None = None
        self.heading = label("", "section", wrap=True)
        self.words = label("", "muted", wrap=True)
        self.agree = button("")
        self.agree.clicked.connect(self._agree)
        self.certificate = button(self.tr("Choose a certificate…"), "primary")
        self.certificate.clicked.connect(self.certificate_asked)
        self.decline = button(self.tr("Stay on this computer"))
        self.decline.clicked.connect(self._decline)
        row = FlowLayout(S)
        for press in (self.certificate, self.agree, self.decline):
            row.addWidget(press)
        self.body.addWidget(self.heading)
        self.body.addWidget(self.words)
        self.body.addLayout(row)
        self.hide()

    def ask(self, settings: ServerSettings) -> None:
        """Ask about `settings`, which listen beyond loopback."""
        again = self.asked is not None
        self.asked = settings
        self.heading.setText(
            self.tr("Other computers will reach the port at {host}.").format(host=settings.host)
        )
        if settings.tls:
            self.words.setText(
                self.tr(
                    "Whoever reaches this computer and has the API key can use the model. The "
                    "connection is encrypted by your certificate."
                )
            )
            self.agree.setText(self.tr("Open it with TLS"))
        else:
            self.words.setText(
                self.tr(
                    "Whoever reaches this computer and has the API key can use the model. Without "
                    "a certificate the key and every prompt go over the network readable."
                )
            )
            self.agree.setText(self.tr("Open it without TLS"))
        self.certificate.setVisible(not settings.tls)
        self.setAccessibleName(self.heading.text())
        self.setAccessibleDescription(self.words.text())
        self.show()
        if not again:
            (self.agree if settings.tls else self.certificate).setFocus()

    def withdraw(self) -> None:
        """Ask no longer."""
        self.asked = None
        self.hide()

    def _agree(self) -> None:
        settings = self.asked
        self.withdraw()
        self.agreed.emit(settings)

    def _decline(self) -> None:
        self.withdraw()
        self.declined.emit()
