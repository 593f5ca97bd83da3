"""Search in titles and texts."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop_llm.chat import store as store_module
from desktop_llm.chat.search import search
from desktop_llm.chat.store import ChatStore
from desktop_llm.chat.types import Role, SearchHit


async def _add(store: ChatStore, title: str, *texts: str) -> str:
    made = await store.create(title)
    await store.import_branch(made.id, [(Role.USER, text) for text in texts])
    return made.id


async def _found(store: ChatStore, words: str) -> list[str]:
    return [hit.conversation.title for hit in await store.search(words)]


async def test_that_beginnings_of_words_match_in_titles_and_texts(store: ChatStore) -> None:
    await _add(store, "Quantization of Llama", "nothing")
    await _add(store, "Other", "How do I quantize a model?")
    await _add(store, "Third", "unrelated")
    assert await _found(store, "quant") == ["Quantization of Llama", "Other"]


async def test_that_every_word_must_be_there(store: ChatStore) -> None:
    await _add(store, "one", "red apple")
    await _add(store, "two", "red pear")
    assert await _found(store, "red app") == ["one"]
    assert await _found(store, "apple pear") == []


async def test_that_case_and_accents_do_not_matter(store: ChatStore) -> None:
    await _add(store, "one", "Ein Café in ÖSTERREICH")
    assert await _found(store, "CAFE österreich") == ["one"]


async def test_that_a_hit_says_where_with_the_words_marked(store: ChatStore) -> None:
    made = await store.create("talk")
    messages = await store.import_branch(
        made.id, [(Role.USER, "hello"), (Role.ASSISTANT, "word " * 50 + "needle " + "word " * 50)]
    )
    (hit,) = await store.search("needle")
    assert hit.message_id == messages[1].id
    assert "\x02needle\x03" in hit.snippet
    assert hit.snippet.startswith("…")
    assert hit.snippet.endswith("…")
    assert len(hit.snippet) < 150


async def test_that_a_title_alone_has_no_snippet(store: ChatStore) -> None:
    await _add(store, "needle", "hay")
    (hit,) = await store.search("needle")
    assert (hit.snippet, hit.message_id) == ("", "")


async def test_that_a_conversation_comes_once_with_its_best_message(store: ChatStore) -> None:
    await _add(store, "many", "kernel " + "padding " * 40, "kernel kernel kernel", "kernel")
    await _add(store, "few", "a kernel " + "padding " * 200)
    assert await _found(store, "kernel") == ["many", "few"]


async def test_that_the_index_follows_changes(store: ChatStore) -> None:
    identifier = await _add(store, "before", "text")
    await store.rename(identifier, "after")
    assert await _found(store, "before") == []
    assert await _found(store, "after") == ["after"]


async def test_that_the_limit_holds(store: ChatStore) -> None:
    for n in range(5):
        await _add(store, f"needle {n}", "needle")
    assert len(await store.search("needle", limit=3)) == 3


@pytest.mark.parametrize(
    "typed",
    [
        '"',
        '""',
        "a OR",
        "NOT",
        "NEAR(a b)",
        "title:x",
        "(",
        "*",
        "^a",
        "-a",
        "a AND AND b",
        "{a}:b",
    ],
)
async def test_that_query_syntax_is_only_text(store: ChatStore, typed: str) -> None:
    await _add(store, "plain", "b")
    assert await _found(store, typed) == []


async def test_that_words_with_signs_find_what_was_written(store: ChatStore) -> None:
    await _add(store, "one", 'c++ is "quoted" at https://example.org/x?y=1')
    for typed in ("c++", '"quoted"', "example.org/x", "++ c++"):
        assert await _found(store, typed) == ["one"], typed


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("你好世界，量化模型", "世界"),
        ("你好世界，量化模型", "界"),
        ("你好世界，量化模型", "好世界"),
        ("你好世界，量化模型", "世界，量化"),
        ("你好世界，量化模型", "量化模型 你好世"),
        ("vLLM推理引擎很快", "vllm推理"),
        ("モデルを量子化する方法", "量子化"),
        ("モデルを量子化する方法", "モデル"),
        ("ภาษาไทยเขียนติดกัน", "เขียน"),
        ("한국어양자화모델입니다", "모델"),
        ("한국어양자화모델입니다", "양자화"),
        ("𠮷野家で昼ご飯", "𠮷野家"),
        ("hello 🙂 there", "🙂"),
        ("hello 🙂 there", "hello 🙂"),
        ("🧑‍🚀 in space", "🧑‍🚀"),
        ("a => b and 100% of a_b", "=>"),
        ("the model 模型 is quantized 🙂", "quant 模型 🙂"),
        ("the model 模型推理 is quantized", "quant 模型推"),
        ("naïve Éclair", "naive ECLAIR"),
        ("Đường phố Hà Nội", "ha noi"),
        ("Привет, мир", "прив"),
    ],
)
async def test_that_text_of_any_script_is_found_in_messages_and_titles(
    store: ChatStore, written: str, typed: str
) -> None:
    await _add(store, "in a message", written)
    await _add(store, written, "other")
    await _add(store, "neither", "other")
    assert await _found(store, typed) == [written, "in a message"]


@pytest.mark.parametrize(
    "typed", ["hello 🙂", "世间", "量化引擎", "hello 世界", "%%", "_", "🙂 世界"]
)
async def test_that_every_part_is_asked_for_and_none_is_dropped(
    store: ChatStore, typed: str
) -> None:
    await _add(store, "one", "hello there", "你好世界，量化模型", "so 100% good")
    assert await _found(store, typed) == []


async def test_that_hits_without_words_are_marked_and_the_newest_comes_first(
    store: ChatStore,
) -> None:
    await _add(store, "old", "前文" * 100 + "量化模型" + "后文" * 100)
    await _add(store, "new", "first 🙂", "量化")
    old, new = sorted(await store.search("量化"), key=lambda hit: -len(hit.snippet))
    assert [hit.conversation.title for hit in await store.search("量化")] == ["new", "old"]
    assert new.snippet == "\x02量化\x03"
    assert "\x02量化\x03模型" in old.snippet
    assert old.snippet.startswith("…")
    assert old.snippet.endswith("…")
    assert len(old.snippet) < 100


async def test_that_the_trigrams_follow_changes(store: ChatStore, file: Path) -> None:
    made = await store.create("talk")
    _, answer = await store.begin_turn(made.id, None, "什么是量化？")
    for content in ("四比特权重", "plain words", "还是四比特"):
        await store.finish_answer(replace(answer, content=content))
    assert await _found(store, "四比特权") == []
    assert await _found(store, "是四比特") == ["talk"]
    gone = await _add(store, "gone", "还是四比特")
    await store.delete(gone)
    assert await _found(store, "是四比特") == ["talk"]
    await store.close()
    again = ChatStore(file)
    await again.open()
    await again.close()
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM messages").fetchone() == (2,)
        connection.execute(
            "INSERT INTO trigram_index (trigram_index, rank) VALUES ('integrity-check', 1)"
        )


async def test_that_texts_in_other_scripts_cost_no_trigrams(store: ChatStore, file: Path) -> None:
    await _add(store, "plain", "Plain words, “quotes” — and naïve é, Привет 🙂")
    await store.close()
    with closing(sqlite3.connect(file)) as connection:
        indexed = connection.execute("SELECT count(*) FROM trigram_index_docsize")
        assert indexed.fetchone() == (0,)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.text(max_size=30))
async def test_that_nothing_typed_is_refused(store: ChatStore, typed: str) -> None:
    await store.search(typed)


async def test_that_writes_do_not_wait_for_a_long_search(
    store: ChatStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search sees one state of the conversations, whatever is written meanwhile."""
    began, go_on = threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection, text: str, limit: int) -> list[SearchHit]:
        before = search(connection, text, limit)
        began.set()
        assert go_on.wait(10)
        assert search(connection, text, limit) == before
        return before

    await _add(store, "old", "needle")
    monkeypatch.setattr(store_module, "search", slow)
    searching = asyncio.create_task(_found(store, "needle"))
    await asyncio.to_thread(began.wait, 5)
    async with asyncio.timeout(5):
        await _add(store, "new", "needle")
    go_on.set()
    assert await searching == ["old"]
    assert await _found(store, "needle") == ["new", "old"]


async def test_that_closing_waits_for_a_search(
    store: ChatStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go_on = threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection, text: str, limit: int) -> list[SearchHit]:
        began.set()
        assert go_on.wait(10)
        return search(connection, text, limit)

    await _add(store, "old", "needle")
    monkeypatch.setattr(store_module, "search", slow)
    searching = asyncio.create_task(_found(store, "needle"))
    await asyncio.to_thread(began.wait, 5)
    closing = asyncio.create_task(store.close())
    await asyncio.sleep(0.05)
    assert not closing.done()
    go_on.set()
    assert await searching == ["old"]
    await closing
    assert not [each for each in threading.enumerate() if each.name.startswith("storage")]
