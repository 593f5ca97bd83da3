"""The API key's file."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from desktop_llm.core.errors import AppError
from desktop_llm.server.keys import KeyFile


def test_that_a_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "config" / "api-key")
    key = file.ensure()
    assert len(key) > 40
    assert file.ensure() == file.read() == key
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_that_a_renewed_key_is_another_one(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "api-key")
    before = file.ensure()
    assert file.renew() != before
    assert file.read() != before


def test_that_a_file_open_to_others_is_closed_to_them(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "api-key")
    key = file.ensure()
    file.path.chmod(0o644)
    assert file.read() == key
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b" \n", b"two\nlines", b"\xff\xfe", b"a" * 5000])
def test_that_a_file_without_a_key_never_means_an_open_port(tmp_path: Path, content: bytes) -> None:
    file = KeyFile(tmp_path / "api-key")
    file.path.write_bytes(content)
    with pytest.raises(AppError) as raised:
        file.ensure()
    assert raised.value.code == "server.key_unusable"


def test_that_somebody_elses_file_is_only_read(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "theirs", ours=False)
    with pytest.raises(AppError, match="No such file"):
        file.ensure()
    file.path.write_text("their-key\n")
    file.path.chmod(0o644)
    assert file.ensure() == "their-key"
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o644
    with pytest.raises(AppError):
        file.renew()
