"""Damaged files, full disks, folders that cannot be written."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_llm.chat.store import ChatStore
from desktop_llm.chat.types import Role
from desktop_llm.core.errors import AppError
from tests.helpers.conversations import add_long_conversation
from tests.helpers.sqlite import full_disk, read_only


async def _make(file: Path) -> None:
    store = ChatStore(file)
    await store.open()
    await add_long_conversation(store, 300)
    await store.close()


Harm = Callable[[bytearray], None]


def _spoil(file: Path, harm: Harm) -> bytes:
    data = bytearray(file.read_bytes())
    harm(data)
    file.write_bytes(data)
    return bytes(data)


def _nothing_but_nul(data: bytearray) -> None:
    data[:] = bytes(len(data))


def _nul_pages(data: bytearray) -> None:
    data[4096 : 4096 * 12] = bytes(4096 * 11)


def _truncated(data: bytearray) -> None:
    del data[len(data) // 2 :]


def _scribbled(data: bytearray) -> None:
    chance = random.Random(4)
    for _ in range(len(data) // 50):
        data[chance.randrange(100, len(data))] = chance.randrange(256)


def _another_file(data: bytearray) -> None:
    data[:] = b"These are not the conversations you are looking for. " * 100


@pytest.mark.parametrize(
    "harm", [_nothing_but_nul, _nul_pages, _truncated, _scribbled, _another_file]
)
async def test_that_a_damaged_file_is_set_aside_whole_and_a_new_one_begun(
    file: Path, harm: Harm
) -> None:
    await _make(file)
    data = _spoil(file, harm)

    store = ChatStore(file)
    await store.open()
    assert store.problem is not None
    assert store.problem.code == "chat.store_corrupt"
    (aside,) = file.parent.glob("*.broken-*")
    assert aside.read_bytes() == data
    assert str(aside) in store.problem.hint
    assert await store.conversations() == []
    made = await store.create("new")
    await store.close()

    again = ChatStore(file)
    await again.open()
    assert again.problem is None
    assert [each.id for each in await again.conversations()] == [made.id]
    await again.close()


async def test_that_an_empty_file_is_simply_new(file: Path) -> None:
    file.parent.mkdir()
    os.close(os.open(file, os.O_CREAT))
    store = ChatStore(file)
    await store.open()
    assert store.problem is None
    await store.close()


async def test_that_a_second_app_does_not_set_the_file_of_the_first_aside(file: Path) -> None:
    await _make(file)
    first = ChatStore(file)
    await first.open()
    _spoil(file, _nothing_but_nul)
    second = ChatStore(file)
    with pytest.raises(AppError) as caught:
        await second.open()
    assert caught.value.code == "chat.store_corrupt"
    assert not list(file.parent.glob("*.broken-*"))
    await second.close()
    await first.close()


async def test_that_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where a folder should be")
    store = ChatStore(tmp_path / "data" / "conversations.sqlite3")
    with pytest.raises(AppError) as caught:
        await store.open()
    assert caught.value.code == "chat.read_only"
    assert str(tmp_path) in caught.value.message
    with pytest.raises(AppError, match="cannot be kept"):
        await store.conversations()
    await store.close()


async def test_that_a_full_disk_refuses_the_write_whole(store: ChatStore) -> None:
    made = await store.create("kept")
    with full_disk(store):
        with pytest.raises(AppError) as caught:
            await store.import_branch(made.id, [(Role.USER, "x" * 1000)] * 100)
        assert caught.value.code == "chat.disk_full"
        assert "disk is full" in caught.value.message
        assert await store.branch(made.id) == []
        assert (await store.get(made.id)).head_id is None
    await store.import_branch(made.id, [(Role.USER, "x" * 1000)] * 100)
    assert len(await store.branch(made.id)) == 100


async def test_that_a_read_only_file_is_said_so(store: ChatStore) -> None:
    made = await store.create("kept")
    with read_only(store):
        with pytest.raises(AppError) as caught:
            await store.rename(made.id, "other")
        assert caught.value.code == "chat.read_only"
    assert (await store.rename(made.id, "other")).title == "other"
