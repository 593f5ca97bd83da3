"""Which charts there are, and of which figures of the history each is drawn."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from desktop_llm.gui.monitor_page.scale import Measure
from desktop_llm.telemetry.figures import gpu_key
from desktop_llm.telemetry.sample import GpuSample, Sample

# Of the theme, in the order in which a chart's lines take them.
LINE_COLORS = ("part_weights", "part_kv_used", "part_ours", "part_process")
_ENGINE_FIGURE = "engine.kv_usage"

translate = QCoreApplication.translate


@dataclass(frozen=True)
class Line:
    """One line: the figure it shows, its name, and a colour of the theme.

    A `filled` one stands for an amount. One `of_limit` is what may be reached: dashed.
    """

    figure: str
    name: str
    color: str
    filled: bool = False
    of_limit: bool = False


@dataclass(frozen=True)
class ChartSpec:
    """One chart. `key` is the same for as long as the chart shows the same thing."""

    key: str
    title: str
    measure: Measure
    lines: tuple[Line, ...]


def chart_specs(sample: Sample, known: Collection[str]) -> tuple[ChartSpec, ...]:
    """The charts for a machine and the figures `known` to the history, in their order. Pure."""
    charts = [_vram(gpu, len(sample.gpus)) for gpu in sample.gpus]
    charts.append(_ram())
    if has_engine(known):
        charts += _engine()
    if sample.gpus:
        charts += _cards(sample.gpus)
    return tuple(charts)


def has_engine(known: Collection[str]) -> bool:
    """Whether a model was seen since the app was started."""
    return _ENGINE_FIGURE in known


def _vram(gpu: GpuSample, count: int) -> ChartSpec:
    key = gpu_key(gpu.index)
    return ChartSpec(
        f"vram.{key}",
        translate("MonitorPage", "VRAM · {gpu}").format(gpu=_gpu_name(gpu, count)),
        Measure.BYTES,
        (
            Line(
                f"{key}.memory_used", translate("MonitorPage", "Used"), "part_weights", filled=True
            ),
            Line(f"{key}.memory_ours", translate("MonitorPage", "This app"), "part_ours"),
            Line(f"{key}.memory_total", translate("MonitorPage", "Total"), "faint", of_limit=True),
        ),
    )


def _ram() -> ChartSpec:
    return ChartSpec(
        "ram",
        translate("MonitorPage", "RAM"),
        Measure.BYTES,
        (
            Line("ram.used", translate("MonitorPage", "Used"), "part_weights", filled=True),
            Line("ram.ours", translate("MonitorPage", "This app"), "part_ours"),
            Line("ram.total", translate("MonitorPage", "Total"), "faint", of_limit=True),
        ),
    )


def _engine() -> list[ChartSpec]:
    return [
        ChartSpec(
            "kv",
            translate("MonitorPage", "KV cache usage"),
            Measure.SHARE,
            (
                Line(
                    _ENGINE_FIGURE,
                    translate("MonitorPage", "Used by requests"),
                    "part_kv_used",
                    filled=True,
                ),
            ),
        ),
        ChartSpec(
            "speed",
            translate("MonitorPage", "Tokens per second"),
            Measure.SPEED,
            (
                Line(
                    "engine.generation_tokens_per_s",
                    translate("MonitorPage", "Generation"),
                    "part_weights",
                    True,
                ),
                Line("engine.prompt_tokens_per_s", translate("MonitorPage", "Prompt"), "part_ours"),
            ),
        ),
        ChartSpec(
            "requests",
            translate("MonitorPage", "Requests"),
            Measure.COUNT,
            (
                Line(
                    "engine.running",
                    translate("MonitorPage", "Running"),
                    "part_weights",
                    filled=True,
                ),
                Line("engine.waiting", translate("MonitorPage", "Waiting"), "part_ours"),
                Line("engine.preempted", translate("MonitorPage", "Preempted"), "part_kv_used"),
            ),
        ),
        ChartSpec(
            "ttft",
            translate("MonitorPage", "TTFT (time to first token)"),
            Measure.SECONDS,
            (
                Line("engine.ttft_s.last", translate("MonitorPage", "Latest"), "part_weights"),
                Line(
                    "engine.ttft_s.p95", translate("MonitorPage", "95th percentile"), "part_kv_used"
                ),
            ),
        ),
        ChartSpec(
            "inter_token",
            translate("MonitorPage", "Inter-token latency"),
            Measure.SECONDS,
            (
                Line(
                    "engine.inter_token_s.p50", translate("MonitorPage", "Median"), "part_weights"
                ),
                Line(
                    "engine.inter_token_s.p95",
                    translate("MonitorPage", "95th percentile"),
                    "part_kv_used",
                ),
            ),
        ),
    ]


def _cards(gpus: Sequence[GpuSample]) -> list[ChartSpec]:
    """Of one GPU what belongs together; of several, a line each."""
    if len(gpus) == 1:
        key = gpu_key(gpus[0].index)
        busy = [
            Line(f"{key}.busy", translate("MonitorPage", "GPU"), "part_weights", filled=True),
            Line(f"{key}.memory_busy", translate("MonitorPage", "Memory bandwidth"), "part_ours"),
        ]
        power = [
            Line(f"{key}.power", translate("MonitorPage", "Power"), "part_kv_used", filled=True)
        ]
        heat = [
            Line(f"{key}.temperature", translate("MonitorPage", "GPU"), "part_kv_used"),
            Line(f"{key}.memory_temperature", translate("MonitorPage", "Memory"), "part_ours"),
        ]
    else:
        busy, power, heat = (
            [
                Line(
                    f"{gpu_key(gpu.index)}.{figure}",
                    f"GPU {gpu.index}",
                    LINE_COLORS[place % len(LINE_COLORS)],
                )
                for place, gpu in enumerate(gpus)
            ]
            for figure in ("busy", "power", "temperature")
        )
    key = gpu_key(gpus[0].index)
    power.append(
        Line(f"{key}.power_limit", translate("MonitorPage", "Limit"), "faint", of_limit=True)
    )
    heat.append(
        Line(
            f"{key}.slowdown_temperature",
            translate("MonitorPage", "Slows down"),
            "faint",
            of_limit=True,
        )
    )
    return [
        ChartSpec(
            "busy", translate("MonitorPage", "GPU utilization"), Measure.PERCENT, tuple(busy)
        ),
        ChartSpec("power", translate("MonitorPage", "Power"), Measure.WATTS, tuple(power)),
        ChartSpec("heat", translate("MonitorPage", "Temperature"), Measure.CELSIUS, tuple(heat)),
    ]


def _gpu_name(gpu: GpuSample, count: int) -> str:
    name = gpu.name or "GPU"
    return name if count == 1 else f"{gpu.index}: {name}"
