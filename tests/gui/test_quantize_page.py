"""The quantize page: each step, going back, a job from its start to its figures, and past jobs."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from desktop_llm.config.paths import guide_model
from desktop_llm.core.errors import AppError, Fix
from desktop_llm.core.units import GIB
from desktop_llm.engine.types import Phase
from desktop_llm.gui.models_page.page import ModelsPage
from desktop_llm.gui.quantize_page.cards import wrappable
from desktop_llm.gui.quantize_page.figures import change_text, figures
from desktop_llm.gui.quantize_page.page import QuantizePage
from desktop_llm.gui.quantize_page.progress_text import part_text
from desktop_llm.gui.quantize_page.step_bar import StepBar
from desktop_llm.gui.quantize_page.wizard import CALIBRATION, CHECK, METHOD, MODEL, RESULT, RUN
from desktop_llm.gui.quantize_page.wording import FP8, job_line, proposed_output
from desktop_llm.gui.sidebar import Sidebar
from desktop_llm.gui.window_app import start
from desktop_llm.gui.workbench import Workbench
from desktop_llm.quantize import backends
from desktop_llm.quantize.types import (
    CalibrationChoice,
    CalibrationSource,
    JobPhase,
    JobProgress,
    JobRequest,
    Method,
    QuantizeSettings,
)
from tests.gui.conftest import until
from tests.gui.present import child, focused
from tests.helpers.fake_core import FakeCore
from tests.helpers.fake_quantize import AFTER, FakeCheck, FakeEstimate, make_job, make_result
from tests.helpers.model_folders import make_model

AWQ_CONFIG = {"quant_method": "awq", "bits": 4, "group_size": 128}
NO_MEMORY = AppError("quantize.out_of_memory", "Memory is short.", "Close something.")


@pytest.fixture
def source(core: FakeCore) -> Path:
    """A full-precision model in the app's own folder."""
    return make_model(core.paths.models / "Llama-3-8B")


@pytest.fixture
async def page(window: Workbench, core: FakeCore, source: Path) -> QuantizePage:
    page = window.show_page("quantize")
    assert isinstance(page, QuantizePage)
    await until(lambda: page.wizard.model.model.index_of(source).isValid())
    return page


async def to_check(page: QuantizePage, source: Path) -> None:
    """Go through the steps to the check, with what is proposed."""
    page.wizard.model.choose(source)
    for _step in (METHOD, CALIBRATION, CHECK):
        page.wizard.next.click()
    assert page.wizard.step == CHECK
    await until(page.wizard.check.busy.isHidden)


async def started(page: QuantizePage, source: Path) -> None:
    await to_check(page, source)
    page.wizard.next.click()
    await until(lambda: page.wizard.step == RUN)


def press(inside: QWidget, text: str) -> None:
    for button in inside.findChildren(QPushButton):
        if button.text() == text and not button.isHidden():
            button.click()
            return
    raise AssertionError(f"no button {text!r}")


def texts(inside: QWidget) -> list[str]:
    return [words.text() for words in inside.findChildren(QLabel) if words.isVisible()]


def request_of(source: Path, **changes: object) -> JobRequest:
    output = source.parent / f"{source.name}-AWQ-4bit"
    return JobRequest(source=source, output=output).model_copy(update=changes)


async def test_that_models_that_cannot_be_quantized_are_listed_with_the_reason(
    page: QuantizePage, core: FakeCore, source: Path
) -> None:
    quantized = make_model(core.paths.models / "A-AWQ", quantization_config=AWQ_CONFIG)
    await page.wizard.read_models()
    step = page.wizard.model
    index = step.model.index_of(quantized)
    assert not index.flags() & Qt.ItemFlag.ItemIsEnabled
    assert index.row() == step.model.rowCount() - 1
    assert "is quantized already, with AWQ" in index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert "Choose the full-precision model" in index.data(Qt.ItemDataRole.ToolTipRole)
    assert not step.choose(quantized)
    assert "is quantized already" in " ".join(texts(step.problem))
    assert not page.wizard.next.isEnabled()
    assert step.choose(source)
    assert step.problem.isHidden()
    assert page.wizard.next.isEnabled()


async def test_that_a_folder_of_ones_own_can_be_chosen(page: QuantizePage, tmp_path: Path) -> None:
    elsewhere = make_model(tmp_path / "elsewhere" / "Qwen", model_type="qwen2")
    step = page.wizard.model
    step.folder_asked.emit(elsewhere)
    await until(lambda: step.entry is not None)
    assert step.entry is not None
    assert step.entry.path == elsewhere
    await page.wizard.read_models()
    assert step.entry.path == elsewhere, "looking again lost it"
    (tmp_path / "nothing").mkdir()
    step.folder_asked.emit(tmp_path / "nothing")
    await until(step.problem.isVisible)
    assert "config.json" in " ".join(texts(step.problem))


