"""Conversations and branches on disk."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_llm.chat.store import ChatStore
from desktop_llm.chat.types import (
    AnswerMetrics,
    ChatChange,
    ChatChanged,
    MessageError,
    MessageStatus,
    Role,
)
from desktop_llm.config.sampling import SamplingSettings
from desktop_llm.core.errors import AppError
from tests.chat.conftest import until
from tests.helpers.conversations import add_long_conversation
from tests.helpers.sqlite import explained, traced


async def test_that_a_conversation_comes_back_as_it_was_made(store: ChatStore) -> None:
    sampling = SamplingSettings(temperature=0.2, stop=("###",))
    made = await store.create("Title", "Be brief.", sampling)
    assert await store.get(made.id) == made
    assert made.sampling.model_fields_set == {"temperature", "stop"}
    assert (await store.get(made.id)).sampling.model_fields_set == {"temperature", "stop"}


async def test_that_the_list_is_the_most_recently_used_first_and_pages(store: ChatStore) -> None:
    made = [await store.create(f"c{n}") for n in range(5)]
    await store.add_user(made[1].id, None, "wake up")
    titles = [each.title for each in await store.conversations()]
    assert titles == ["c1", "c4", "c3", "c2", "c0"]
    assert [each.title for each in await store.conversations(limit=2, offset=1)] == ["c4", "c3"]


async def test_that_renaming_keeps_the_place_in_the_list(store: ChatStore) -> None:
    first, second = await store.create("first"), await store.create("second")
    await store.rename(first.id, "renamed")
    assert [each.id for each in await store.conversations()] == [second.id, first.id]
    assert (await store.get(first.id)).title == "renamed"


async def test_that_update_changes_only_what_is_given(store: ChatStore) -> None:
    made = await store.create("Title", "Be brief.")
    changed = await store.update(made.id, sampling=SamplingSettings(top_k=4))
    assert (changed.title, changed.system_prompt) == ("Title", "Be brief.")
    assert changed.sampling == SamplingSettings(top_k=4)
    assert (await store.update(made.id, system_prompt="")).system_prompt == ""


async def test_that_a_deleted_conversation_is_hidden_and_can_be_restored(store: ChatStore) -> None:
    made = await store.create("needle")
    await store.delete(made.id)
    assert await store.conversations() == []
    assert await store.search("needle") == []
    await store.restore(made.id)
    assert [each.id for each in await store.conversations()] == [made.id]
    assert len(await store.search("needle")) == 1


async def test_that_the_next_run_forgets_what_was_deleted(store: ChatStore, file: Path) -> None:
    gone, kept = await store.create("gone"), await store.create("kept")
    await store.import_branch(gone.id, [(Role.USER, "hello")])
    await store.delete(gone.id)
    await store.close()
    again = ChatStore(file)
    await again.open()
    assert [each.id for each in await again.conversations()] == [kept.id]
    with pytest.raises(AppError, match="no longer there"):
        await again.restore(gone.id)
    assert await again.search("hello") == []
    await again.close()


@pytest.mark.parametrize("act", ["get", "rename", "delete", "restore", "branch", "add_user"])
async def test_that_what_is_not_there_is_said_so(store: ChatStore, act: str) -> None:
    arguments: dict[str, list[str | None]] = {"rename": ["x"], "add_user": [None, "x"]}
    with pytest.raises(AppError) as caught:
        await getattr(store, act)("nothing", *arguments.get(act, []))
    assert caught.value.code == "chat.not_found"


async def test_that_a_branch_runs_from_the_first_message_to_the_head(store: ChatStore) -> None:
    made = await store.create()
    assert await store.branch(made.id) == []
    question = await store.add_user(made.id, None, "one")
    answer = await store.begin_answer(made.id, question.id, "tiny")
    branch = await store.branch(made.id)
    assert [(m.id, m.role, m.content) for m in branch] == [
        (question.id, Role.USER, "one"),
        (answer.id, Role.ASSISTANT, ""),
    ]
    assert branch[1].status is MessageStatus.STREAMING
    assert branch[1].model_name == "tiny"
    assert branch[1].parent_id == question.id


async def test_that_versions_are_counted_and_selected(store: ChatStore) -> None:
    made = await store.create()
    old = await store.import_branch(made.id, [(Role.USER, "q1"), (Role.ASSISTANT, "a1")])
    old += await store.import_branch(made.id, [(Role.USER, "q2"), (Role.ASSISTANT, "a2")])
    edited = await store.add_user(made.id, old[1].id, "q2, edited")
    assert (edited.sibling_index, edited.sibling_count) == (1, 2)
    branch = await store.branch(made.id)
    assert [m.content for m in branch] == ["q1", "a1", "q2, edited"]
    assert [(m.sibling_index, m.sibling_count) for m in branch] == [(0, 1), (0, 1), (1, 2)]
    assert await store.versions(edited.id) == [old[2].id, edited.id]

    shown = await store.select_version(old[2].id)
    assert shown.head_id == old[3].id
    assert [m.content for m in await store.branch(made.id)] == ["q1", "a1", "q2", "a2"]


async def test_that_first_questions_have_versions_too(store: ChatStore) -> None:
    made, other = await store.create(), await store.create()
    await store.add_user(other.id, None, "elsewhere")
    first = await store.add_user(made.id, None, "one")
    second = await store.add_user(made.id, None, "two")
    assert (second.sibling_index, second.sibling_count) == (1, 2)
    assert await store.versions(second.id) == [first.id, second.id]


async def test_that_a_message_cannot_hang_under_another_conversation(store: ChatStore) -> None:
    made, other = await store.create(), await store.create()
    question = await store.add_user(other.id, None, "elsewhere")
    with pytest.raises(AppError) as caught:
        await store.add_user(made.id, question.id, "stray")
    assert caught.value.code == "chat.not_found"
    assert await store.branch(made.id) == []


async def test_that_partials_join_into_the_answer_and_the_end_replaces_them(
    store: ChatStore,
) -> None:
    made = await store.create()
    _, answer = await store.begin_turn(made.id, None, "go", model_name="tiny", title="Go")
    await store.save_partial(answer.id, 0, "one ")
    await store.save_partial(answer.id, 4, "two")
    await store.save_partial(answer.id, 4, "two ")  # tried again, with more
    assert (await store.branch(made.id))[1].content == "one two "

    ended = AnswerMetrics(3, 4, 1, 12.5, 80.0, "stop", 2)
    error = MessageError("engine.died", "It died.", "Reload.", "reload_model", "", "trace")
    await store.finish_answer(
        replace(
            answer,
            content="one two three",
            status=MessageStatus.FAILED,
            metrics=ended,
            error=error,
        )
    )
    last = (await store.branch(made.id))[1]
    assert (last.content, last.status) == ("one two three", MessageStatus.FAILED)
    assert (last.metrics, last.error) == (ended, error)


async def test_that_begin_turn_titles_only_what_has_no_title(store: ChatStore) -> None:
    named, nameless = await store.create("Mine"), await store.create()
    await store.begin_turn(named.id, None, "x", title="Theirs")
    await store.begin_turn(nameless.id, None, "x", title="Theirs")
    assert (await store.get(named.id)).title == "Mine"
    assert (await store.get(nameless.id)).title == "Theirs"


async def test_that_answers_left_streaming_are_interrupted_at_the_next_start(
    store: ChatStore, file: Path
) -> None:
    made = await store.create()
    _, answer = await store.begin_turn(made.id, None, "go")
    await store.save_partial(answer.id, 0, "half an ")
    await store.save_partial(answer.id, 8, "answer")
    await store.close()

    again = ChatStore(file)
    await again.open()
    assert again.recovered == 1
    last = (await again.branch(made.id))[1]
    assert (last.status, last.content) == (MessageStatus.INTERRUPTED, "half an answer")
    assert [hit.conversation.id for hit in await again.search("half answer")] == [made.id]
    await again.close()

    third = ChatStore(file)
    await third.open()
    assert third.recovered == 0
    await third.close()


async def test_that_a_second_app_leaves_the_first_ones_answers_alone(
    store: ChatStore, file: Path
) -> None:
    made, deleted = await store.create(), await store.create()
    _, answer = await store.begin_turn(made.id, None, "go")
    await store.delete(deleted.id)
    second = ChatStore(file)
    await second.open()
    assert second.recovered == 0
    assert (await second.message(answer.id)).status is MessageStatus.STREAMING
    await second.close()
    await store.restore(deleted.id)
    assert (await store.message(answer.id)).status is MessageStatus.STREAMING


async def test_that_text_no_file_can_hold_is_replaced_and_the_rest_kept(store: ChatStore) -> None:
    made = await store.create("a\ud800b", "s\udfffs")
    _, answer = await store.begin_turn(made.id, None, "nul \0 and lone \ud83d")
    await store.save_partial(answer.id, 0, "x\udc00\0y")
    assert (await store.get(made.id)).title == "a\ufffdb"
    branch = await store.branch(made.id)
    assert [m.content for m in branch] == ["nul \0 and lone \ufffd", "x\ufffd\0y"]
    (hit,) = await store.search("\ud83d \0")
    assert hit.conversation.id == made.id


async def test_that_changes_are_told_after_they_are_on_the_disk(
    store: ChatStore, file: Path
) -> None:
    told: list[tuple[ChatChanged, int]] = []

    def remember(change: ChatChanged) -> None:
        with sqlite3.connect(file) as other:
            told.append((change, other.execute("SELECT count(*) FROM messages").fetchone()[0]))
        other.close()

    made = await store.create()
    store.changed.subscribe(remember)
    await store.add_user(made.id, None, "one")
    assert told == [
        (ChatChanged(ChatChange.MESSAGES, made.id), 1),
        (ChatChanged(ChatChange.CONVERSATIONS), 1),
    ]


@pytest.fixture
async def fsync(store: ChatStore, monkeypatch: pytest.MonkeyPatch) -> SlowDisk:
    await store.conversations()  # what opening wrote is synced by now
    disk = SlowDisk()
    monkeypatch.setattr("desktop_llm.chat.database.os.fsync", disk.fsync)
    return disk


class SlowDisk:
    """An fsync that takes until `done` is set, and the files it was asked for."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.synced: list[str] = []

    def fsync(self, descriptor: int) -> None:
        self.synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        self.done.wait(10)


