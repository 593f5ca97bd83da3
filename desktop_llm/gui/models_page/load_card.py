"""A load under way."""

from __future__ import annotations

from desktop_llm.engine.types import EngineState, LoadProgress, Phase
from desktop_llm.gui.progress_card import ProgressCard
from desktop_llm.gui.status_bar import stage_text

_ESTIMATE_FROM = 0.05


class LoadCard(ProgressCard):
    """Hidden while nothing loads."""

    def __init__(self) -> None:
        super().__init__(self.tr("Load progress"), self.tr("Cancel the load"))
        self.hide()

    def show_state(self, state: EngineState, *, ours: bool) -> None:
        """Show `state` if it is a load of the model on show (`ours`)."""
        loading = ours and state.phase is Phase.LOADING
        self.setVisible(loading)
        if not loading:
            return
        if state.progress is None:
            self.show_waiting(self.tr("Loading"))
            return
        progress = state.progress
        self.show_progress(
            stage_text(progress.stage), progress.fraction, progress.elapsed_s, _left_s(progress)
        )


def _left_s(progress: LoadProgress) -> float | None:
    if progress.fraction < _ESTIMATE_FROM:
        return None
    return progress.elapsed_s * (1 - progress.fraction) / progress.fraction