async def test_that_going_back_loses_nothing(page: QuantizePage, source: Path) -> None:
    wizard = page.wizard
    wizard.model.choose(source)
    wizard.next.click()
    wizard.method.methods.cards[Method.AWQ].click()
    press(wizard.method.purpose, "Code")
    wizard.method.field("samples").write("64")
    wizard.method.evaluate.show_value(False)
    wizard.next.click()
    assert wizard.step == CALIBRATION
    assert wizard.calibration.sources.value == CalibrationSource.CODE, "it follows the purpose"
    assert wizard.calibration.why.text().startswith("Code for calibration")
    assert "64 samples of 512 tokens" in wizard.calibration.amount.text()
    wizard.calibration.sources.cards[CalibrationSource.FILE].click()
    wizard.next.click()
    assert wizard.step == CALIBRATION
    assert wizard.calibration.problem.isVisible()
    wizard.calibration.path.setText("/texts/mine.jsonl")
    wizard.next.click()
    for step in (CALIBRATION, METHOD, MODEL):
        wizard.back.click()
        assert wizard.step == step
    assert not wizard.back.isEnabled()
    for _step in range(3):
        wizard.next.click()
    await until(lambda: wizard.check.can_start)
    asked = wizard.check.answered()
    assert asked is not None
    assert asked == request_of(
        source,
        settings=QuantizeSettings(group_size=64, samples=64),
        calibration=CalibrationChoice(
            source=CalibrationSource.FILE, path=Path("/texts/mine.jsonl")
        ),
        evaluate=False,
    )


async def test_that_the_steps_behind_can_be_clicked_and_those_ahead_cannot(
    page: QuantizePage, source: Path
) -> None:
    await to_check(page, source)
    bar = page.wizard.bar
    assert not bar.buttons[RUN].isEnabled()
    bar.buttons[METHOD].click()
    assert page.wizard.step == METHOD
    assert bar.buttons[METHOD].isChecked()
    assert not bar.buttons[CALIBRATION].isEnabled()


async def test_that_the_group_size_is_advised_by_purpose_and_can_be_another(
    page: QuantizePage, source: Path
) -> None:
    page.wizard.model.choose(source)
    page.wizard.next.click()
    method = page.wizard.method
    assert method.field("group_size").read() == "128"
    said = method.advice.text()
    press(method.purpose, "Code")
    assert method.field("group_size").read() == "64"
    assert method.advice.text() != said
    method.field("group_size").write("128")
    method.field("group_size").edited.emit()
    assert "Advised here: 64" in method.advice.text()
    settings = method.settings()
    assert settings is not None
    assert settings.group_size == 128


def shows_advanced(page: QuantizePage) -> bool:
    return page.wizard.method.advanced.is_open


async def test_that_refused_settings_are_shown_with_the_reason(
    page: QuantizePage, source: Path
) -> None:
    page.wizard.model.choose(source)
    page.wizard.next.click()
    method = page.wizard.method
    assert not shows_advanced(page)
    method.field("samples").write("0")
    method.field("sequence_length").write("some")
    page.wizard.next.click()
    assert page.wizard.step == METHOD
    assert shows_advanced(page)
    assert "at least 1" in method.field("samples").problem.text()
    assert "not a number" in method.field("sequence_length").problem.text()


async def test_that_a_name_is_proposed_and_kept_once_written(
    page: QuantizePage, core: FakeCore, source: Path
) -> None:
    other = make_model(core.paths.models / "Other")
    await page.wizard.read_models()
    wizard = page.wizard
    wizard.model.choose(source)
    wizard.next.click()
    assert wizard.method.output.text() == "Llama-3-8B-AWQ-4bit"
    wizard.method.methods.cards[Method.RTN].click()
    assert wizard.method.output.text() == "Llama-3-8B-RTN-4bit"
    wizard.method.output.setText("mine")
    wizard.method.methods.cards[Method.AWQ].click()
    assert wizard.method.output.text() == "mine"
    assert wizard.method.output_folder() == core.paths.models / "mine"
    wizard.back.click()
    wizard.model.choose(other)
    wizard.next.click()
    assert wizard.method.output.text() == "Other-AWQ-4bit"
    wizard.method.output.setText("Other")
    wizard.next.click()
    assert wizard.step == METHOD
    assert "folder of the original" in wizard.method.output_problem.text()