async def test_that_a_write_is_synced_right_after_but_waits_for_no_disk(
    store: ChatStore, file: Path, fsync: SlowDisk
) -> None:
    await store.create()
    await until(lambda: fsync.synced == [f"{file}-wal"])
    assert not fsync.done.is_set()
    fsync.done.set()


async def test_that_writes_go_on_while_the_disk_syncs_and_share_the_next_sync(
    store: ChatStore, fsync: SlowDisk
) -> None:
    await store.create()
    await until(lambda: fsync.synced)
    await asyncio.gather(*(store.create() for _ in range(10)))
    assert len(await store.conversations()) == 11
    assert len(fsync.synced) == 1
    fsync.done.set()
    await until(lambda: len(fsync.synced) == 2)
    await store.close()
    assert len(fsync.synced) == 3  # once more before the file is closed


async def test_that_a_write_is_done_though_its_task_is_cancelled(store: ChatStore) -> None:
    made = await store.create()
    writing = asyncio.create_task(store.add_user(made.id, None, "kept"))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert [m.content for m in await store.branch(made.id)] == ["kept"]


def test_that_any_loop_of_any_thread_may_use_one_store(file: Path) -> None:
    store = ChatStore(file)
    asyncio.run(store.open())
    made = asyncio.run(store.create("shared"))

    def ask(number: int) -> None:
        asyncio.run(store.import_branch(made.id, [(Role.USER, str(number))]))

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    branch = asyncio.run(store.branch(made.id))
    assert sorted(int(m.content) for m in branch) == list(range(8))
    asyncio.run(store.close())
    assert not [t for t in threading.enumerate() if t.name.startswith("storage")]


