"""A fit report in English sentences, for the window and the terminal alike."""

from __future__ import annotations

from desktop_llm.core.errors import Sentence, in_a_row, sentence
from desktop_llm.core.units import format_bytes, format_count
from desktop_llm.models.demand import Part
from desktop_llm.models.fit_changes import ChangeKind, FitChange
from desktop_llm.models.fit_question import Shortfall
from desktop_llm.models.fit_report import FitReport, Verdict
from desktop_llm.models.weight_memory import WeightSource


def part_name(part: Part) -> Sentence:
    """What a row of the sum is called."""
    return {
        Part.WEIGHTS: sentence("Weights"),
        Part.KV_CACHE: sentence("KV cache"),
        Part.ACTIVATIONS: sentence("Activations"),
        Part.GRAPHS: sentence("CUDA graphs"),
        Part.RUNTIME: sentence("Runtime"),
    }[part]


def verdict_sentence(report: FitReport) -> Sentence:
    """The verdict with its two figures, and the cause where it does not fit."""
    asked, free = format_bytes(report.total), format_bytes(report.available)
    if report.verdict is Verdict.FITS:
        return sentence(
            "{model} fits: {asked} of the {free} that it can have.",
            model=report.question.facts.name,
            asked=asked,
            free=free,
        )
    if report.verdict is Verdict.FITS_WITH_CHANGE:
        return in_a_row(
            sentence("{model} fits with a change.", model=report.question.facts.name),
            _cause(report),
        )
    return in_a_row(
        sentence("{model} does not fit.", model=report.question.facts.name), _cause(report)
    )


def asked_sentence(report: FitReport) -> Sentence:
    """For what the sum was made."""
    question = report.question
    if question.concurrency == 1:
        return sentence("For one chat at {context} tokens.", context=format_count(question.context))
    return sentence(
        "For {count} chats at once, each at {context} tokens.",
        count=format_count(question.concurrency),
        context=format_count(question.context),
    )


def room_sentences(report: FitReport) -> list[Sentence]:
    """What there is: free now, given back by unloading, held by others and by whom."""
    question = report.question
    said = [
        sentence(
            "{free} of {total} are free now.",
            free=format_bytes(question.memory.free),
            total=format_bytes(question.memory.total),
        )
    ]
    if question.given_back:
        said.append(
            sentence(
                "Unloading the present model gives back {size}.",
                size=format_bytes(question.given_back),
            )
        )
    said += [
        sentence("{name} holds {size}.", name=holder.name, size=format_bytes(holder.bytes))
        for holder in question.others
        if holder.bytes is not None
    ]
    return said


def change_sentence(change: FitChange) -> Sentence:
    """What to change, and what one has then."""
    gives = format_bytes(change.gives)
    match change.kind:
        case ChangeKind.KV_CACHE_AUTO:
            return sentence("Set the KV cache to automatic.")
        case ChangeKind.SHARE:
            return sentence(
                "Ask for {percent} % of the memory, for others hold the rest.",
                percent=f"{(change.value or 0) * 100:.0f}",
            )
        case ChangeKind.BATCHED_TOKENS:
            return sentence(
                "Set max batched tokens to {tokens}: prompts are read slower, {gives} less.",
                tokens=format_count(int(change.value or 0)),
                gives=gives,
            )
        case ChangeKind.SEQUENCES:
            return sentence(
                "Set max sequences to {count}: {gives} less.",
                count=format_count(int(change.value or 0)),
                gives=gives,
            )
        case ChangeKind.KV_DTYPE:
            return sentence("Keep the KV cache in FP8: it takes {gives} less.", gives=gives)
        case ChangeKind.CONTEXT:
            return sentence(
                "Set the context length to {context} tokens: it takes {gives} less.",
                context=format_count(change.context),
                gives=gives,
            )
        case ChangeKind.CONCURRENCY if change.concurrency == 1:
            return sentence("Run one chat at a time: it takes {gives} less.", gives=gives)
        case ChangeKind.CONCURRENCY:
            return sentence(
                "Run {count} chats at once: it takes {gives} less.",
                count=format_count(change.concurrency),
                gives=gives,
            )
        case ChangeKind.FP8_WEIGHTS:
            return sentence("Quantize the weights to FP8 at load: {gives} less.", gives=gives)
        case ChangeKind.FOUR_BITS:
            return sentence("Quantize the model to four bits: {gives} less.", gives=gives)
        case ChangeKind.OFFLOAD:
            return sentence(
                "Leave {size} GiB of the weights in RAM (CPU offload): slower, {gives} less.",
                size=f"{change.value:g}",
                gives=gives,
            )


def basis_sentence(report: FitReport) -> Sentence:
    """What the figures are from, and so how sure they are."""
    source = {
        WeightSource.HEADERS: sentence("The weights are counted from the files' headers."),
        WeightSource.LISTING: sentence("The weights are counted from the sizes of the files."),
        WeightSource.CONFIG: sentence("The weights are counted from the config alone."),
    }[report.weights_from]
    learned = (
        sentence("What else it takes is known from past loads on this machine.")
        if report.sum.demand.learned
        else sentence("What else it takes is an estimate until a load was measured here.")
    )
    return in_a_row(source, learned)


def _cause(report: FitReport) -> Sentence:
    short = format_bytes(report.short_by)
    match report.shortfall:
        case Shortfall.WEIGHTS:
            return sentence(
                "The weights and what runs them are too much: {short} are missing.", short=short
            )
        case Shortfall.CACHE_SIZE:
            return sentence(
                "The load profile's KV cache is {short} smaller than the chats need.", short=short
            )
        case Shortfall.SHARE_NOT_FREE:
            return sentence(
                "The load profile asks for a share of the memory that is not free: other programs "
                "hold it."
            )
        case _:
            return sentence(
                "The weights fit, but beside them {short} are missing for the KV cache.",
                short=short,
            )
