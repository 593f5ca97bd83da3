"""What the alerts say, for whom, and that they end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from pydantic import ValidationError

from desktop_llm.config.alerts import AlertKind, AlertSettings, Condition, PercentLimit
from desktop_llm.config.settings import Settings
from desktop_llm.core.units import GIB
from desktop_llm.telemetry.alerts import PAST_KEPT, Alert, AlertWatch
from desktop_llm.telemetry.figures import figures_of
from desktop_llm.telemetry.sample import GpuMemory, GpuSample, Temperatures, Throttle
from tests.telemetry.samples import gpu, sample


class Told:
    """An alert watch, and what it told."""

    def __init__(self, settings: AlertSettings | None = None) -> None:
        self.watch = AlertWatch(settings or AlertSettings())
        self.raised: list[Alert] = []
        self.cleared: list[Alert] = []
        self.watch.raised.subscribe(self.raised.append)
        self.watch.cleared.subscribe(self.cleared.append)
        self.now = 0

    def see(self, seconds: int, *gpus: GpuSample, engine: dict[str, Any] | None = None) -> None:
        for _ in range(seconds):
            self.now += 1
            moment = sample(self.now, gpus)
            self.watch.observe(moment, figures_of(moment, engine))


def kinds(alerts: Iterable[Alert]) -> list[AlertKind]:
    return [alert.kind for alert in alerts]


def test_that_a_full_kv_cache_is_told_after_two_minutes_and_its_end_too() -> None:
    told = Told()
    told.see(120, engine={"kv_usage": 0.9})
    assert told.raised == []
    told.see(1, engine={"kv_usage": 0.9})
    (alert,) = told.raised
    assert alert.message == (
        "The KV cache has been more than 85 % full for 2 min 0 s: requests will queue."
    )
    assert alert.hint
    assert alert.raised_at == 1_700_000_121
    assert list(told.watch.active) == [alert]
    told.see(60, engine={"kv_usage": 0.8})
    assert told.cleared == []
    told.see(11, engine={"kv_usage": 0.5})
    (over,) = told.cleared
    assert over.cleared_at == 1_700_000_192
    assert told.watch.active == ()
    assert told.watch.past == (over,)


def test_that_the_card_that_is_full_is_named() -> None:
    full = gpu(index=1, name="RTX 3060", memory=GpuMemory(12 * GIB, 12 * GIB, GIB // 8))
    told = Told()
    told.see(20, gpu(), full)
    (alert,) = told.raised
    assert (alert.kind, alert.subject) == (AlertKind.VRAM, "gpu1")
    assert alert.message == "The VRAM of RTX 3060 is nearly full: 128.0 MiB of 12.0 GiB are left."


def test_that_heat_is_told_soon_and_the_power_limit_only_when_it_lasts() -> None:
    hot = gpu(throttle=Throttle.HEAT | Throttle.POWER_CAP, temperatures=Temperatures(92))
    told = Told()
    told.see(10, hot)
    (heat,) = told.raised
    assert heat.message == "RTX 4090 is too hot (92 °C) and slows itself down."
    told.see(300, hot)
    assert kinds(told.raised) == [AlertKind.HEAT, AlertKind.POWER]
    assert told.raised[1].message == "RTX 4090 is slowed down by its power limit."
    told.see(70, gpu(throttle=Throttle.NOTHING))
    assert set(kinds(told.cleared)) == {AlertKind.HEAT, AlertKind.POWER}


def test_that_a_card_that_does_not_tell_raises_nothing() -> None:
    told = Told()
    told.see(400, gpu(throttle=None, memory=None))
    assert told.raised == []


def test_that_a_slow_first_token_is_told_once_and_forgotten_without_another() -> None:
    told = Told()
    told.see(1, engine={"ttft_s": {"last": 0.4}})
    told.see(30, engine={"ttft_s": {"last": 7.5}})
    (alert,) = told.raised
    assert alert.message == "The first token of an answer took 7.5 s; the target is 5.0 s."
    told.see(60, engine={"ttft_s": {"last": 7.5}})
    assert kinds(told.cleared) == [AlertKind.TTFT]
    assert len(told.raised) == 1


def test_that_preemptions_are_counted_over_a_minute() -> None:
    told = Told()
    told.see(5, engine={"preemptions": 40})
    told.see(5, engine={"preemptions": 42})
    assert told.raised == []
    told.see(1, engine={"preemptions": 45})
    assert told.raised[0].message.startswith("In the last minute 5 requests were put back")
    told.see(75, engine={"preemptions": 45})
    assert kinds(told.cleared) == [AlertKind.PREEMPTIONS]


def test_that_an_unloaded_models_alerts_end() -> None:
    told = Told()
    told.see(130, engine={"kv_usage": 0.95})
    told.see(61)
    assert kinds(told.cleared) == [AlertKind.KV_CACHE]


def test_that_a_card_that_is_gone_keeps_no_alert() -> None:
    told = Told()
    told.see(10, gpu(throttle=Throttle.HEAT))
    told.see(61)
    assert kinds(told.cleared) == [AlertKind.HEAT]


def test_that_an_alert_switched_off_is_cleared_and_not_raised() -> None:
    told = Told()
    told.see(10, gpu(throttle=Throttle.HEAT))
    told.watch.use(AlertSettings(heat=Condition(enabled=False)))
    told.see(20, gpu(throttle=Throttle.HEAT))
    assert kinds(told.raised) == kinds(told.cleared) == [AlertKind.HEAT]


def test_that_the_list_of_past_ones_is_bounded() -> None:
    told = Told(AlertSettings(heat=Condition(seconds=0, calm_seconds=0)))
    for _ in range(PAST_KEPT + 20):
        told.see(1, gpu(throttle=Throttle.HEAT))
        told.see(1, gpu(throttle=Throttle.NOTHING))
    assert len(told.watch.past) == PAST_KEPT
    assert told.watch.past[0].cleared_at == 1_700_000_000 + told.now


@pytest.mark.parametrize(
    "limit",
    [
        {"above": 85, "clears_at": 90},
        {"above": 101, "clears_at": 90},
        {"above": 85, "clears_at": 80, "seconds": -1},
    ],
)
def test_that_limits_that_make_no_sense_are_refused(limit: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PercentLimit(**limit)


def test_that_the_limits_are_settings_that_come_back() -> None:
    chosen = AlertSettings(kv_cache=PercentLimit(above=95, clears_at=90, seconds=10))
    settings = Settings(alerts=chosen)
    assert Settings.model_validate_json(settings.model_dump_json()).alerts == chosen
    assert Settings.model_validate({}).alerts == AlertSettings()
    assert all(AlertSettings().condition(kind).enabled for kind in AlertKind)
