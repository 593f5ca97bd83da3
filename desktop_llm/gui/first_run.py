"""The first start: what this machine has, and the ways on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout

from desktop_llm.core.units import format_bytes
from desktop_llm.gui.theme import XL, XS, L, S
from desktop_llm.gui.widgets import Card, ElidedLabel, button, label

if TYPE_CHECKING:
    from desktop_llm.telemetry.machine import MachineFacts

MIN_DRIVER = 580
_ROW_HEIGHT = 20


class FirstRunCard(Card):
    """GUI thread. Signals: `guide_chosen`, `folder_chosen` (no folder yet: it is asked for)."""

    guide_chosen = Signal()
    folder_chosen = Signal()

    def __init__(self, facts: MachineFacts) -> None:
        super().__init__(spacing=S)
        self.setFixedWidth(560)
        self.body.setContentsMargins(XL, XL, XL, XL)
        self.body.addWidget(label(self.tr("Welcome to Desktop LLM"), "heading"))
        self.body.addWidget(
            label(
                self.tr(
                    "Chat with language models that run on this computer. Nothing you write "
                    "leaves it. This is what the computer has:"
                ),
                "muted",
                wrap=True,
            )
        )
        grid = QGridLayout()
        grid.setContentsMargins(0, S, 0, S)
        grid.setHorizontalSpacing(L)
        grid.setVerticalSpacing(XS)
        grid.setColumnStretch(1, 1)
        for row, (name, value) in enumerate(machine_rows(facts)):
            grid.addWidget(label(name, "muted"), row, 0)
            grid.addWidget(ElidedLabel(value), row, 1)
            grid.setRowMinimumHeight(row, _ROW_HEIGHT)
        self.body.addLayout(grid)
        self.guide = button(self.tr("Start with the built-in guide"), "primary")
        self.guide.clicked.connect(self.guide_chosen)
        self.folder = button(self.tr("Add a local folder of models…"))
        self.folder.clicked.connect(self.folder_chosen)
        row_of_ways = QHBoxLayout()
        row_of_ways.setSpacing(S)
        row_of_ways.addWidget(self.guide)
        row_of_ways.addWidget(self.folder)
        row_of_ways.addStretch()
        self.body.addLayout(row_of_ways)
        self.body.addWidget(
            label(
                self.tr(
                    "The guide is a tiny model that knows only this app. It loads in seconds and "
                    "answers what you want to know about it."
                ),
                "small",
                wrap=True,
            )
        )


def machine_rows(facts: MachineFacts) -> list[tuple[str, str]]:
    """What the machine has, by name and value."""
    translate = QCoreApplication.translate
    rows = []
    for gpu in facts.gpus.gpus:
        driver = translate("FirstRun", "{name}, driver {driver}").format(
            name=gpu.name, driver=facts.gpus.driver_version or "?"
        )
        vram = translate("FirstRun", "{total}, {free} free").format(
            total=format_bytes(gpu.total_bytes), free=format_bytes(gpu.free_bytes)
        )
        rows += [(translate("FirstRun", "GPU"), driver), (translate("FirstRun", "VRAM"), vram)]
    if not facts.gpus.gpus:
        none = translate("FirstRun", "No NVIDIA GPU: the CPU build of vLLM is used")
        rows.append((translate("FirstRun", "GPU"), none))
    elif facts.gpus.driver_major is not None and facts.gpus.driver_major < MIN_DRIVER:
        old = translate("FirstRun", "Older than {driver}: update it to use the GPU with CUDA 13")
        rows.append((translate("FirstRun", "Driver"), old.format(driver=MIN_DRIVER)))
    cpu = translate("FirstRun", "{name}, {cores} cores").format(
        name=facts.cpu_name, cores=facts.cores
    )
    ram = translate("FirstRun", "{total}, {free} available").format(
        total=format_bytes(facts.ram_total_bytes), free=format_bytes(facts.ram_available_bytes)
    )
    disk = translate("FirstRun", "{free} free").format(free=format_bytes(facts.disk_free_bytes))
    return [
        *rows,
        (translate("FirstRun", "CPU"), cpu),
        (translate("FirstRun", "RAM"), ram),
        (translate("FirstRun", "Disk"), disk),
    ]