def test_that_a_cached_model_gives_its_own_name() -> None:
    snapshot = Path("/cache/models--org--Big-Model/snapshots/0123abcd")
    proposed = proposed_output(Path("/models"), snapshot, Method.AWQ)
    assert proposed == Path("/models/Big-Model-AWQ-4bit")


async def test_that_rtn_asks_for_no_calibration(page: QuantizePage, source: Path) -> None:
    wizard = page.wizard
    wizard.model.choose(source)
    wizard.next.click()
    wizard.method.methods.cards[Method.RTN].click()
    assert wizard.method.field("samples").isHidden()
    wizard.next.click()
    assert wizard.calibration.not_needed.isVisible()
    assert not wizard.calibration.sources.isVisible()
    wizard.next.click()
    await until(lambda: wizard.check.can_start)


async def test_that_fp8_leads_to_the_load_profile(
    page: QuantizePage, window: Workbench, core: FakeCore, source: Path
) -> None:
    wizard = page.wizard
    await until(lambda: not wizard.method.methods.cards[FP8].isEnabled())
    wizard.method.show_devices(True)
    wizard.model.choose(source)
    wizard.next.click()
    wizard.method.methods.cards[FP8].click()
    asked = []
    window.fixes.profile_wanted.connect(lambda path, field: asked.append((path, field)))
    press(wizard.footer, "Open its load profile")
    assert asked == [(source, "quantization")]
    assert window.page == "models"
    await until(lambda: not core.quantize.asked)


async def test_that_fp8_chosen_meanwhile_leaves_no_step_without_a_method(
    page: QuantizePage, source: Path
) -> None:
    await started(page, source)
    wizard = page.wizard
    wizard.method.show_devices(True)
    wizard.bar.buttons[METHOD].click()
    wizard.method.methods.cards[FP8].click()
    wizard.bar.buttons[RUN].click()
    assert wizard.step == RUN
    wizard.bar.buttons[CALIBRATION].click()
    assert wizard.step == METHOD


async def test_that_a_repeated_job_stops_where_an_answer_is_refused(
    page: QuantizePage, core: FakeCore, source: Path
) -> None:
    core.quantize.put([make_job(request_of(source, output=source))])
    page.control._look()
    page.list.setCurrentIndex(page.model.index(0))
    press(page.wizard.result, "Run again")
    await until(lambda: page.wizard.step == METHOD)
    assert "folder of the original" in page.wizard.method.output_problem.text()


async def test_that_a_type_that_no_method_supports_is_refused(
    page: QuantizePage, core: FakeCore
) -> None:
    odd = make_model(core.paths.models / "odd", model_type="of_the_future")
    await page.wizard.read_models()
    assert not page.wizard.model.choose(odd)
    assert "of_the_future" in " ".join(texts(page.wizard.model.problem))


async def test_that_a_method_that_is_not_there_says_so(
    page: QuantizePage, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        backends, "supported", lambda method: {"llama"} if method is Method.RTN else set()
    )
    page.wizard.model.choose(source)
    page.wizard.next.click()
    card = page.wizard.method.methods.cards[Method.AWQ]
    assert not card.isEnabled()
    assert card.accessibleDescription().endswith("AutoAWQ is not installed.")
    assert page.wizard.method.method == Method.RTN
    assert page.wizard.method.output.text() == "Llama-3-8B-RTN-4bit"


async def test_that_the_check_shows_what_is_needed_against_what_is_free(
    page: QuantizePage, core: FakeCore, source: Path
) -> None:
    core.quantize.answer = FakeCheck(
        FakeEstimate(free_disk=None), notes=("Half of the text is used.",)
    )
    await to_check(page, source)
    shown = texts(page.wizard.check)
    for words in ("about 14 min", "6.0 GiB", "9.0 GiB", "15.0 GiB free"):
        assert words in shown
    assert "Half of the text is used." in shown
    assert page.wizard.next.isEnabled()


async def test_that_problems_refuse_the_start(
    page: QuantizePage, core: FakeCore, source: Path
) -> None:
    full = AppError(
        "quantize.disk_full", "The disk is too full.", "Free 2 GiB.", fix=Fix.OPEN_SETTINGS
    )
    core.quantize.answer = FakeCheck(problems=(full,))
    await to_check(page, source)
    assert "The disk is too full." in texts(page.wizard.check)
    assert not page.wizard.next.isEnabled()
    page.wizard.go_on()
    core.quantize.answer = FakeCheck()
    page.wizard.back.click()
    page.wizard.next.click()
    await until(page.wizard.next.isEnabled)
    assert not core.quantize.asked


