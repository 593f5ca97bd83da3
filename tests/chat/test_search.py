"""Search in titles and texts."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop_llm.chat.store import ChatStore
from desktop_llm.chat.types import Role


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


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(typed=st.text(max_size=30))
async def test_that_nothing_typed_is_refused(store: ChatStore, typed: str) -> None:
    await store.search(typed)
