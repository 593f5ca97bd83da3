"""The wheel, built and installed elsewhere: it runs from there, with its resources."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from desktop_llm.config.profiles import LoadProfile, ProfileStore
from tests.packaging.tiny_checkout import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel in it; the libraries come from this one's."""
    folder = tmp_path_factory.mktemp("elsewhere") / "venv"
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    # A .pth adds the libraries but does not follow the .pth of the checkout that is among them.
    (site,) = folder.glob("lib/python3*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps"]
    command += ["--no-index", "--force-reinstall", "--prefix", str(folder), str(wheel)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return folder


def run(elsewhere: Path, *command: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    result = subprocess.run(
        [str(elsewhere / "bin" / "python"), "-P", *command],
        cwd=elsewhere,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_that_the_wheel_holds_the_package_its_resources_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"desktop_llm"}
    for needed in (
        "icons/app.svg", "icons/send.svg", "guide-model/model.safetensors",
        "calibration/chat/everyday.txt", "calibration/code/other-languages.txt",
        "calibration/LICENSE-django", "held-out/app.txt",
    ):  # fmt: skip
        assert f"desktop_llm/resources/{needed}" in names
    assert not [name for name in names if "training/" in name or "__pycache__" in name]
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_that_it_says_its_version(elsewhere: Path) -> None:
    assert "0.1.0" in run(elsewhere, "-m", "desktop_llm", "--version")


@pytest.mark.engine
@pytest.mark.timeout(600)
def test_that_its_command_chats(elsewhere: Path, tmp_path: Path) -> None:
    environment = os.environ | {"DESKTOP_LLM_HOME": str(tmp_path)}
    environment.pop("PYTHONPATH", None)  # it must run on what the wheel brought
    eager = ProfileStore(tmp_path / "config" / "profiles.json")
    (site,) = elsewhere.glob("lib/python3*/site-packages")
    guide = site / "desktop_llm" / "resources" / "guide-model"
    eager.save(guide, LoadProfile(enforce_eager=True))
    ran = subprocess.run(
        [str(elsewhere / "bin" / "desktop-llm"), "chat", "--prompt", "What can you do?", "--json"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=580,
        env=environment,
    )
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout)
    assert "guide" in answer["text"]
    assert answer["finish_reason"] == "stop"


def test_that_it_finds_its_own_resources(elsewhere: Path) -> None:
    code = """if True:
        import json, desktop_llm
        from desktop_llm.config.paths import guide_model, resources
        print(json.dumps([desktop_llm.__file__, str(resources()), str(guide_model())]))"""
    package, resources, guide = map(Path, json.loads(run(elsewhere, "-c", code)))
    assert package.is_relative_to(elsewhere)
    assert resources == package.parent / "resources"
    assert (guide / "config.json").is_file()
    assert (guide / "model.safetensors").stat().st_size > 1_000_000
    assert (resources / "icons" / "app.svg").is_file()


def test_that_it_brings_the_command_and_the_extras(elsewhere: Path) -> None:
    code = """if True:
        from importlib.metadata import distribution
        for point in distribution("desktop-llm").entry_points:
            print(point.group, point.name, point.value)
        print(*distribution("desktop-llm").metadata.get_all("Provides-Extra"))
        print(distribution("desktop-llm").metadata["License-Expression"])"""
    assert run(elsewhere, "-c", code).splitlines() == [
        "console_scripts desktop-llm desktop_llm.__main__:main",
        "cpu cuda dev",
        "Apache-2.0",
    ]
