"""`desktop-llm fit` in this process, and once as the program."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from desktop_llm.cli.arguments import build_parser
from desktop_llm.cli.fit import fit_options, run_fit
from desktop_llm.cli.terminal import Terminal
from desktop_llm.config.profiles import KvCacheSize, LoadProfile
from desktop_llm.core.errors import AppError
from desktop_llm.core.memory import MemoryHolder
from desktop_llm.core.units import GIB
from desktop_llm.models.device_memory import DeviceMemory, Surroundings
from desktop_llm.models.overheads import Overheads
from tests.helpers.model_folders import LLAMA_3_8B, make_model


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Llama 3 8B without its weights: the config alone counts."""
    folder = make_model(tmp_path / "llama", LLAMA_3_8B | {"intermediate_size": 14336})
    (folder / "model.safetensors").unlink()
    return folder


def fit(
    *arguments: str, free: int = 20 * GIB, profile: LoadProfile | None = None
) -> tuple[int, str, str]:
    options = fit_options(build_parser().parse_args(["fit", *arguments]))
    out, err = io.StringIO(), io.StringIO()
    around = Surroundings(
        cpu=False, memory=DeviceMemory(24 * GIB, free), others=(MemoryHolder(7, "game", 4 * GIB),)
    )
    code = run_fit(
        options,
        Terminal(None, out, err),
        profile=lambda path: profile or LoadProfile(),
        surroundings=lambda profile: around,
        overheads=Overheads(),
    )
    return code, out.getvalue(), err.getvalue()


def test_that_a_model_that_fits_exits_with_0_and_shows_the_sum(model: Path) -> None:
    code, out, _ = fit("--model", str(model), "--context", "4096", free=23 * GIB)
    assert code == 0
    assert "llama fits" in out
    assert "Weights" in out
    assert "15.0 GiB" in out
    assert "KV cache" in out
    assert "game holds 4.0 GiB." in out


def test_that_one_that_does_not_exits_with_1_and_says_what_helps(model: Path) -> None:
    code, out, _ = fit("--model", str(model), "--concurrency", "64")
    assert code == 1
    assert "fits with a change" in out
    assert "chats at once" in out
    assert fit("--model", str(model), "--vram", "2")[0] == 1
    assert fit("--model", str(model), "--vram", "40")[0] == 0


def test_that_json_has_rows_in_bytes_that_add_up(model: Path) -> None:
    code, out, _ = fit("--model", str(model), "--concurrency", "64", "--json")
    assert code == 1
    report: dict[str, Any] = json.loads(out)
    assert report["verdict"] == "fits_with_change"
    assert sum(row["bytes"] for row in report["rows"]) == report["total_bytes"]
    fewer = next(each for each in report["changes"] if each["kind"] == "concurrency")
    assert fewer["profile"] == {"max_sequences": fewer["concurrency"]}
    assert fewer["gives_bytes"] > 0


def test_that_the_models_own_load_profile_counts(model: Path) -> None:
    profile = LoadProfile(kv_cache=KvCacheSize(gib=0.25))
    _, out, _ = fit("--model", str(model), "--json", profile=profile, free=23 * GIB)
    assert json.loads(out)["shortfall"] == "cache_size"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--model", "/nowhere"),
        ("--model", "{model}", "--context", "8193"),
    ],
)
def test_that_bad_input_exits_with_2(arguments: tuple[str, ...], model: Path) -> None:
    code, out, err = fit(*(text.format(model=model) for text in arguments), "--json")
    assert code == 2
    assert err
    assert "error" in json.loads(out)


@pytest.mark.parametrize("option", ["--context=0", "--concurrency=-1", "--vram=0", "--vram=nan"])
def test_that_a_size_that_is_none_is_refused(option: str, model: Path) -> None:
    with pytest.raises(AppError) as caught:
        fit("--model", str(model), option)
    assert caught.value.code == "cli.bad_option"


def test_that_the_program_loads_nothing_heavy(model: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from desktop_llm.__main__ import main; "
        f"code = main(['fit', '--model', {str(model)!r}, '--vram', '80', '--json']); "
        "assert not {'vllm', 'torch', 'transformers', 'PySide6'} & set(sys.modules); sys.exit(code)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | {"DESKTOP_LLM_HOME": str(tmp_path / "home")},
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["verdict"] == "fits"