@pytest.mark.parametrize(
    ("code", "says", "step", "part"),
    [
        ("unsupported", "Choose another method", METHOD, "methods"),
        ("bad_group_size", "Change the settings", METHOD, "advanced"),
        ("out_of_memory", "Change the settings", METHOD, "advanced"),
        ("disk_full", "Change the output folder", METHOD, "output"),
        ("calibration_too_little", "Choose another text", CALIBRATION, "sources"),
    ],
)
async def test_that_a_problem_leads_to_where_it_can_be_solved(
    page: QuantizePage,
    core: FakeCore,
    source: Path,
    code: str,
    says: str,
    step: int,
    part: str,
) -> None:
    core.quantize.answer = FakeCheck(problems=(AppError(f"quantize.{code}", "It is so."),))
    await to_check(page, source)
    (card,) = page.wizard.check.cards
    await until(lambda: any(not b.isHidden() for b in card.findChildren(QPushButton)))
    press(card, says)
    assert page.wizard.step == step
    there = getattr(page.wizard.pages[step], part)

    def reached() -> bool:
        focus = QApplication.focusWidget()
        return focus is not None and (focus is there or there.isAncestorOf(focus))

    await until(reached)


async def test_that_an_existing_folder_is_asked_about(
    page: QuantizePage, core: FakeCore, source: Path
) -> None:
    core.quantize.answer = FakeCheck(output_exists=True)
    await to_check(page, source)
    check = page.wizard.check
    assert "Llama-3-8B-AWQ-4bit is there already." in texts(check)
    assert not page.wizard.next.isEnabled()
    QTest.keyClick(check.replace.box, Qt.Key.Key_Space)
    assert page.wizard.next.isEnabled()
    page.wizard.back.click()
    page.wizard.next.click()
    await until(lambda: check.can_start)
    assert check.replace.value, "the answer was lost on the way back"
    page.wizard.next.click()
    await until(lambda: core.quantize.asked)
    assert core.quantize.asked[0].replace


async def test_that_the_loaded_model_makes_room_and_comes_back(
    page: QuantizePage, window: Workbench, core: FakeCore, source: Path
) -> None:
    window.engine.load(guide_model())
    await until(lambda: window.engine.state.phase is Phase.READY)
    core.quantize.answer = FakeCheck(FakeEstimate(free_memory=2 * GIB), problems=(NO_MEMORY,))
    await to_check(page, source)
    check = page.wizard.check
    assert "Built-in guide is loaded and holds memory that this job needs." in texts(check)
    assert not page.wizard.next.isEnabled()
    QTest.keyClick(check.room.box, Qt.Key.Key_Space)
    page.wizard.next.click()
    await until(lambda: page.wizard.step == RUN)
    assert window.engine.state.phase is Phase.UNLOADED
    core.do(core.quantize.end, JobPhase.CANCELLED)
    await until(lambda: window.engine.state.phase is Phase.READY)
    assert [load.path for load in core.engine.loads] == [guide_model(), guide_model()]


async def test_that_another_model_loaded_meanwhile_stays(
    page: QuantizePage, window: Workbench, core: FakeCore, source: Path
) -> None:
    window.engine.load(guide_model())
    await until(lambda: window.engine.state.phase is Phase.READY)
    core.quantize.answer = FakeCheck(FakeEstimate(free_memory=2 * GIB))
    await to_check(page, source)
    page.wizard.check.room.show_value(True)
    page.wizard.next.click()
    await until(lambda: page.wizard.step == RUN)
    window.engine.load(source)
    await until(lambda: window.engine.state.phase is Phase.READY)
    core.do(core.quantize.end, JobPhase.DONE)
    await until(lambda: page.control.running is None)
    await asyncio.sleep(0.02)
    assert [load.path for load in core.engine.loads] == [guide_model(), source]


async def test_that_a_refused_start_is_said_on_the_check_and_gives_the_model_back(
    page: QuantizePage, window: Workbench, core: FakeCore, source: Path
) -> None:
    window.engine.load(guide_model())
    await until(lambda: window.engine.state.phase is Phase.READY)
    core.quantize.answer = FakeCheck(FakeEstimate(free_memory=2 * GIB))
    core.quantize.refusal = AppError("quantize.busy", "Another model is being quantized.")
    await to_check(page, source)
    page.wizard.check.room.show_value(True)
    page.wizard.next.click()
    await until(lambda: "Another model is being quantized." in texts(page.wizard.check))
    await until(lambda: len(core.engine.loads) == 2 and window.engine.state.model is not None)
    assert page.wizard.step == CHECK


