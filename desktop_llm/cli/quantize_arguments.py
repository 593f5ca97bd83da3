"""The command line's arguments of `desktop-llm quantize`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from desktop_llm.config.profiles import validation_sentences
from desktop_llm.core.errors import AppError
from desktop_llm.quantize.types import (
    CalibrationChoice,
    CalibrationSource,
    JobRequest,
    Method,
    QuantizeSettings,
)

_DATASET = "hf:"
_WORDS = (CalibrationSource.CHAT, CalibrationSource.CODE, CalibrationSource.CONVERSATIONS)


def add_quantize(commands: Any) -> None:
    """Add the command to the parser's commands."""
    given = QuantizeSettings()
    quantize = commands.add_parser(
        "quantize",
        help="make a model smaller: four bits a weight",
        description="Quantize a model's weights to four bits into a new folder. The source is left "
        "as it is, and the new folder appears only when it is whole and has been loaded. Exits "
        "with 2 for bad input, 1 for a failure, 130 when interrupted.",
    )
    quantize.add_argument("--model", metavar="DIR", required=True, help="the model to quantize")
    quantize.add_argument("--out", metavar="DIR", required=True, help="the folder to make")
    quantize.add_argument(
        "--method",
        choices=[method.value for method in Method],
        default=given.method.value,
        help="awq looks at calibration text to keep what matters; rtn rounds and is done in "
        "seconds (default: %(default)s)",
    )
    quantize.add_argument("--bits", type=int, default=given.bits, metavar="N", help="4")
    quantize.add_argument(
        "--group-size",
        type=int,
        metavar="N",
        help="weights that share a scale: 128, or 64 for a little more quality and size "
        "(default: 64 with --calibration code, else 128)",
    )
    quantize.add_argument(
        "--no-zero-point", action="store_true", help="symmetric: one number less for each group"
    )
    quantize.add_argument(
        "--leave-out",
        action="append",
        default=[],
        metavar="NAME",
        help="leave modules with this in their name as they are (may be given several times)",
    )
    quantize.add_argument(
        "--calibration",
        default="chat",
        metavar="WHAT",
        help="chat, code, conversations (your own), a .txt, .jsonl or .parquet file, or "
        f"{_DATASET}NAME for a Hugging Face dataset (default: %(default)s)",
    )
    quantize.add_argument("--samples", type=int, default=given.samples, metavar="N")
    quantize.add_argument("--sequence-length", type=int, default=given.sequence_length, metavar="N")
    quantize.add_argument(
        "--device", choices=["gpu", "cpu"], help="default: the GPU if there is one"
    )
    quantize.add_argument(
        "--shard-gib", type=float, default=given.shard_gib, metavar="X", help="size of a file"
    )
    quantize.add_argument(
        "--replace", action="store_true", help="replace the folder if it is there already"
    )
    quantize.add_argument(
        "--evaluate",
        action="store_true",
        help="measure both models: perplexity, speed, memory, answers to the same prompts",
    )
    quantize.add_argument("--json", action="store_true", help="print the result as one JSON object")


def job_request(arguments: argparse.Namespace, *, has_gpu: bool) -> JobRequest:
    """What a parsed `quantize` asks for. Raises AppError ``cli.bad_option`` with the reason."""
    calibration = _calibration(arguments.calibration)
    code = calibration.source is CalibrationSource.CODE
    try:
        settings = QuantizeSettings.model_validate(
            {
                "method": arguments.method,
                "bits": arguments.bits,
                "group_size": arguments.group_size or (64 if code else 128),
                "zero_point": not arguments.no_zero_point,
                "modules_left_out": tuple(arguments.leave_out),
                "samples": arguments.samples,
                "sequence_length": arguments.sequence_length,
                "device": arguments.device or ("gpu" if has_gpu else "cpu"),
                "shard_gib": arguments.shard_gib,
            }
        )
    except ValidationError as error:
        raise AppError(
            "cli.bad_option", f"{'; '.join(validation_sentences(error))}.", "See quantize --help."
        ) from error
    return JobRequest(
        source=Path(arguments.model).absolute(),
        output=Path(arguments.out).absolute(),
        settings=settings,
        calibration=calibration,
        evaluate=arguments.evaluate,
        replace=arguments.replace,
    )


def _calibration(what: str) -> CalibrationChoice:
    if what in _WORDS:
        return CalibrationChoice(source=CalibrationSource(what))
    if what.startswith(_DATASET):
        name, _, split = what.removeprefix(_DATASET).partition(":")
        if not name:
            raise AppError("cli.bad_option", f"{what} names no dataset.", "See quantize --help.")
        return CalibrationChoice(
            source=CalibrationSource.DATASET, dataset=name, split=split or "train"
        )
    return CalibrationChoice(source=CalibrationSource.FILE, path=Path(what).absolute())