async def test_that_a_closed_store_says_so(store: ChatStore) -> None:
    await store.close()
    await store.close()
    with pytest.raises(AppError, match="already closed"):
        await store.conversations()


async def test_that_the_loop_runs_on_while_the_store_works(store: ChatStore) -> None:
    made = await add_long_conversation(store, 5000)
    reading = asyncio.create_task(store.branch(made.id))
    turns = 0
    while not reading.done():
        await asyncio.sleep(0)
        turns += 1
    assert len(reading.result()) == 5000
    assert turns > 100


async def test_that_a_long_branch_is_one_statement_without_a_scan(store: ChatStore) -> None:
    made = await add_long_conversation(store, 500)
    statements: list[str] = []
    with traced(store, statements.append):
        assert len(await store.branch(made.id)) == 500
    assert len(statements) == 2  # the conversation's head, then the path
    plan = explained(store, statements[-1])
    assert [line for line in plan if line.startswith("SCAN")] == ["SCAN path", "SCAN path"]
    assert not [line for line in plan if "AUTOMATIC" in line]


async def test_that_the_lengths_of_whole_answers_are_told_the_latest_first(
    store: ChatStore,
) -> None:
    kept, deleted = await store.create("kept"), await store.create("deleted")

    async def answer(
        to: str, prompt: int, made: int, status: MessageStatus = MessageStatus.COMPLETE
    ) -> None:
        _, begun = await store.begin_turn(to, None, "Why?")
        metrics = AnswerMetrics(prompt_tokens=prompt, completion_tokens=made)
        await store.finish_answer(replace(begun, content="So.", status=status, metrics=metrics))

    await answer(kept.id, 100, 20)
    await answer(kept.id, 300, 40)
    await answer(kept.id, 999, 1, MessageStatus.STOPPED)
    await answer(kept.id, 0, 7)  # of a server that did not count
    await answer(deleted.id, 500, 60)
    await store.delete(deleted.id)
    assert await store.answer_lengths() == [(300, 40), (100, 20)]
    assert await store.answer_lengths(limit=2) == [(300, 40)]
