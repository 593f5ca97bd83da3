"""What fills the window: sidebar, pages, status bar and toasts, with the shortcuts bound."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_llm.chat.types import ChatChange, ChatChanged, SearchHit
from desktop_llm.config.settings import Settings
from desktop_llm.core.errors import AppError
from desktop_llm.gui import shortcuts
from desktop_llm.gui.bridge import Bridge
from desktop_llm.gui.chat_page.controller import ChatController
from desktop_llm.gui.chat_page.drafts import Drafts
from desktop_llm.gui.chat_page.page import ChatPage
from desktop_llm.gui.columns import Columns
from desktop_llm.gui.conversations.panel import ConversationPanel
from desktop_llm.gui.conversations.snippet import matched_words
from desktop_llm.gui.core import Core
from desktop_llm.gui.failed_loads import FailedLoads
from desktop_llm.gui.fix_labels import fix_label
from desktop_llm.gui.fixes import Fixes
from desktop_llm.gui.geometry import SIDEBAR, DockPlace
from desktop_llm.gui.memory_dock.control import MemoryDockControl
from desktop_llm.gui.memory_dock.dock import MemoryDock
from desktop_llm.gui.model_control import ModelControl
from desktop_llm.gui.page_makers import PageMakers
from desktop_llm.gui.pages import Pages
from desktop_llm.gui.port_control import PortControl
from desktop_llm.gui.profile_changes import ProfileChanges
from desktop_llm.gui.sentences import error_text
from desktop_llm.gui.sidebar import CHAT, MODELS, MONITOR, QUANTIZE, SERVER, SETTINGS, Sidebar
from desktop_llm.gui.status_bar import StatusBar
from desktop_llm.gui.tasks import Background, Tasks
from desktop_llm.gui.theme import Theme
from desktop_llm.gui.toasts import Toast, Toasts
from desktop_llm.quantize.types import Job


class Workbench(QWidget):
    """Made on the GUI thread, inside the running qasync loop; `shut` must be awaited at the end."""

    def __init__(
        self,
        core: Core,
        bridge: Bridge,
        theme: Theme,
        sidebar_width: int = SIDEBAR,
        dock: DockPlace = DockPlace(),  # noqa: B008 - frozen
    ) -> None:
        super().__init__()
        self._core = core
        self._bridge = bridge
        self.theme = theme
        self.tasks = Tasks(self.report)
        self.background = Background()
        self.engine = ModelControl(core, bridge, self.tasks, self.background)
        self.port = PortControl(core, bridge, self.tasks, self.background)
        self.fixes = Fixes(self.engine, ProfileChanges(core.profiles))
        self.drafts = Drafts(core.paths.data / "drafts.json", self.background)

        self.chat_page = ChatPage(theme)
        self._makers = PageMakers(
            core,
            bridge,
            self.engine,
            self.port,
            self.fixes,
            theme,
            self.tasks,
            self.background,
        )
        self.pages = Pages({CHAT: lambda: self.chat_page} | self._makers.makers)
        self.toasts = Toasts(theme, self.pages, self)
        self._failed_loads = FailedLoads(self.engine, self.pages, self.toasts, self._say)
        self.panel = ConversationPanel(core.store, self._delete, theme, self.tasks, self.toasts)
        self.sidebar = Sidebar(theme, self.panel)
        self.chat = ChatController(
            core,
            bridge,
            self.engine,
            self.fixes,
            self.tasks,
            self.drafts,
            self.chat_page,
            self.background,
        )
        self.status = StatusBar(core, self.engine, self.port, theme, self.tasks, self.background)
        self.dock = MemoryDock(theme)
        self.memory = MemoryDockControl(
            core, bridge, self.engine, self.dock, self.tasks, self.report
        )
        self.columns = Columns(self.sidebar, self.pages, self.dock, sidebar_width, dock)
        self.status.dock.setChecked(dock.open)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.columns, 1)
        column.addWidget(self.status)
        # Parts without a place on the screen die with the window too, on its thread.
        for part in (
            self.engine,
            self.port,
            self.fixes,
            self._makers,
            self.drafts,
            self.chat,
            self._failed_loads,
            self.memory,
        ):
            part.setParent(self)
        self._connect()
        self.show_page(CHAT)

    @property
    def page(self) -> str:
        """The page on show, as `sidebar` calls it."""
        return self.pages.current

    def show_page(self, name: str, *, focus: bool = True) -> QWidget:
        """Show a page, made at its first showing, and return it. It gets the focus."""
        return self.pages.show_page(name, focus=focus)

    def show_dock(self, shown: bool) -> None:
        """Show or hide the memory and KV cache at the right."""
        self.status.dock.setChecked(shown)
        self.columns.show_dock(shown)

    def report(self, error: AppError) -> None:
        """Say an expected failure that has no better place."""
        self._say(error)

    def _say(self, error: AppError, model: Path | None = None) -> Toast:
        """`model` is the one that the error's fix is for."""
        fix, value = error.fix, error.fix_value
        return self.toasts.say(
            error_text(error),
            fix_label(fix, value),
            lambda: self.fixes.carry_out(fix, value, model),
            12_000,
        )

    def begin(self) -> None:
        """Start what the first paint must not wait for."""
        self.show_page(self.page)  # only inside its window can it have the focus
        self.status.start()
        self.port.begin()
        self.panel.reload()
        if self._core.store.problem is None:
            self.tasks.start(self.drafts.forget_gone(self._core.store))

    async def open_quantize(self) -> None:
        """Tidy up after a job that the last end of the app interrupted. Raises AppError."""
        await self.background.run(_import_quantize)
        await self._bridge.call(self._core.quantize.open())

    async def show_first_run(self) -> None:
        """Show the card of the first start in the empty chat page, until a way on is chosen."""
        from desktop_llm.gui.first_run import FirstRunCard

        card = FirstRunCard(await self.background.run(self._core.machine))
        card.guide_chosen.connect(self._start_with_guide)
        card.folder_chosen.connect(self._start_with_folder)
        self.chat_page.empty.put_card(card)
        card.guide.setFocus(Qt.FocusReason.OtherFocusReason)

    def may_leave(self, leave: Callable[[], object]) -> bool:
        """Whether nothing would be lost by leaving now; else the person is asked, and a yes calls
        `leave`.
        """
        job = self._core.quantize.running
        if job is None:
            return True
        from desktop_llm.gui.leaving import LeavingDialog

        if self.findChild(LeavingDialog) is None:
            dialog = LeavingDialog(job, self)
            dialog.left.connect(leave)
            dialog.show()
        return False

    async def shut(self) -> None:
        """Save what is the window's own and end its tasks and its thread."""
        for unsubscribe in self._subscriptions:
            unsubscribe()
        self._makers.close()
        await self.chat.close()
        self.memory.close()
        self.engine.close()
        self.port.close()
        self.status.stop()
        self.drafts.flush()
        await self.tasks.close()
        await self.background.run(self._core.settings.flush)
        await self.background.run(self._core.profiles.flush)
        self.background.close()

    def _connect(self) -> None:
        self.pages.shown.connect(self._page_shown)
        self._makers.page_asked.connect(self.show_page)
        self._makers.quantize_asked.connect(self._quantize)
        self._makers.chat_asked.connect(self._chat_with)
        self._makers.job_ended.connect(self._say_quantized)
        self._makers.job_progressed.connect(lambda words: self.sidebar.say(QUANTIZE, words))
        self.sidebar.page_asked.connect(self.show_page)
        self.panel.opened.connect(self._open)
        self.panel.hit_opened.connect(self._open_hit)
        self.panel.new_chat_asked.connect(self._new_chat)
        self.panel.deleted.connect(self.chat.forget)
        self.panel.restored.connect(self.chat.remember)
        self.panel.writing_wanted.connect(self._write)
        self.chat.opened.connect(self.panel.set_open)
        self.chat.outbox.waiting.connect(self._first_run_done)
        self.chat.streams_changed.connect(self.panel.set_streaming)
        self.chat_page.models_asked.connect(lambda: self.show_page(MODELS))
        self.status.reload_asked.connect(self.engine.reload)
        self.status.log_asked.connect(self.show_log)
        self.status.port_asked.connect(lambda: self.show_page(SERVER))
        self.status.dock.clicked.connect(self.show_dock)
        self.dock.closed.connect(lambda: self.show_dock(False))
        self.status.models.models_asked.connect(lambda: self.show_page(MODELS))
        self.fixes.models_wanted.connect(lambda: self.show_page(MODELS))
        self.fixes.settings_wanted.connect(lambda: self.show_page(SETTINGS))
        self.fixes.profile_wanted.connect(self._edit_profile)
        self.fixes.log_wanted.connect(self.show_log)
        self.fixes.profile_fixed.connect(self._profile_fixed)
        self._subscriptions = [
            self._core.chat.changed.subscribe(
                lambda change: self._bridge.post(lambda: self._chat_changed(change))
            ),
            self._core.settings.changed.subscribe(self._settings_changed),
            self._core.settings.failed.subscribe(self._not_saved),
            self._core.profiles.failed.subscribe(self._not_saved),
        ]
        shortcuts.install(
            self,
            {
                "new_chat": self._new_chat,
                "search": self.panel.focus_search,
                "rename": self.panel.rename_current,
                "undo_delete": self.panel.undo_delete,
                "focus_composer": lambda: self.show_page(CHAT),
                "regenerate": self.chat.regenerate_last,
                "copy_answer": self._copy_answer,
                "settings_sheet": self._toggle_sheet,
                "choose_model": self.status.models.open_menu,
                "memory_dock": lambda: self.show_dock(not self.columns.dock_place.open),
                "page_chat": lambda: self.show_page(CHAT),
                "page_models": lambda: self.show_page(MODELS),
                "page_quantize": lambda: self.show_page(QUANTIZE),
                "page_server": lambda: self.show_page(SERVER),
                "page_monitor": lambda: self.show_page(MONITOR),
                "page_settings": lambda: self.show_page(SETTINGS),
                "shortcuts": lambda: shortcuts.ShortcutsDialog(self).show(),
                "quit": lambda: self.window().close(),
            },
        )

    def _chat_changed(self, change: ChatChanged) -> None:
        if change.change is ChatChange.CONVERSATIONS:
            self.panel.refresh()

    def _not_saved(self, error: AppError) -> None:
        """A writer's thread."""
        self._bridge.post(lambda: self.report(error))

    def _settings_changed(self, settings: Settings) -> None:
        self.theme.choose(settings.theme)

    async def _delete(self, conversation_id: str) -> None:
        await self._bridge.call(self._core.chat.delete(conversation_id))

    def _write(self, text: str) -> None:
        self.show_page(CHAT)
        self.chat_page.composer.type_text(text)

    def _open(self, conversation_id: str) -> None:
        self.show_page(CHAT, focus=False)
        self.chat.open(conversation_id)

    def _open_hit(self, hit: SearchHit) -> None:
        self.show_page(CHAT, focus=False)
        self.tasks.start(self._show_hit(hit))

    async def _show_hit(self, hit: SearchHit) -> None:
        """Show the version that a search found, and the place in it."""
        conversation_id = hit.conversation.id
        shown = await self._core.store.branch(conversation_id)
        if hit.message_id not in {message.id for message in shown}:
            await self._core.store.select_version(hit.message_id)
        await self.chat.show(conversation_id)
        if self.chat.conversation.id == conversation_id:
            self.chat.branch.reveal(hit.message_id, matched_words(hit.snippet))

    def _new_chat(self) -> None:
        self.show_page(CHAT)
        self.chat.new_chat()

    def _copy_answer(self) -> None:
        if self.chat.copy_last():
            self.toasts.say(self.tr("The answer was copied."), timeout_ms=2500)

    def _toggle_sheet(self) -> None:
        self.show_page(CHAT)
        self.chat_page.show_sheet(not self.chat_page.sheet_is_open)

    def _page_shown(self, name: str) -> None:
        self.sidebar.select(name)
        if name == MODELS:
            self._failed_loads.take_back()

    def _profile_fixed(self, path: Path) -> None:
        """The Models page offers it there."""
        if self.page != MODELS:
            self.toasts.say(
                self.tr("The load profile was changed."),
                self.tr("Undo the change"),
                lambda: self.fixes.changes.undo(path),
                12_000,
            )

    def _edit_profile(self, path: Path, field: str) -> None:
        from desktop_llm.gui.models_page.page import ModelsPage

        page = self.show_page(MODELS)
        assert isinstance(page, ModelsPage)
        page.edit_profile(path, field)

    def show_log(self) -> None:
        """Open the engine's raw log."""
        self.tasks.start(self._show_log())

    async def _show_log(self) -> None:
        from desktop_llm.gui.log_viewer import LogViewer

        text = await self.background.run(self._core.engine.raw_log)
        LogViewer(self.theme, text, self).show()

    def _quantize(self, path: Path) -> None:
        from desktop_llm.gui.quantize_page.page import QuantizePage

        page = self.show_page(QUANTIZE)
        assert isinstance(page, QuantizePage)
        page.choose_model(path)

    def _say_quantized(self, job: Job) -> None:
        """A job has ended while another page was on show."""
        from desktop_llm.gui.quantize_page.page import QuantizePage

        page = self.pages.made(QUANTIZE)
        assert isinstance(page, QuantizePage)

        def show() -> None:
            self.show_page(QUANTIZE)
            page.show_job(job.id)

        self.toasts.say(page.end_text(job), self.tr("Show"), show, 12_000)

    def _chat_with(self, path: Path) -> None:
        """Load a model and begin a conversation with it."""
        self.engine.load(path)
        self._new_chat()

    def _start_with_guide(self) -> None:
        self._first_run_done()
        self.engine.load(self.engine.default_model())
        self.chat_page.composer.focus()

    def _start_with_folder(self) -> None:
        from desktop_llm.gui.models_page.page import ModelsPage

        self._first_run_done()
        page = self.show_page(MODELS)
        assert isinstance(page, ModelsPage)
        page.ask_folder()

    def _first_run_done(self) -> None:
        if self._core.settings.current.first_run_done:
            return
        self.chat_page.empty.put_card(None)
        self._core.settings.update(first_run_done=True)


def _import_quantize() -> None:
    """Off the GUI thread, so that neither the start nor the first look at the page waits for it."""
    import desktop_llm.gui.quantize_page.page
    import desktop_llm.quantize.service  # noqa: F401
