"""What the Models page finds on the disk."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from desktop_llm.models.catalog import ModelCatalog, ModelEntry
from tests.helpers.model_folders import make_model, make_sharded


@pytest.fixture
def guide(tmp_path: Path) -> Path:
    return make_model(tmp_path / "resources" / "guide-model")


async def scan(guide: Path, *folders: Path) -> list[ModelEntry]:
    return await ModelCatalog(lambda: folders, guide).scan()


async def test_that_the_guide_comes_first_and_is_labelled(tmp_path: Path, guide: Path) -> None:
    make_model(tmp_path / "models" / "alpha")
    entries = await scan(guide, tmp_path / "models", tmp_path / "resources")
    assert [(entry.name, entry.built_in) for entry in entries] == [
        ("guide-model", True),
        ("alpha", False),
    ]
    assert all(entry.facts and not entry.problem for entry in entries)


async def test_that_models_are_found_three_levels_down_and_no_further(
    tmp_path: Path, guide: Path
) -> None:
    root = tmp_path / "models"
    make_model(root / "a" / "b" / "three")
    make_model(root / "a" / "b" / "c" / "four")
    make_model(root / ".hidden" / "secret")
    make_sharded(root / "sharded")
    make_model(root / "sharded" / "inside")
    names = [entry.name for entry in await scan(guide, root)]
    assert names == ["guide-model", "sharded", "three"]


async def test_that_an_added_folder_may_be_the_model_itself(tmp_path: Path, guide: Path) -> None:
    model = make_model(tmp_path / "elsewhere" / "mine")
    entries = await scan(guide, tmp_path / "none", model, model.parent)
    assert [entry.path for entry in entries] == [guide, model]


async def test_that_broken_models_are_listed_with_their_problem(
    tmp_path: Path, guide: Path
) -> None:
    root = tmp_path / "models"
    shard = make_sharded(root / "cut", count=2) / "model-00002-of-00002.safetensors"
    shard.write_bytes(shard.read_bytes()[:-1])
    (make_model(root / "no-config") / "config.json").unlink()
    (make_model(root / "bad-config") / "config.json").write_text('{"model_type": ')
    by_name = {entry.name: entry for entry in await scan(guide, root)}
    codes = {name: entry.problem.code for name, entry in by_name.items() if entry.problem}
    assert codes == {
        "cut": "model.corrupt_shard",
        "no-config": "model.not_a_model",
        "bad-config": "model.bad_config",
    }
    assert by_name["cut"].facts is not None
    assert by_name["no-config"].facts is None


async def test_that_other_folders_are_not_taken_for_models(tmp_path: Path, guide: Path) -> None:
    other = tmp_path / "models" / "web-app"
    other.mkdir(parents=True)
    (other / "config.json").write_text('{"port": 80}')
    assert len(await scan(guide, tmp_path / "models")) == 1


async def test_that_our_own_folder_may_be_missing_but_an_added_one_is_said(
    tmp_path: Path, guide: Path
) -> None:
    entries = await scan(guide, tmp_path / "models", tmp_path / "unplugged")
    assert [entry.name for entry in entries] == ["guide-model", "unplugged"]
    assert entries[1].problem is not None
    assert "drive" in entries[1].problem.hint


async def test_that_links_in_circles_end(tmp_path: Path, guide: Path) -> None:
    root = tmp_path / "models"
    make_model(root / "one")
    (root / "again").symlink_to(root)
    (root / "alias").symlink_to(root / "one")
    (root / "loop").symlink_to(root / "loop")
    names = [entry.name for entry in await scan(guide, root)]
    assert len(names) == 2, "the link and its target are one model"


async def test_that_a_hugging_face_cache_is_recognised(tmp_path: Path, guide: Path) -> None:
    hub = tmp_path / "huggingface" / "hub"
    repository = hub / "models--Qwen--Qwen3-0.6B"
    make_model(repository / "snapshots" / "0a0a0a0a")
    current = make_model(repository / "snapshots" / "1b1b1b1b")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("1b1b1b1b\n")
    blobs = repository / "blobs"
    blobs.mkdir()
    (current / "model.safetensors").rename(blobs / "feed")
    (current / "model.safetensors").symlink_to("../../blobs/feed")
    for added in (hub, repository, hub.parent):
        entries = await scan(guide, tmp_path / "none", added)
        assert [(e.name, e.path, e.problem) for e in entries[1:]] == [
            ("Qwen/Qwen3-0.6B", current, None)
        ]


async def test_that_a_cache_without_main_gives_the_newest_snapshot(
    tmp_path: Path, guide: Path
) -> None:
    repository = tmp_path / "models--org--name"
    older = make_model(repository / "snapshots" / "aaaa")
    newest = make_model(repository / "snapshots" / "0000")
    os.utime(older, (1, 1))
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("../../../etc")
    assert (await scan(guide, tmp_path / "none", repository))[1].path == newest


async def test_that_the_scan_runs_off_the_loop(tmp_path: Path, guide: Path) -> None:
    for number in range(50):
        make_model(tmp_path / "models" / f"m{number}")
    task = asyncio.create_task(scan(guide, tmp_path / "models"))
    turns = 0
    while not task.done():
        await asyncio.sleep(0)
        turns += 1
    assert len(await task) == 51
    assert turns > 1
