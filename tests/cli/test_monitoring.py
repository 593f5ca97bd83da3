"""`desktop-llm monitoring`: the files it writes, and what Prometheus says of them."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from desktop_llm.cli.arguments import build_parser
from desktop_llm.cli.monitoring import run_monitoring, scrape_config, scrape_of
from desktop_llm.cli.terminal import Terminal
from desktop_llm.config.paths import AppPaths
from desktop_llm.config.server import ServerSettings
from desktop_llm.core.errors import AppError


def written(
    out: Path, *arguments: str, settings: ServerSettings | None = None
) -> tuple[str, dict[str, str]]:
    """What is printed, and the files by name."""
    parsed = build_parser().parse_args(["monitoring", "--out", str(out), *arguments])
    paths = AppPaths(*(out.parent / name for name in ("config", "data", "cache", "logs")))
    said = io.StringIO()
    scrape = scrape_of(parsed, settings or ServerSettings(), paths)
    assert run_monitoring(parsed.out, scrape, Terminal(None, said, io.StringIO())) == 0
    return said.getvalue(), {file.name: file.read_text() for file in out.iterdir()}


def test_that_dashboard_rules_and_scrape_config_are_written_and_named(tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    said, files = written(out)
    assert set(files) == {"alerts.yml", "grafana-dashboard.json", "prometheus.yml"}
    assert said.split() == [str(out / name) for name in sorted(files)]
    assert json.loads(files["grafana-dashboard.json"])["title"] == "Desktop LLM"
    (job,) = yaml.safe_load(files["prometheus.yml"])["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["127.0.0.1:8000"]}]
    assert job["authorization"]["credentials_file"] == str(tmp_path / "new" / "config" / "api-key")
    assert "tls_config" not in job
    assert written(out)[1] == files, "a second time replaces them"


def test_that_it_follows_the_apps_settings_and_what_is_asked_for(tmp_path: Path) -> None:
    mine = ServerSettings(port=8443, certificate="/etc/ssl/m\u00fcller.pem")
    (job,) = yaml.safe_load(written(tmp_path / "a", settings=mine)[1]["prometheus.yml"])[
        "scrape_configs"
    ]
    assert (job["scheme"], job["static_configs"][0]["targets"]) == ("https", ["127.0.0.1:8443"])
    assert job["tls_config"] == {"ca_file": "/etc/ssl/m\u00fcller.pem"}
    key = tmp_path / "the key"
    asked = ("--url", "http://box:9000", "--api-key-file", str(key))
    (job,) = yaml.safe_load(written(tmp_path / "b", *asked, settings=mine)[1]["prometheus.yml"])[
        "scrape_configs"
    ]
    assert (job["scheme"], job["static_configs"][0]["targets"]) == ("http", ["box:9000"])
    assert job["authorization"]["credentials_file"] == str(key)
    assert "tls_config" not in job


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool comes with prometheus")
def test_that_promtool_accepts_the_configuration_with_its_rules(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    key = tmp_path / "api key"
    key.write_text("dllm-key")
    written(tmp_path / "out", "--api-key-file", str(key))
    file = tmp_path / "out" / "prometheus.yml"
    ran = subprocess.run(["promtool", "check", "config", str(file)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "rules found" in ran.stdout


@pytest.mark.parametrize("url", ["box:9000", "ftp://box", "http://", "8000"])
def test_that_what_is_no_url_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(AppError) as caught:
        written(tmp_path / "out", "--url", url)
    assert caught.value.code == "cli.bad_option"


def test_that_the_program_says_where_it_cannot_write_and_loads_nothing_heavy(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("where the folder should be")
    code = (
        "import sys; from desktop_llm.__main__ import main; "
        f"code = main(['monitoring', '--out', {str(tmp_path / 'file')!r}]); "
        "assert not {'vllm', 'torch', 'PySide6', 'fastapi'} & set(sys.modules); sys.exit(code)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | {"DESKTOP_LLM_HOME": str(tmp_path / "home")},
    )
    assert ran.returncode == 1
    assert "could not be written" in ran.stderr
    assert "AssertionError" not in ran.stderr
    assert "yours to write" in ran.stderr


def test_that_paths_with_quotes_survive() -> None:
    parsed = build_parser().parse_args(["monitoring", "--out", "x", "--api-key-file", '/a "b"/c'])
    paths = AppPaths(Path("/c"), Path("/d"), Path("/e"), Path("/f"))
    text = scrape_config(scrape_of(parsed, ServerSettings(), paths))
    (job,) = yaml.safe_load(text)["scrape_configs"]
    assert job["authorization"]["credentials_file"] == '/a "b"/c'
