"""The page of the HTTP port."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop_llm.config.server import ServerSettings, is_loopback
from desktop_llm.core.errors import AppError
from desktop_llm.engine.types import Phase
from desktop_llm.gui.error_card import ErrorCard
from desktop_llm.gui.fixes import Fixes
from desktop_llm.gui.forms import SwitchField
from desktop_llm.gui.model_control import BUSY, ModelControl
from desktop_llm.gui.port_control import PortControl
from desktop_llm.gui.port_words import dot_color, state_text
from desktop_llm.gui.server_page.access import AccessRows
from desktop_llm.gui.server_page.exposure import ExposureCard
from desktop_llm.gui.server_page.listening_form import ListeningForm
from desktop_llm.gui.server_page.log_view import PortLog
from desktop_llm.gui.server_page.request_rows import RequestRows
from desktop_llm.gui.server_page.snippet_view import SnippetView
from desktop_llm.gui.server_page.snippets import Endpoint
from desktop_llm.gui.status_bar import Dot
from desktop_llm.gui.tasks import Tasks
from desktop_llm.gui.theme import XL, L, M, S, Theme
from desktop_llm.gui.widgets import Card, button, label
from desktop_llm.server.state import PortPhase

_WIDEST = 860
_LIVE_MS = 1000


class ServerPage(QScrollArea):
    """GUI thread; `close_page` must be called at the end. `models_asked`: show the Models page.

    The requests are looked at once a second while the page is seen and the port is open.
    """

    models_asked = Signal()

    def __init__(
        self, port: PortControl, engine: ModelControl, fixes: Fixes, theme: Theme, tasks: Tasks
    ) -> None:
        super().__init__()
        self.setObjectName("page")
        self._port = port
        self._engine = engine
        self._tasks = tasks
        self._looking = False
        self.switch = SwitchField("enabled", self.tr("Serve the loaded model to other programs"))
        self.switch.edited.connect(self._switch)
        self.dot = Dot(theme)
        self.state = label("", "muted", wrap=True)
        self.state.setAccessibleName(self.tr("State of the port"))
        self.failure = ErrorCard()
        self.failure.fix_asked.connect(fixes.carry_out)
        self.problem = ErrorCard()
        self.problem.fix_asked.connect(fixes.carry_out)
        self.no_model = Card("accent")
        self.no_model_text = label("", wrap=True)
        self.load = button("", "primary")
        self.load.clicked.connect(lambda: engine.load(engine.default_model()))
        self.models = button(self.tr("Open Models"))
        self.models.clicked.connect(self.models_asked)
        self.access = AccessRows()
        self.access.renew_asked.connect(lambda: tasks.start(port.renew_key()))
        self.form = ListeningForm(port.settings)
        self.form.changed.connect(self._changed)
        self.exposure = ExposureCard()
        self.exposure.agreed.connect(self._apply)
        self.exposure.declined.connect(lambda: self.form.show_settings(port.settings))
        self.exposure.certificate_asked.connect(self.form.ask_certificate)
        self.snippets = SnippetView(theme)
        self.requests = RequestRows(theme)
        self.requests.stop_asked.connect(port.stop_request)
        self.log = PortLog(theme, port.log.copy)
        self._timer = QTimer(self)
        self._timer.setInterval(_LIVE_MS)
        self._timer.timeout.connect(self._look)
        port.changed.connect(self.refresh)
        engine.changed.connect(self.refresh)
        self._build()
        self.refresh()

    def close_page(self) -> None:
        """Look no more."""
        self._timer.stop()
        self.log.timer.stop()

    def setFocus(self, reason: Qt.FocusReason = Qt.FocusReason.OtherFocusReason) -> None:
        self.switch.control.setFocus(reason)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._tasks.start(self._port.look())
        self._follow()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def refresh(self) -> None:
        """Show the port and the model as they are."""
        state, settings = self._port.state, self._port.settings
        self.switch.show_value(settings.enabled)
        if self.exposure.asked is None:
            self.form.follow(settings)
        self.dot.show_color(dot_color(state))
        self.state.setText(state_text(state))
        self._show_failure(state.failure)
        self.problem.show_error(state.problem)
        self._show_no_model()
        base = state.address or settings.address
        self.access.show_address(f"{base}/v1")
        self.access.show_key(self._port.key)
        model = self._engine.state.model
        self.snippets.show_endpoint(
            Endpoint(
                address=base,
                model=state.model or (model.name if model else self.tr("MODEL")),
                key=self._port.key,
                context=model.context_length if model else 4096,
                certificate=settings.certificate,
            )
        )
        self._follow()

    def _show_failure(self, failure: AppError | None) -> None:
        if failure is self.failure.error:
            return
        self.failure.show_error(failure)
        if failure is None:
            return
        self.failure.offer(self.tr("Try again"), lambda: self._port.switch(True))
        if failure.fix_value.isdecimal():
            free = int(failure.fix_value)
            words = self.tr("Use port {port}").format(port=free)
            self.failure.offer(words, lambda: self._use_port(free))
        self._reveal(self.failure)

    def _reveal(self, card: QWidget) -> None:
        """Scroll to a card that is shown only now."""
        self._column.activate()
        self.ensureWidgetVisible(card)

    def _show_no_model(self) -> None:
        state = self._engine.state
        self.no_model.setVisible(state.phase not in {Phase.READY, Phase.UNLOADING})
        busy = state.phase in BUSY
        self.no_model_text.setText(
            self.tr("The model is being loaded; requests are answered when it is ready.")
            if busy
            else self.tr("No model is loaded, so there is nothing to serve yet: load one.")
        )
        name = self._engine.name_of(self._engine.default_model())
        self.load.setText(self.tr("Load {name}").format(name=name))
        self.load.setVisible(not busy)

    def _switch(self) -> None:
        settings = self._port.settings
        if self.switch.value and not is_loopback(settings.host):
            self.switch.show_value(False)
            self.exposure.ask(settings.model_copy(update={"enabled": True}))
            self._reveal(self.exposure)
        else:
            self.exposure.withdraw()
            self._port.switch(self.switch.value)

    def _changed(self, settings: ServerSettings) -> None:
        """The form says something else now."""
        asked = self.exposure.asked is not None
        before = self._port.settings
        opens = not is_loopback(settings.host) and (
            is_loopback(before.host) or (before.tls and not settings.tls)
        )
        if opens or (asked and not is_loopback(settings.host)):
            if self.exposure.asked is not None:
                settings = settings.model_copy(update={"enabled": self.exposure.asked.enabled})
            self.exposure.ask(settings)
            self._reveal(self.exposure)
        else:
            self.exposure.withdraw()
            self._apply(settings)

    def _apply(self, settings: ServerSettings) -> None:
        self._port.apply(settings)
        self.form.show_settings(settings)
        self.refresh()

    def _use_port(self, port: int) -> None:
        self._apply(self._port.settings.model_copy(update={"port": port, "enabled": True}))

    def _follow(self) -> None:
        wanted = self.isVisible() and self._port.state.phase in {
            PortPhase.SERVING,
            PortPhase.DRAINING,
        }
        if not wanted:
            self._timer.stop()
            self.requests.show_requests(())
            self.requests.show_figures(None)
        elif not self._timer.isActive():
            self._timer.start()
            self._look()

    def _look(self) -> None:
        if not self._looking:
            self._looking = True
            self._tasks.start(self._show_live())

    async def _show_live(self) -> None:
        try:
            live, figures = await self._port.live()
        finally:
            self._looking = False
        if self._timer.isActive():
            self.requests.show_requests(live)
            self.requests.show_figures(figures)

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(S)
        row.addWidget(self.dot, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.state, 1)
        switch = Card(spacing=M)
        switch.body.addWidget(self.switch)
        switch.body.addLayout(row)
        buttons = QHBoxLayout()
        buttons.setSpacing(S)
        buttons.addWidget(self.load)
        buttons.addWidget(self.models)
        buttons.addStretch()
        self.no_model.body.addWidget(self.no_model_text)
        self.no_model.body.addLayout(buttons)
        words = label(
            self.tr(
                "Editors, scripts and other programs can use the model that is loaded here, as "
                "they would use OpenAI's or Anthropic's API. Your own chats come first."
            ),
            "muted",
            wrap=True,
        )
        content = QWidget()
        content.setObjectName("scrollContent")
        content.setMaximumWidth(_WIDEST)
        column = self._column = QVBoxLayout(content)
        column.setContentsMargins(XL, L + S, XL, XL)
        column.setSpacing(L)
        column.addWidget(label(self.tr("Server"), "heading"))
        column.addWidget(words)
        for part in (switch, self.failure, self.problem, self.no_model, self.exposure):
            column.addWidget(part)
        for title, part in (
            (self.tr("Access"), self.access),
            (self.tr("Connect a program"), self.snippets),
            (self.tr("Requests"), self.requests),
            (self.tr("Log"), self.log),
            (self.tr("Where it listens"), self.form),
        ):
            column.addWidget(_titled(title, part))
        column.addStretch()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(content)


def _titled(title: str, part: QWidget) -> QWidget:
    widget = QWidget()
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(S)
    column.addWidget(label(title, "section"))
    column.addWidget(part)
    return widget
