"""What a person does with the app, from the first start on."""

from __future__ import annotations

import asyncio
import json
import os
import signal

import psutil
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop_llm.chat.types import MessageStatus
from desktop_llm.config.paths import guide_model
from desktop_llm.config.sampling import SamplingSettings
from desktop_llm.engine.types import Phase
from desktop_llm.gui.quantize_page.page import QuantizePage
from tests.e2e.stage import Stage

LONG = SamplingSettings(ignore_eos=True, max_tokens=1200, temperature=0)


async def first_chat(stage: Stage) -> None:
    """Start with the guide, ask before it is loaded, watch it stream; dark; a second chat."""
    await stage.until(lambda: stage.has_button("Start with the built-in guide"), 20)
    await stage.picture("first-start")
    stage.press("Start with the built-in guide")
    stage.ask("What can you do?")
    await stage.until(lambda: stage.core.engine.state.phase is Phase.LOADING, 10)
    await stage.picture("loading")
    await stage.ready()

    lengths: list[int] = []

    def grown() -> bool:
        texts = stage.shown_texts()
        if len(texts) == 2 and (not lengths or len(texts[1]) > lengths[-1]):
            lengths.append(len(texts[1]))
        return stage.last_status() is MessageStatus.COMPLETE

    await stage.until(grown, 60)
    answer = stage.messages[-1]
    stage.seen["sizes_on_screen"] = lengths
    stage.seen["answer"] = answer.content
    stage.seen["shown"] = stage.shown_texts()[1]
    assert answer.metrics is not None
    stage.seen["metrics"] = [
        answer.metrics.ttft_ms,
        answer.metrics.tokens_per_s,
        answer.metrics.completion_tokens,
        answer.metrics.finish_reason,
    ]
    await stage.picture("answer-light")
    stage.core.settings.update(theme="dark")
    await stage.picture("answer-dark")
    await two_at_once(stage)


async def two_at_once(stage: Stage) -> None:
    """A second conversation; both stream, and switching stops neither."""
    first = (await stage.core.store.conversations())[0].id
    await stage.core.store.update(first, sampling=LONG)
    stage.window.chat.open(first)
    await stage.until(lambda: len(stage.messages) == 2, 5)
    stage.ask("What is the KV cache?")
    await stage.until(lambda: stage.last_status() is MessageStatus.STREAMING, 10)
    stage.key("Ctrl+N")
    stage.ask("How do I load my own model?")
    await stage.until(lambda: len(stage.core.chat.streams()) == 2, 10)
    stage.seen["streams_at_once"] = len(stage.core.chat.streams())
    await stage.until(lambda: bool(stage.shown_texts()[1:]), 10)
    stage.window.chat.open(first)
    await stage.until(lambda: len(stage.messages) == 4, 5)
    stage.seen["still_streaming_after_switching"] = len(stage.core.chat.streams()) > 0
    finished = await stage.answered(4, 90)
    stage.seen["long_answer_tokens"] = finished.metrics and finished.metrics.completion_tokens
    # 1,200 tokens of answer are in the context now: another such answer has no room.
    stage.ask("And what is AWQ?")
    await stage.until(lambda: stage.has_button("Open Settings"), 10)
    stage.seen["refused_text_kept"] = stage.window.chat_page.composer.text
    stage.seen["messages_after_refusal"] = len(stage.messages)
    await stage.picture("over-budget")
    stage.seen["conversations"] = [
        conversation.title for conversation in await stage.core.store.conversations()
    ]


async def long_answer_begun(stage: Stage, question: str) -> None:
    """Ask in a conversation that answers at length, and wait for the first words."""
    conversation = await stage.core.store.create(title="At length", sampling=LONG)
    stage.window.chat.open(conversation.id)
    await stage.until(lambda: stage.window.chat_page.title.text() == "At length", 5)
    stage.ask(question)
    await stage.until(lambda: len(stage.messages) == 2 and len(stage.shown_texts()[-1]) > 40, 30)


async def engine_killed(stage: Stage) -> None:
    """The engine dies while it answers: said at once, the part kept, Reload works."""
    await stage.ready()
    await long_answer_begun(stage, "What is AWQ?")
    for process in psutil.Process().children(recursive=True):
        if "EngineCore" in " ".join(process.cmdline()):
            process.kill()
    stage.seen["told_after_s"] = await stage.until(
        lambda: stage.last_status() is MessageStatus.FAILED, 5
    )
    await stage.until(lambda: stage.has_button("Reload the model"), 5)
    stage.seen["kept"] = stage.messages[-1].content
    stage.seen["shown"] = stage.shown_texts()[-1]
    await stage.picture("engine-died")
    stage.press("Reload the model")
    await stage.ready()
    stage.key("Ctrl+N")
    stage.ask("What can you do?")
    answer = await stage.answered(2)
    stage.seen["after_reload"] = answer.status


