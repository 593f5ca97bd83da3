"""What doctor prints, and the code it ends with."""

from __future__ import annotations

import io
import json
import threading

from desktop_llm.doctor.command import report
from desktop_llm.doctor.examination import CHECKS, examine
from desktop_llm.doctor.findings import Check, Finding, Surroundings, failed, noted, passed
from tests.doctor.conftest import Make

WELL = Check("Well", lambda _: passed("All is well."))
ODD = Check("Odd", lambda _: noted("Something is odd.", "Look at it."))
BROKEN = Check("Broken", lambda _: failed("It is broken.", "Mend it."))


def printed(here: Surroundings, *checks: Check, as_json: bool = False) -> tuple[int, str]:
    out = io.StringIO()
    code = report(here, examine(here, checks), out, as_json=as_json)
    return code, out.getvalue()


def test_that_what_is_broken_is_said_with_its_fix(surroundings: Make) -> None:
    code, text = printed(surroundings(versions={"torch": "2.13.0"}), WELL, ODD, BROKEN)
    assert code == 1
    assert "torch 2.13.0" in text
    assert "ok     Well            All is well." in text
    assert "FAIL   Broken          It is broken.\n                       → Mend it." in text
    assert text.endswith("1 thing is broken. 1 note.\n")


def test_that_notes_are_no_failure(surroundings: Make) -> None:
    code, text = printed(surroundings(), WELL, ODD)
    assert code == 0
    assert text.endswith("Everything works. 1 note.\n")


def test_that_json_is_one_object_with_everything(surroundings: Make) -> None:
    code, text = printed(surroundings(), WELL, BROKEN, as_json=True)
    value = json.loads(text)
    assert code == 1
    assert value["ok"] is False
    assert value["build"] == "cpu"
    assert value["machine"]["gpus"]["gpus"][0]["total_bytes"] > 0
    assert value["checks"] == [
        {"name": "Well", "status": "pass", "text": "All is well.", "fix": ""},
        {"name": "Broken", "status": "fail", "text": "It is broken.", "fix": "Mend it."},
    ]


def test_that_a_check_that_crashes_is_a_finding(surroundings: Make) -> None:
    def crash(_: Surroundings) -> Finding:
        raise ZeroDivisionError("oops")

    code, text = printed(surroundings(), Check("Crash", crash), WELL)
    assert code == 1
    assert "ZeroDivisionError" in text
    assert "All is well." in text


def test_that_results_come_in_order_as_soon_as_they_can(surroundings: Make) -> None:
    release = threading.Event()

    def slow(_: Surroundings) -> Finding:
        assert release.wait(10)
        return passed("Late.")

    results = examine(surroundings(), [WELL, Check("Slow", slow), ODD])
    assert next(results).name == "Well"
    release.set()
    assert [result.name for result in results] == ["Slow", "Odd"]


def test_that_checks_have_names_of_their_own() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)


def test_that_lines_stay_within_their_width(surroundings: Make) -> None:
    wordy = Check("Wordy", lambda _: failed("word " * 60, "fix " * 60))
    _, text = printed(surroundings(), wordy)
    assert max(map(len, text.splitlines())) <= 100
