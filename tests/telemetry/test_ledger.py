"""Every byte of a device's memory is somewhere, once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from desktop_llm.core.units import GIB, MIB
from desktop_llm.telemetry.ledger import Ledger, Ours, Part, Segment, gpu_ledger, ram_ledger
from desktop_llm.telemetry.sample import GpuMemory, GpuProcess, OurProcess, RamSample
from tests.telemetry.samples import gpu, processes

OURS = Ours(frozenset({100}), 8 * GIB, 6 * GIB, 2 * GIB)

sizes = st.integers(-(2**10), 2**44)
maybe = st.none() | sizes
listed = st.none() | st.lists(
    st.builds(GpuProcess, st.integers(1, 9), st.text(max_size=3), maybe), max_size=6
).map(tuple)
claims = st.builds(Ours, st.frozensets(st.integers(1, 9)), maybe, maybe, maybe)


def bar(ledger: Ledger | None) -> list[tuple[Part, int]]:
    assert ledger is not None
    assert sum(segment.bytes for segment in ledger.segments) == ledger.total
    return [(segment.part, segment.bytes) for segment in ledger.segments]


def test_that_a_card_with_our_model_and_a_game_adds_up() -> None:
    ledger = gpu_ledger(gpu(processes=processes(15 * GIB, 4 * GIB)), OURS)
    assert bar(ledger) == [
        (Part.WEIGHTS, 8 * GIB),
        (Part.KV_USED, 2 * GIB),
        (Part.KV_UNUSED, 4 * GIB),
        (Part.OURS, GIB),
        (Part.PROCESS, 4 * GIB),
        (Part.DRIVER, GIB),
        (Part.RESERVED, GIB),
        (Part.FREE, 3 * GIB),
    ]
    assert ledger is not None
    assert Segment(Part.PROCESS, 4 * GIB, "program 1", 101) in ledger.segments
    assert ledger.bytes_of(Part.KV_USED, Part.KV_UNUSED) == 6 * GIB
    assert ledger.consistent


def test_that_processes_the_driver_does_not_tell_of_are_one_rest() -> None:
    told_nothing = gpu_ledger(gpu(processes=None), OURS)
    assert (Part.NOT_TOLD, 6 * GIB) in bar(told_nothing)
    container = gpu_ledger(gpu(processes=()), OURS)
    assert bar(container) == bar(told_nothing)


def test_that_ours_under_a_number_of_another_namespace_is_not_counted_twice() -> None:
    ledger = gpu_ledger(gpu(processes=processes(15 * GIB, 4 * GIB, first=900_000)), OURS)
    parts = dict(bar(ledger))
    assert Part.PROCESS not in parts
    assert parts[Part.WEIGHTS] == 8 * GIB
    assert parts[Part.NOT_TOLD] == 6 * GIB


def test_that_a_process_of_unknown_size_makes_the_rest_not_told() -> None:
    parts = dict(bar(gpu_ledger(gpu(processes=processes(15 * GIB, None, 4 * GIB)), OURS)))
    assert parts[Part.NOT_TOLD] == GIB
    assert parts[Part.PROCESS] == 4 * GIB
    parts = dict(bar(gpu_ledger(gpu(processes=processes(None)), OURS)))
    assert Part.OURS not in parts
    assert parts[Part.NOT_TOLD] == 6 * GIB


def test_that_a_big_rest_is_not_called_the_drivers() -> None:
    assert (Part.NOT_TOLD, 16 * GIB) in bar(gpu_ledger(gpu(processes=processes(4 * GIB)), Ours()))
    small = GpuMemory(24 * GIB, 300 * MIB, 23 * GIB, GIB - 300 * MIB)
    assert (Part.DRIVER, 300 * MIB) in bar(gpu_ledger(gpu(memory=small), Ours()))


def test_that_what_is_told_beyond_what_is_in_use_is_cut_and_said() -> None:
    ledger = gpu_ledger(gpu(processes=processes(15 * GIB, 90 * GIB)), OURS)
    assert dict(bar(ledger))[Part.PROCESS] == 5 * GIB
    assert ledger is not None
    assert not ledger.consistent


def test_that_the_engine_does_not_claim_more_than_its_processes_hold() -> None:
    ledger = gpu_ledger(gpu(processes=processes(10 * GIB, 9 * GIB)), OURS)
    parts = dict(bar(ledger))
    assert (parts[Part.WEIGHTS], parts[Part.KV_USED]) == (8 * GIB, 2 * GIB)
    assert parts[Part.PROCESS] == 9 * GIB
    assert not {Part.KV_UNUSED, Part.OURS} & parts.keys()
    assert ledger is not None
    assert not ledger.consistent


def test_that_without_a_memory_reading_there_is_no_bar() -> None:
    assert gpu_ledger(gpu(memory=None), OURS) is None


def test_that_the_cpu_builds_memory_is_shown_the_same_way() -> None:
    ram = RamSample(
        32 * GIB, 10 * GIB, (OurProcess(1, "engine", 12 * GIB), OurProcess(2, "window", GIB))
    )
    assert bar(ram_ledger(ram, Ours(weights=6 * GIB, kv_reserved=4 * GIB, kv_used=GIB))) == [
        (Part.WEIGHTS, 6 * GIB),
        (Part.KV_USED, GIB),
        (Part.KV_UNUSED, 3 * GIB),
        (Part.OURS, 3 * GIB),
        (Part.OTHERS, 9 * GIB),
        (Part.FREE, 10 * GIB),
    ]


@given(
    st.builds(GpuMemory, sizes, sizes, sizes, maybe),
    listed,
    claims,
)
def test_that_the_bar_adds_up_whatever_is_told(
    memory: GpuMemory, running: tuple[GpuProcess, ...] | None, ours: Ours
) -> None:
    ledger = gpu_ledger(gpu(memory=memory, processes=running), ours)
    assert all(size > 0 for _, size in bar(ledger))


@given(
    st.builds(
        RamSample,
        sizes,
        sizes,
        st.lists(st.builds(OurProcess, st.integers(1, 9), st.just(""), sizes)).map(tuple),
    ),
    claims,
)
def test_that_the_machines_memory_adds_up_whatever_is_told(ram: RamSample, ours: Ours) -> None:
    assert all(size > 0 for _, size in bar(ram_ledger(ram, ours)))
