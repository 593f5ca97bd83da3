"""Quantizing the guide model: what AWQ keeps, and what the job costs beside a bare script.

Perplexity is measured as the app does, by vLLM's prompt logprobs, of AWQ's result and of
round-to-nearest's with the same settings. The text is the guide's own subject, whose answers it
knows: half of its entries calibrate, and the other half, in wordings that it was never trained on,
are scored. The same windows are scored for each, so the note gives the paired standard error.

Time and peak memory are those of the whole worker process, from its start to its end, against
`sides/bare_awq.py` with the same samples; they take turns. The script is not asked for what the
worker does beyond AutoAWQ's work: checking the source, progress, copying small files, the manifest.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_llm.config.paths import guide_model
from desktop_llm.core.units import MIB
from desktop_llm.quantize.perplexity import change
from desktop_llm.quantize.protocol import DESCRIPTOR_VARIABLE, Result, decode
from desktop_llm.quantize.types import Measurement, Method, QuantizeSettings
from tests.benchmarks.harness import Figure, Options, Target, alternate
from tests.benchmarks.processes import environment, home, start

NAME = "quantize"
_TURNS = 4
_PATIENCE_SECONDS = 900
_NO_WORSE = Target(1.0)
_AS_SOON = Target(1.05)
_AS_SMALL = Target(1.1)


@dataclass(frozen=True)
class _Ran:
    """A process that went well: from its start to its end, and the most RAM it held."""

    seconds: float
    peak_bytes: int
    values: Mapping[str, Any]


def measure(options: Options) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="benchmark-quantize-") as name:
        folder = Path(name)
        calibration, held_out = _texts()
        _write(folder / "calibration.jsonl", calibration)
        _write(folder / "held-out.jsonl", held_out)
        samples = options.times(128, 16)
        return [
            *_perplexities(folder, samples, options),
            *_costs(folder, QuantizeSettings(samples=samples), options),
        ]


def _perplexities(folder: Path, samples: int, options: Options) -> Iterator[Figure]:
    unquantized = _measurement(guide_model(), folder)
    options.say(f"unquantized: perplexity {unquantized.perplexity:.4f}")
    for group_size in (128, 64):
        found = {}
        for method in Method:
            settings = QuantizeSettings(method=method, group_size=group_size, samples=samples)
            output = folder / f"{method}-{group_size}"
            _worker(output, settings, folder)
            found[method] = _measurement(output, folder)
            options.say(f"{method}, groups of {group_size}: {found[method].perplexity:.4f}")
        awq, rtn = found[Method.AWQ], found[Method.RTN]
        yield Figure(
            NAME,
            f"perplexity in groups of {group_size}: AWQ against RTN",
            "",
            [awq.perplexity or 0],
            [rtn.perplexity or 0],
            _NO_WORSE,
            f"ratio {_ratio(rtn, awq)} on {awq.tokens_scored} tokens; unquantized: "
            f"{unquantized.perplexity:.4f}, AWQ to that {_ratio(unquantized, awq)}",
        )


def _costs(folder: Path, settings: QuantizeSettings, options: Options) -> list[Figure]:
    """AWQ, with the settings that the app proposes."""

    def ours() -> _Ran:
        with _new_folder(folder) as output:
            return _worker(output, settings, folder)

    def bare() -> _Ran:
        with _new_folder(folder) as output:
            return _bare(output, settings, folder)

    # The first ones find nothing in the disk's cache.
    options.say(f"warmed up: {ours().seconds:.1f} s, bare {bare().seconds:.1f} s")
    ran = alternate({"ours": ours, "bare": bare}, options.times(5, 1))
    return [
        Figure(
            NAME,
            "the job, as AutoAWQ alone: time",
            "s",
            [side.seconds for side in ran["ours"]],
            [side.seconds for side in ran["bare"]],
            _AS_SOON,
        ),
        Figure(
            NAME,
            "the job, as AutoAWQ alone: peak memory",
            "MiB",
            [side.peak_bytes / MIB for side in ran["ours"]],
            [side.peak_bytes / MIB for side in ran["bare"]],
            _AS_SMALL,
        ),
    ]


def _ratio(before: Measurement, after: Measurement) -> str:
    found = change(before.window_losses, after.window_losses)
    assert found is not None, "both are scored on the same tokens"
    return f"{found.ratio:.4f} ± {found.error:.4f}"


def _measurement(model: Path, folder: Path) -> Measurement:
    job = {"model": model, "texts": folder / "held-out.jsonl", "speeds": False, "tokens": 65_536}
    with home() as root:
        ran = _run(["-m", "desktop_llm", "measure"], job, environment(root))
    return Measurement(**ran.values)


def _worker(output: Path, settings: QuantizeSettings, folder: Path) -> _Ran:
    output.mkdir()
    job = {
        "source": guide_model(),
        "output": output,
        "settings": settings.model_dump(mode="json"),
        "texts": folder / "calibration.jsonl",
        "seed": 0,
    }
    return _run(["-m", "desktop_llm.quantize.worker"], job, environment())


def _bare(output: Path, settings: QuantizeSettings, folder: Path) -> _Ran:
    asked = {
        "source": str(guide_model()),
        "output": str(output),
        "settings": settings.model_dump(mode="json"),
        "texts": str(folder / "calibration.jsonl"),
    }
    arguments = ["-m", "tests.benchmarks.sides.bare_awq", json.dumps(asked)]
    return _timed(arguments, environment() | {"HF_HUB_OFFLINE": "1"})


def _run(command: Sequence[str], job: Mapping[str, Any], variables: Mapping[str, str]) -> _Ran:
    """A child that speaks the job's protocol. Raises RuntimeError with what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "job.json"
        file.write_text(json.dumps(job, default=str), "utf-8")
        return _timed([*command, str(file)], variables)