async def test_that_a_run_shows_stage_part_times_and_samples(
    page: QuantizePage, core: FakeCore, source: Path
) -> None:
    await started(page, source)
    progress = JobProgress(JobPhase.QUANTIZING, 0.43, 13.4, 32, "layers", "", 312, 410)
    core.do(lambda: core.quantize.advance(progress, facts={"tokens_used": 96 * 512}))
    run = page.wizard.run
    await until(lambda: run.card.stage.text() == "Quantizing · 43%")
    assert run.card.bar.value() == 430
    assert run.part.text() == "layer 14 of 32"
    assert run.card.times.text().startswith("5 min 1")
    assert "left" in run.card.times.text()
    assert child(page.window(), Sidebar).pages["quantize"].text() == "Quantize · 43%"
    assert run.samples.text() == "96 calibration samples used"
    assert page.model.index(0).data(Qt.ItemDataRole.UserRole + 1) == "Quantizing · 43%"


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (JobProgress(JobPhase.QUANTIZING, what="loading"), "loading the model"),
        (JobProgress(JobPhase.QUANTIZING, done=32, total=32, unit="layers", what="mlp.up_proj"),
         "layer 32 of 32 · mlp.up_proj"),
        (JobProgress(JobPhase.QUANTIZING, done=1.5, total=4, unit="layers"), "layer 2 of 4"),
        (JobProgress(JobPhase.MEASURING_BEFORE, done=0.31, total=1.0, unit="load", what="weights"),
         "loading the model · Reading weights · 31%"),
        (JobProgress(JobPhase.MEASURING_BEFORE, done=2048, total=40_960, unit="tokens"),
         "perplexity, 2,048 of 40,960 tokens"),
        (JobProgress(JobPhase.MEASURING_AFTER, done=2, total=5, unit="prompts"),
         "2 of 5 prompts answered"),
        (JobProgress(JobPhase.QUANTIZING, done=3, total=7, unit="leaps", what="far"),
         "3 / 7 leaps · far"),
        (JobProgress(JobPhase.PREPARING), ""),
    ],
)  # fmt: skip
def test_that_a_part_is_said_in_words(progress: JobProgress, text: str) -> None:
    assert part_text(progress) == text


async def test_that_cancel_asks_nothing_and_says_that_it_cancels(
    page: QuantizePage, core: FakeCore, source: Path
) -> None:
    await started(page, source)
    core.quantize.hold_cancel = asyncio.Event()
    page.wizard.run.card.cancel.click()
    assert page.wizard.run.card.cancel.text() == "Cancelling…"
    assert not page.wizard.run.card.cancel.isEnabled()
    assert page.wizard.run.card.stage.text().startswith("Cancelling…")
    core.do(core.quantize.hold_cancel.set)
    await until(lambda: page.wizard.step == RESULT)
    assert not page.wizard.result.load.isVisible()
    page.wizard.back.click()
    assert page.wizard.step == CHECK, "the settings are still there"
    await until(page.wizard.next.isEnabled)


async def test_that_going_back_from_a_run_stops_nothing(
    page: QuantizePage, core: FakeCore, source: Path
) -> None:
    await started(page, source)
    page.wizard.back.click()
    await until(lambda: page.wizard.check.can_start)
    assert not page.wizard.next.isEnabled()
    assert "This job is running" in page.wizard.hint.text()
    core.do(core.quantize.advance, JobProgress(JobPhase.QUANTIZING, 0.5))
    await asyncio.sleep(0.02)
    assert page.wizard.step == CHECK, "a report must not turn the page"
    page.wizard.bar.buttons[RUN].click()
    assert page.wizard.step == RUN
    assert page.list.currentIndex().row() == 0


async def test_that_the_log_can_be_followed(
    page: QuantizePage, core: FakeCore, source: Path
) -> None:
    await started(page, source)
    log = page.wizard.run.log
    QTest.keyClick(log.head, Qt.Key.Key_Space)
    await until(lambda: log.text.toPlainText() == "INFO loading shards\n")
    core.quantize.log += "INFO layer 1\n"
    await until(lambda: log.text.toPlainText() == core.quantize.log)
    core.quantize.log = "INFO another beginning\n"
    await until(lambda: log.text.toPlainText() == core.quantize.log)
    log.copy.click()
    assert QApplication.clipboard().text() == core.quantize.log


