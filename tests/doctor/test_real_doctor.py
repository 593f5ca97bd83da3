"""Doctor as a person has it: the real command on this installation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_llm.doctor.examination import CHECKS


@pytest.mark.engine
@pytest.mark.timeout(600)
def test_that_doctor_examines_this_installation(tmp_path: Path) -> None:
    environment = os.environ | {"DESKTOP_LLM_HOME": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-m", "desktop_llm", "doctor", "--json"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=580,
        env=environment,
    )
    told = json.loads(ran.stdout)
    assert list(told) == ["ok", "build", "versions", "machine", "checks"]
    assert [check["name"] for check in told["checks"]] == [check.name for check in CHECKS]
    broken = [check for check in told["checks"] if check["status"] == "fail"]
    assert ran.returncode == (1 if broken else 0), ran.stderr
    assert told["ok"] is not bool(broken)
    assert all(check["fix"] for check in told["checks"] if check["status"] != "pass")
    # What the tests themselves run on works, whatever else this machine lacks.
    works = {check["name"] for check in told["checks"] if check["status"] == "pass"}
    assert {"Libraries", "vLLM", "Transformers", "Qt", "Spawn", "Folders", "Models"} <= works
    assert not any("This check itself failed" in check["text"] for check in told["checks"])
    assert ran.stderr == ""
