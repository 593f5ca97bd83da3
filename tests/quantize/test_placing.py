"""A finished folder takes its place whole, and what was there survives any failure."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from desktop_llm.core.errors import AppError
from desktop_llm.quantize import placing


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "model-awq"


def fill(folder: Path, text: str) -> None:
    folder.mkdir(exist_ok=True, parents=True)
    (folder / "config.json").write_text(text, "utf-8")


def config(folder: Path) -> str:
    return (folder / "config.json").read_text("utf-8")


def code_of(error: pytest.ExceptionInfo[AppError]) -> str:
    return error.value.code


def test_that_a_new_folder_is_put_where_nothing_was(output: Path) -> None:
    placing.require_free(output, replace=False)
    partial = placing.make_partial(output)
    fill(partial, "new")
    placing.write_through(partial, threading.Event())
    placing.place(output, replace=False)
    placing.discard(output)
    assert config(output) == "new"
    assert list(output.parent.iterdir()) == [output]


def test_that_an_empty_folder_is_as_good_as_none(output: Path) -> None:
    output.mkdir()
    placing.require_free(output, replace=False)
    fill(placing.make_partial(output), "new")
    placing.place(output, replace=False)
    assert config(output) == "new"


@pytest.mark.parametrize("what", ["folder", "file", "link"])
def test_that_what_is_there_is_refused_unless_it_shall_be_replaced(output: Path, what: str) -> None:
    if what == "folder":
        fill(output, "old")
    elif what == "file":
        output.write_text("old", "utf-8")
    else:
        output.symlink_to("nowhere")
    with pytest.raises(AppError) as refused:
        placing.require_free(output, replace=False)
    assert code_of(refused) == "quantize.exists"
    if what != "folder":
        with pytest.raises(AppError) as refused:
            placing.require_free(output, replace=True)
        assert code_of(refused) == "quantize.not_replaceable"


def test_that_a_folder_that_is_no_model_is_never_replaced(output: Path) -> None:
    output.mkdir()
    (output / "thesis.odt").touch()
    with pytest.raises(AppError) as refused:
        placing.require_free(output, replace=True)
    assert code_of(refused) == "quantize.not_replaceable"


def test_that_another_s_partial_folder_is_left_alone(output: Path) -> None:
    fill(placing.partial_of(output), "another's")
    with pytest.raises(AppError) as refused:
        placing.require_free(output, replace=False)
    assert code_of(refused) == "quantize.in_the_way"
    with pytest.raises(AppError) as refused:
        placing.make_partial(output)
    assert code_of(refused) == "quantize.in_the_way"
    assert config(placing.partial_of(output)) == "another's"


def swaps(monkeypatch: pytest.MonkeyPatch, possible: bool) -> None:
    if not possible:
        monkeypatch.setattr(placing, "_exchange", lambda *_: False)


@pytest.mark.parametrize("can_swap", [True, False])
def test_that_what_is_replaced_is_gone_at_the_end(
    output: Path, monkeypatch: pytest.MonkeyPatch, can_swap: bool
) -> None:
    swaps(monkeypatch, can_swap)
    fill(output, "old")
    (output / "only in the old").touch()
    fill(placing.make_partial(output), "new")
    placing.place(output, replace=True)
    placing.discard(output)
    assert config(output) == "new"
    assert not (output / "only in the old").exists()
    assert list(output.parent.iterdir()) == [output]


def test_that_the_swap_is_one_step_here(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the test above would not have tried it."""
    monkeypatch.setattr(placing, "_one_after_the_other", pytest.fail)
    fill(output, "old")
    fill(placing.make_partial(output), "new")
    placing.place(output, replace=True)
    assert config(placing.partial_of(output)) == "old"


def test_that_a_link_to_a_model_is_replaced_and_not_what_it_points_to(output: Path) -> None:
    elsewhere = output.parent / "elsewhere"
    fill(elsewhere, "old")
    output.symlink_to(elsewhere)
    placing.require_free(output, replace=True)
    fill(placing.make_partial(output), "new")
    placing.place(output, replace=True)
    placing.discard(output)
    assert (config(output), config(elsewhere)) == ("new", "old")
    assert not output.is_symlink()
    assert {*output.parent.iterdir()} == {output, elsewhere}


def test_that_what_came_there_meanwhile_is_not_overwritten(output: Path) -> None:
    partial = placing.make_partial(output)
    fill(partial, "new")
    fill(output, "somebody else's")
    with pytest.raises(AppError) as refused:
        placing.place(output, replace=False)
    assert code_of(refused) == "quantize.exists"
    placing.discard(output)
    assert config(output) == "somebody else's"
    assert not partial.exists()


def test_that_the_old_one_survives_a_rename_that_fails(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swaps(monkeypatch, False)
    fill(output, "old")
    partial = placing.make_partial(output)
    fill(partial, "new")
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if path == partial:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(AppError) as refused:
        placing.place(output, replace=True)
    assert code_of(refused) == "quantize.not_written"
    placing.discard(output)
    assert config(output) == "old"
    assert list(output.parent.iterdir()) == [output]


def test_that_an_app_killed_between_two_renames_loses_nothing(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old one was moved aside, the new one was not there yet: the next start puts it back."""
    fill(output, "old")
    fill(placing.make_partial(output), "new")
    output.rename(placing.aside_of(output))
    placing.discard(output)
    assert config(output) == "old"
    assert list(output.parent.iterdir()) == [output]


def test_that_an_app_killed_after_both_renames_leaves_only_the_new(output: Path) -> None:
    fill(output, "new")
    fill(placing.aside_of(output), "old")
    placing.discard(output)
    assert config(output) == "new"
    assert list(output.parent.iterdir()) == [output]


def test_that_what_cannot_be_removed_is_no_reason_to_fail(
    output: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fill(placing.make_partial(output), "new")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "unlink", refuse)
    assert not placing.discard(output)
    assert "stays" in caplog.text


def test_that_all_of_a_folder_is_on_the_disk_before_its_name_says_so(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    partial = placing.make_partial(output)
    fill(partial, "new")
    fill(partial / "sub", "new")
    synced: list[Path] = []

    def note(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())

    monkeypatch.setattr(os, "fsync", note)
    placing.write_through(partial, threading.Event())
    assert set(synced) == {partial, partial / "sub", *partial.rglob("config.json")}
    assert synced[-1] == partial
    placing.place(output, replace=False)
    assert synced[-1] == output.parent


def test_that_writing_through_ends_when_it_is_told_to(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    partial = placing.make_partial(output)
    for number in range(5):
        (partial / str(number)).touch()
    stop = threading.Event()
    synced: list[int] = []

    def stop_at_the_first(descriptor: int) -> None:
        synced.append(descriptor)
        stop.set()

    monkeypatch.setattr(os, "fsync", stop_at_the_first)
    placing.write_through(partial, stop)
    assert len(synced) == 1


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "quantize.disk_full"), (errno.EDQUOT, "quantize.disk_full"),
     (errno.EIO, "quantize.not_written")],
)  # fmt: skip
def test_that_a_disk_that_fails_at_the_last_moment_is_told(
    output: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    partial = placing.make_partial(output)

    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(AppError) as refused:
        placing.write_through(partial, threading.Event())
    assert code_of(refused) == code


def test_that_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AppError) as refused:
        placing.make_partial(tmp_path / "file" / "model")
    assert code_of(refused) == "quantize.not_written"