async def test_that_a_result_shows_figures_verdict_and_answers(
    page: QuantizePage, window: Workbench, core: FakeCore, source: Path
) -> None:
    await started(page, source)
    result = make_result(core.quantize.asked[0])
    core.do(lambda: core.quantize.end(JobPhase.DONE, result=result))
    await until(lambda: page.wizard.step == RESULT)
    shown = page.wizard.result
    figures_by_name = {figure.name: figure for figure in shown.table.shown}
    assert figures_by_name["Size on disk"].change == "−62 %"
    assert figures_by_name["Perplexity"].after == "7.38 ± 0.12"
    assert figures_by_name["Speed, 1 stream"].better is True
    assert figures_by_name["TTFT"].better is None, "alike: 5 % is noise"
    assert figures_by_name["Perplexity"].better is False, "more than twice its paired error"
    assert shown.verdict.isVisible()
    words = texts(shown)
    assert "I can answer questions." in words
    assert "I answer questions, <b>plainly</b>." in words, "an answer is no markup"
    assert any("128 calibration samples used" in text for text in words)
    make_model(core.quantize.asked[0].output)
    QTest.keyClick(shown.load, Qt.Key.Key_Space)
    await until(lambda: window.engine.state.phase is Phase.READY)
    assert core.engine.loads[-1].path == core.quantize.asked[0].output
    assert window.page == "chat"


def test_that_a_path_is_copied_as_it_is_written() -> None:
    path = "/home/somebody/.local/share/desktop-llm/models/A-Long-Name-Of-Many-Parts-AWQ-4bit"
    assert wrappable(path) == path
    assert wrappable("x" * 90) == "\u200b".join(("x" * 40, "x" * 40, "x" * 10))


def test_that_a_change_is_short_and_signed() -> None:
    shares = (-0.625, 0.014, 0.0, 1.7, -0.0004, 0.2)
    written = ["−62 %", "+1.4 %", "±0.0 %", "2.7×", "±0.0 %", "+20 %"]
    assert [change_text(share) for share in shares] == written


@pytest.mark.parametrize(
    ("changes", "better", "written"),
    [
        ({"window_losses": ((1000.0, 512), (1030.0, 512), (1019.0, 512))}, None, "+2.4 %"),
        ({"window_losses": ()}, None, "+2.4 %"),
        ({"tokens_digest": "of another tokenizer"}, None, ""),
    ],
)
def test_that_chance_is_no_change_of_perplexity(
    tmp_path: Path, changes: dict[str, Any], better: bool | None, written: str
) -> None:
    request = request_of(tmp_path / "source")
    result = replace(make_result(request), after=replace(AFTER, **changes))
    (perplexity, *_others) = figures(make_job(request, result=result))
    assert (perplexity.change, perplexity.better) == (written, better)


def test_that_a_result_that_was_not_measured_still_tells_the_sizes(tmp_path: Path) -> None:
    request = request_of(tmp_path / "source")
    result = make_result(request, measured=False)
    job = make_job(request, result=result, facts={"weight_bytes": 16 * GIB})
    (size,) = figures(job)
    assert (size.before, size.after, size.change) == ("16.0 GiB", "6.0 GiB", "−62 %")
    assert "16.0 → 6.0 GiB" in job_line(job)


async def test_that_past_jobs_are_listed_and_show_why_they_failed(
    window: Workbench, core: FakeCore, source: Path
) -> None:
    failure = AppError("quantize.disk_full", "The disk is full.", "Free some.", fix=Fix.SHOW_LOG)
    request = request_of(source)
    core.quantize.put(
        [
            make_job(request, JobPhase.FAILED, number=3, failure=failure),
            make_job(request, JobPhase.INTERRUPTED, number=2),
            make_job(request, number=1),
        ]
    )
    page = window.show_page("quantize")
    assert isinstance(page, QuantizePage)
    assert page.model.rowCount() == 3
    assert page.empty.isHidden()
    page.list.setCurrentIndex(page.model.index(0))
    result = page.wizard.result
    assert not page.wizard.bar.isVisible(), "a past job is no step of the wizard"
    assert "The disk is full." in texts(result)
    assert not result.load.isVisible()
    await until(lambda: result.log.text.toPlainText() == core.quantize.log)
    result.log.set_open(False)
    press(result.failure, "Show log")
    assert result.log.is_open
    spoken = page.model.index(1).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.startswith("Llama-3-8B-AWQ-4bit, Interrupted · AWQ")
    page.list.setCurrentIndex(page.model.index(2))
    assert result.load.isVisible()


async def test_that_jobs_of_the_last_start_are_read_when_the_page_is_shown(
    window: Workbench, core: FakeCore, source: Path
) -> None:
    core.quantize.found = (make_job(request_of(source), JobPhase.INTERRUPTED),)
    page = window.show_page("quantize")
    assert isinstance(page, QuantizePage)
    await until(lambda: page.model.rowCount() == 1)


async def test_that_the_start_of_the_window_tidies_up(window: Workbench, core: FakeCore) -> None:
    assert core.quantize.opened == 0
    await start(core, window)
    await until(lambda: core.quantize.opened == 1)