async def app_killed(stage: Stage) -> None:
    """The app itself is killed in the middle of an answer."""
    await stage.ready()
    await long_answer_begun(stage, "What is a KV block?")
    await asyncio.sleep(3)
    shown = stage.shown_texts()[-1]
    children = [process.pid for process in psutil.Process().children(recursive=True)]
    print(json.dumps({"shown": shown, "children": children}), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


async def after_the_kill(stage: Stage) -> None:
    """The next start: everything is there, and the cut answer says that it was cut."""
    conversation = (await stage.core.store.conversations())[0]
    await stage.until(stage.window.panel.isVisible, 10)
    stage.window.chat.open(conversation.id)
    await stage.until(lambda: stage.last_status() is MessageStatus.INTERRUPTED, 10)
    stage.seen["kept"] = stage.messages[-1].content
    stage.seen["conversations"] = len(await stage.core.store.conversations())
    await stage.picture("interrupted")


async def failed_load(stage: Stage) -> None:
    """A model that cannot be loaded: the cause, a fix and the log, on the Models page."""
    await stage.ready()
    (broken,) = [
        entry
        for entry in await stage.core.catalog.scan()
        if entry.name == "context-too-long-for-its-cache"
    ]
    stage.window.engine.load(broken.path)
    await stage.until(lambda: stage.core.engine.state.phase is Phase.FAILED, 120)
    stage.key("Ctrl+2")
    stage.seen["failure"] = stage.core.engine.state.failure and str(stage.core.engine.state.failure)
    await asyncio.sleep(1)
    await stage.picture("failed-load")
    stage.seen["log_button"] = stage.has_button("Show log")
    stage.key("Ctrl+6")
    await stage.picture("settings")


async def quantized(stage: Stage) -> None:
    """The wizard by mouse and keyboard, from its first step to the first words of the new model;
    a chat with the guide goes on meanwhile."""
    stage.window.engine.load(guide_model())
    await stage.ready()
    stage.key("Ctrl+3")
    page = stage.window.show_page("quantize")
    assert isinstance(page, QuantizePage)
    wizard = page.wizard
    await stage.until(lambda: wizard.model.model.index_of(guide_model()).isValid(), 10)
    await stage.picture("quantize-1-model")
    models = wizard.model.list
    place = models.visualRect(wizard.model.model.index_of(guide_model())).center()
    QTest.mouseClick(models.viewport(), Qt.MouseButton.LeftButton, pos=place)
    stage.press("Next")
    stage.press("Advanced settings")
    for name, value in (("samples", "8"), ("sequence_length", "64")):
        wizard.method.field(name).control.setFocus()
        stage.type(value)
    await stage.picture("quantize-2-method")
    stage.press("Next")
    await stage.picture("quantize-3-calibration")
    stage.press("Next")
    await stage.until(lambda: wizard.check.can_start, 20)
    await stage.picture("quantize-4-check")
    stage.press("Start")
    await stage.until(lambda: page.control.running is not None, 10)
    await stage.picture("quantize-5-run")
    phases: list[str] = []

    def ended() -> bool:
        job = page.control.jobs[0]
        if job.progress.phase not in phases:
            phases.append(job.progress.phase)
        return job.ended

    stage.key("Ctrl+1")
    stage.key("Ctrl+N")
    stage.ask("What can you do?")
    answer = await stage.answered(2)
    stage.seen["answered_meanwhile"] = [answer.status, not ended()]
    stage.key("Ctrl+3")
    await stage.until(ended, 300)
    job = page.control.jobs[0]
    stage.seen["phases"] = phases
    stage.seen["failure"] = job.failure and f"{job.failure} {job.failure.detail}"
    await stage.picture("quantize-6-result")
    stage.seen["verdict"] = wizard.result.verdict.text()
    stage.seen["figures"] = [figure.name for figure in wizard.result.table.shown]
    stage.press("Load and chat")
    await stage.until(lambda: stage.core.engine.state.path == job.request.output, 30)
    await stage.ready()
    stage.ask("What can you do?")
    await stage.until(lambda: bool(stage.shown_texts()[1:] and stage.shown_texts()[1]), 60)
    stage.seen["first_words"] = stage.shown_texts()[1]
    await stage.answered(2)
    await stage.picture("quantize-7-chat")