def _timed(arguments: Sequence[str], variables: Mapping[str, str]) -> _Ran:
    read, write = os.pipe()
    with tempfile.TemporaryFile() as output, os.fdopen(read, "rb") as messages:
        began = time.perf_counter()
        process = start(
            arguments,
            dict(variables) | {DESCRIPTOR_VARIABLE: str(write)},
            pass_fds=[write],
            stdout=output,
            stderr=output,
        )
        os.close(write)
        patience = threading.Timer(_PATIENCE_SECONDS, process.kill)
        patience.start()
        said = [decode(line) for line in messages]
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        patience.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            printed = output.read().decode(errors="replace")[-2000:]
            raise RuntimeError(f"{arguments} failed: {said[-1:]}\n{printed}")
    values = said[-1].values if said and isinstance(said[-1], Result) else {}
    return _Ran(seconds, usage.ru_maxrss * 1024, values)


@contextlib.contextmanager
def _new_folder(parent: Path) -> Iterator[Path]:
    """A place for a folder, which goes with all in it."""
    with tempfile.TemporaryDirectory(dir=parent) as name:
        yield Path(name) / "out"


def _texts() -> tuple[list[str], list[str]]:
    """Conversations as the guide's template writes them: to calibrate with, and to score."""
    sys.path.insert(0, str(guide_model() / "training"))
    from guide_training.corpus import load_corpus

    entries = load_corpus().entries
    calibration = [(asked, entry.answer) for entry in entries[::2] for asked in entry.trained]
    held_out = [(asked, entry.answer) for entry in entries[1::2] for asked in entry.held_out]
    return _conversations(calibration), _conversations(held_out)


def _conversations(turns: Sequence[tuple[str, str]]) -> list[str]:
    """Of `_TURNS` turns each, far from one another, so that no subject comes twice in a row."""
    count = max(len(turns) // _TURNS, 1)
    return [
        "".join(
            f"<|user|> {asked}<|end|><|assistant|>{answer}<|end|>"
            for asked, answer in turns[number::count]
        )
        for number in range(count)
    ]


def _write(file: Path, texts: Iterable[str]) -> None:
    file.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), "utf-8")