async def test_that_a_past_job_can_be_repeated_as_it_was(
    page: QuantizePage, core: FakeCore, source: Path
) -> None:
    request = request_of(
        source,
        output=source.parent / "of my own",
        settings=QuantizeSettings(
            group_size=64, zero_point=False, modules_left_out=("down_proj", "up_proj"),
            samples=33, sequence_length=256, shard_gib=1.5,
        ),
        calibration=CalibrationChoice(
            source=CalibrationSource.DATASET, dataset="owner/name", subset="de", split="test",
            column="body",
        ),
        evaluate=False,
    )  # fmt: skip
    core.quantize.put([make_job(request, JobPhase.CANCELLED)])
    page.control._look()
    page.list.setCurrentIndex(page.model.index(0))
    press(page.wizard.result, "Run again")
    await until(lambda: page.wizard.step == CHECK and page.wizard.check.can_start)
    assert core.quantize.checked[-1] == request
    page.wizard.next.click()
    await until(lambda: core.quantize.asked == [request])


async def test_that_a_job_whose_model_is_gone_says_so(
    page: QuantizePage, core: FakeCore, tmp_path: Path
) -> None:
    core.quantize.put([make_job(request_of(tmp_path / "moved away"))])
    page.control._look()
    page.list.setCurrentIndex(page.model.index(0))
    press(page.wizard.result, "Run again")
    await until(lambda: page.wizard.step == MODEL)
    assert "There is no folder" in " ".join(texts(page.wizard.model.problem))
    assert not page.wizard.next.isEnabled()


async def test_that_a_job_can_be_forgotten(
    page: QuantizePage, core: FakeCore, source: Path
) -> None:
    core.quantize.put([make_job(request_of(source))])
    page.control._look()
    page.list.setCurrentIndex(page.model.index(0))
    press(page.wizard.result, "Forget")
    await until(lambda: page.model.rowCount() == 0)
    assert page.wizard.step == MODEL
    assert page.empty.isVisible()


async def test_that_a_folder_that_is_gone_is_said(
    page: QuantizePage,
    window: Workbench,
    core: FakeCore,
    source: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[str] = []

    def open_url(url: QUrl) -> bool:
        opened.append(url.toLocalFile())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    request = request_of(source)
    core.quantize.put([make_job(request)])
    page.control._look()
    page.list.setCurrentIndex(page.model.index(0))
    press(page.wizard.result, "Open folder")
    await until(window.toasts.toasts)
    (toast,) = window.toasts.toasts()
    assert "is gone" in toast.text
    toast.dismiss()
    request.output.mkdir()
    press(page.wizard.result, "Open folder")
    await until(lambda: opened == [str(request.output)])


async def test_that_an_end_is_said_on_another_page(
    page: QuantizePage, window: Workbench, core: FakeCore, source: Path
) -> None:
    await started(page, source)
    window.show_page("chat")
    result = make_result(core.quantize.asked[0])
    core.do(lambda: core.quantize.end(JobPhase.DONE, result=result))
    await until(window.toasts.toasts)
    (toast,) = window.toasts.toasts()
    assert toast.text == "Llama-3-8B-AWQ-4bit is ready."
    press(toast, "Show")
    assert window.page == "quantize"
    assert page.wizard.step == RESULT
    assert window.sidebar.pages["quantize"].text() == "Quantize"


async def test_that_new_begins_with_nothing_written(page: QuantizePage, source: Path) -> None:
    wizard = page.wizard
    wizard.model.choose(source)
    wizard.next.click()
    wizard.method.output.setText("half written")
    page.new.click()
    assert wizard.step == METHOD, "what was being written is not thrown away"
    assert wizard.method.output.text() == "half written"
    await started(page, source)
    made = make_model(source.parent / "made meanwhile", quantization_config=AWQ_CONFIG)
    page.new.click()
    assert wizard.step == MODEL
    assert wizard.model.entry is None
    await until(lambda: wizard.model.model.index_of(made).isValid())
    assert wizard.method.output.text() == ""


async def test_that_the_models_page_leads_here(
    window: Workbench, core: FakeCore, source: Path
) -> None:
    quantized = make_model(core.paths.models / "A-AWQ", quantization_config=AWQ_CONFIG)
    models = window.show_page("models")
    assert isinstance(models, ModelsPage)
    await until(lambda: models.model.index_of(source).isValid())
    models.list.setCurrentIndex(models.model.index_of(quantized))
    assert not models.detail.quantize.isVisible()
    models.list.setCurrentIndex(models.model.index_of(source))
    models.detail.quantize.click()
    assert window.page == "quantize"
    page = window.pages.currentWidget()
    assert isinstance(page, QuantizePage)
    await until(lambda: page.wizard.step == METHOD)
    assert page.wizard.model.entry is not None
    assert page.wizard.model.entry.path == source


async def test_that_a_broken_model_does_not_offer_to_be_quantized(
    window: Workbench, core: FakeCore
) -> None:
    folder = core.paths.models / "broken"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"model_type": "llama"}))
    models = window.show_page("models")
    assert isinstance(models, ModelsPage)
    await until(lambda: models.model.index_of(folder).isValid())
    models.list.setCurrentIndex(models.model.index_of(folder))
    assert not models.detail.quantize.isVisible()


async def test_that_the_keyboard_alone_gets_through(
    page: QuantizePage, core: FakeCore, source: Path
) -> None:
    wizard = page.wizard
    await until(wizard.model.list.hasFocus)
    row = wizard.model.model.index_of(source).row()
    QTest.keyClick(wizard.model.list, Qt.Key.Key_Home)
    for _row in range(row):
        QTest.keyClick(wizard.model.list, Qt.Key.Key_Down)
    QTest.keyClick(wizard.model.list, Qt.Key.Key_Return)
    assert wizard.step == METHOD
    assert wizard.method.methods.cards[Method.AWQ].hasFocus()
    for step in (METHOD, CALIBRATION, CHECK):
        await until(lambda: wizard.check.busy.isHidden() or wizard.step != CHECK)
        assert wizard.step == step
        for _tab in range(40):
            if wizard.next.hasFocus():
                break
            QTest.keyClick(focused(), Qt.Key.Key_Tab)
        assert wizard.next.hasFocus()
        QTest.keyClick(wizard.next, Qt.Key.Key_Space)
    await until(lambda: wizard.step == RUN)
    assert wizard.run.card.cancel.hasFocus()
    QTest.keyClick(wizard.run.card.cancel, Qt.Key.Key_Space)
    await until(lambda: wizard.step == RESULT)


class ShownWindows(QObject):
    """Notes whatever is shown as a window of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[QObject] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.seen.append(watched)
        return False


async def test_that_no_part_of_the_page_flashes_as_a_window(
    window: Workbench, core: FakeCore, source: Path, qapp: QApplication
) -> None:
    shown = ShownWindows()
    qapp.installEventFilter(shown)
    page = window.show_page("quantize")
    assert isinstance(page, QuantizePage)
    await until(lambda: page.wizard.model.model.index_of(source).isValid())
    core.quantize.answer = FakeCheck(problems=(NO_MEMORY,), notes=("Note.",), output_exists=True)
    await to_check(page, source)
    page.wizard.show_step(MODEL)
    core.quantize.answer = FakeCheck()
    await started(page, source)
    failure = AppError("quantize.failed", "It failed.")
    core.do(lambda: core.quantize.end(JobPhase.FAILED, failure=failure))
    await until(lambda: page.wizard.step == RESULT)
    qapp.removeEventFilter(shown)
    assert not shown.seen


async def test_that_every_control_of_every_step_has_a_name(
    page: QuantizePage, core: FakeCore, source: Path
) -> None:
    await started(page, source)
    result = make_result(core.quantize.asked[0])
    core.do(lambda: core.quantize.end(JobPhase.DONE, result=result))
    await until(lambda: page.wizard.step == RESULT)
    nameless = [
        widget
        for widget in page.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not widget.accessibleName()
        and not getattr(widget, "text", str)()
        and widget.window() is page.window()
    ]
    assert not nameless, [(widget, widget.parent()) for widget in nameless]


def test_that_a_narrow_step_bar_names_only_the_step_on_show(theme: object) -> None:
    bar = StepBar(["Model", "Method", "Calibration"])
    bar.resize(900, 40)
    bar.show_step(1, [0, 1])
    bar.show()
    assert [step.text() for step in bar.buttons] == ["1  Model", "2  Method", "3  Calibration"]
    bar.resize(200, 40)
    assert [step.text() for step in bar.buttons] == ["1", "2  Method", "3"]
    assert bar.buttons[2].accessibleName() == "Step 3: Calibration"
    bar.close()
    bar.deleteLater()


async def test_that_a_job_of_the_last_start_is_found_and_followed(
    window: Workbench, core: FakeCore, source: Path
) -> None:
    running = make_job(request_of(source), JobPhase.QUANTIZING)
    core.quantize.put([running])
    page = window.show_page("quantize")
    assert isinstance(page, QuantizePage)
    page.list.setCurrentIndex(page.model.index(0))
    assert page.wizard.step == RUN
    progress = replace(running.progress, fraction=0.9)
    core.do(core.quantize.advance, progress)
    await until(lambda: page.wizard.run.card.bar.value() == 900)
    await until(lambda: not window.tasks._running)  # what it reads is read while the loop runs
