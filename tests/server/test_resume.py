"""A stream that outlives its connection: nothing lost, nothing twice, nothing kept for ever."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator

import pytest

from desktop_llm.server.asgi import App, Receive, Scope, Send, respond_json
from desktop_llm.server.resume import Resume, ResumeLimits
from tests.helpers.toy_port import (
    Client,
    Heard,
    asked,
    body_of,
    eventually,
    listening,
    serving,
    streamed,
)

URL = "x-stream-resume-url"


class Story:
    """An app that tells `events` events, in uneven lumps and at an uneven pace."""

    def __init__(self, events: int, *, pause: float = 0.0005, size: int = 20) -> None:
        self.told = 0
        self.running = 0
        self.ended = 0
        self._events_count, self._pause, self._size = events, pause, size
        self._random = random.Random(1)
        self.app: App = listening(self._work)

    async def _work(self, scope: Scope, send: Send) -> None:
        self.running += 1
        try:
            await streamed(send, self._lumps())
        finally:
            self.running -= 1
            self.ended += 1

    async def _lumps(self) -> AsyncIterator[bytes]:
        left = b""
        for number in range(1, self._events_count + 1):
            left += self.event(number)
            while len(left) > self._size and self._random.random() < 0.7:
                cut = self._random.randint(1, len(left))
                yield left[:cut]
                left = left[cut:]
            self.told = number
            await asyncio.sleep(self._pause * self._random.randint(0, 4))
        yield left + b"data: [DONE]\n\n"

    def event(self, number: int) -> bytes:
        if number % 17 == 0:
            return b": still here\n\n"
        return b"event: word\ndata: %d %b\n\n" % (number, b"x" * (number % self._size))

    def whole(self) -> list[str]:
        """The data of all events, as a client that was never cut has them."""
        events = [self.event(n).decode() for n in range(1, self._events_count + 1)]
        told = [
            event.split("data: ")[1].removesuffix("\n\n") for event in events if "data" in event
        ]
        return [*told, "[DONE]"]


class Reader:
    """A client as browsers' EventSource is: it counts an event only when its blank line has come.

    Every connection is cut after a random number of bytes, somewhere in the middle of an event.
    """

    def __init__(self, port: int, cuts: int, longest: int) -> None:
        self.data: list[str] = []
        self.cut = 0
        self._port, self._cuts, self._longest = port, cuts, longest
        self._last = ""
        self._random = random.Random(cuts)

    async def read(self) -> None:
        client = await Client.ask(self._port, X_Stream_Resume="60")
        path = (await client.start()).headers[URL]
        while not await self._read(client):
            client.cut()
            self.cut += 1
            more = {"Last_Event_ID": self._last} if self._last else {}
            client = await Client.ask(self._port, "GET", path, b"{}", **more)
            assert (await client.start()).status == 200
        client.cut()

    async def _read(self, client: Client) -> bool:
        """Until the end, or the next cut; whether it was the end."""
        left = self._random.randint(1, self._longest) if self.cut < self._cuts else -1
        seen = b""
        while chunk := await client.chunk():
            arrived = chunk if left < 0 or len(chunk) < left else chunk[:left]
            *events, seen = (seen + arrived).split(b"\n\n")
            for event in events:
                self._take(event.decode())
            if len(arrived) < len(chunk) or left == len(chunk):
                return False
            left -= len(chunk)
        assert not seen
        return True

    def _take(self, event: str) -> None:
        fields = dict(line.split(": ", 1) for line in event.split("\n"))
        self._last = fields.get("id", self._last)
        if "data" in fields:
            self.data.append(fields["data"])


async def test_two_hundred_cuts_at_random_points_lose_nothing_and_repeat_nothing() -> None:
    story = Story(4000)
    async with serving(Resume(story.app)) as port:
        reader = Reader(port, cuts=200, longest=400)
        async with asyncio.timeout(120):
            await reader.read()
    assert reader.cut == 200
    assert reader.data == story.whole()
    assert story.ended == 1


async def test_many_streams_are_cut_at_once_and_none_takes_another_for_itself() -> None:
    story = Story(300)
    async with serving(Resume(story.app)) as port:
        readers = [Reader(port, cuts=10 + number, longest=500) for number in range(12)]
        async with asyncio.timeout(120):
            await asyncio.gather(*(reader.read() for reader in readers))
    assert all(reader.data == story.whole() for reader in readers)


async def test_the_stream_is_aborted_when_nobody_came_back_in_time() -> None:
    story = Story(1_000_000)
    resume = Resume(story.app)
    async with serving(resume) as port:
        client = await Client.ask(port, X_Stream_Resume="1")
        path = (await client.start()).headers[URL]
        await client.chunk()
        client.cut()
        await eventually(lambda: resume.figures().kept == 1)
        told = story.told
        await eventually(lambda: story.ended == 1)
        assert story.told > told  # it went on meanwhile
        assert resume.figures().kept == 0
        assert resume.figures().expired == 1
        assert (await asked(port, "GET", path)).status == 404


async def test_without_the_header_a_cut_ends_it_at_once() -> None:
    story = Story(1_000_000)
    async with serving(Resume(story.app)) as port:
        client = await Client.ask(port)
        assert URL not in (await client.start()).headers
        assert not (await client.chunk()).startswith(b"id:")
        client.cut()
        await eventually(lambda: story.ended == 1)


async def test_whoever_comes_takes_over_from_a_connection_that_is_still_there() -> None:
    story = Story(500)
    async with (
        serving(Resume(story.app)) as port,
        await Client.ask(port, X_Stream_Resume="9") as old,
    ):
        path = (await old.start()).headers[URL]
        await old.chunk()
        heard = await asked(port, "GET", path)
        assert data_of(heard) == story.whole()
        assert not (await old.rest()).whole


async def test_what_has_ended_can_still_be_fetched_and_is_then_forgotten() -> None:
    resume = Resume(Story(10).app)
    async with serving(resume) as port:
        path = (await asked(port, X_Stream_Resume="1")).headers[URL]
        again = await asked(port, "GET", path, Last_Event_ID="8")
        assert again.whole
        assert [line for line in again.body.decode().split("\n") if line.startswith("id")] == [
            "id: 9",
            "id: 10",
            "id: 11",
        ]
        await eventually(lambda: resume.figures().kept == 0)
        assert resume.figures().expired == 0
        assert resume.figures().resumed == 1


async def test_a_reader_that_lost_more_than_is_kept_is_told_so() -> None:
    story = Story(800, size=200)
    async with serving(Resume(story.app, ResumeLimits(bytes=20_000))) as port:
        heard = await asked(port, X_Stream_Resume="30")
        assert data_of(heard) == story.whole()  # whoever keeps up sees nothing of the bound
        for last in ("5", "99999999", "x"):
            lost = await asked(port, "GET", heard.headers[URL], Last_Event_ID=last)
            assert lost.status == 410
            assert json.loads(lost.body)["error"]["code"] == "events_lost"


async def test_the_app_waits_at_the_bound_while_nobody_reads_and_then_goes_on() -> None:
    story = Story(3000, size=200, pause=0)
    async with serving(Resume(story.app, ResumeLimits(bytes=20_000))) as port:
        client = await Client.ask(port, X_Stream_Resume="60")
        path = (await client.start()).headers[URL]
        client.cut()
        before = -1
        while story.told != before:
            before = story.told
            await asyncio.sleep(0.3)
        assert 0 < before < 1000
        heard = await asked(port, "GET", path)
        assert data_of(heard) == story.whole()


async def test_no_more_streams_are_kept_than_there_is_room_for() -> None:
    story = Story(1_000_000)
    resume = Resume(story.app, ResumeLimits(streams=2))
    async with serving(resume) as port:
        clients = [await Client.ask(port, X_Stream_Resume="60") for _ in range(3)]
        named = [URL in (await client.start()).headers for client in clients]
        assert sorted(named) == [False, True, True]
        assert resume.figures().declined == 1
        clients[named.index(False)].cut()  # that one ends with its connection
        await eventually(lambda: story.ended == 1)
        await resume.close()
        assert story.running == 0
        for client in clients:
            client.cut()


async def test_one_that_has_ended_makes_room_for_a_new_one() -> None:
    resume = Resume(Story(3).app, ResumeLimits(streams=1))
    async with serving(resume) as port:
        first = await asked(port, X_Stream_Resume="60")
        second = await asked(port, X_Stream_Resume="60")
        assert URL in second.headers
        assert (await asked(port, "GET", first.headers[URL])).status == 404
        assert resume.figures().kept == 1


@pytest.mark.parametrize("given", ["0", "-1", "soon", "301", "1.5"])
async def test_a_time_that_cannot_be_is_refused(given: str) -> None:
    async with serving(Resume(Story(3).app)) as port:
        assert (await asked(port, X_Stream_Resume=given)).status == 400


async def test_an_answer_that_is_no_stream_is_passed_on_as_it_is() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await body_of(receive)
        await respond_json(send, 418, {"is": "a\n\nteapot"})

    resume = Resume(app)
    async with serving(resume) as port:
        heard = await asked(port, X_Stream_Resume="60")
    assert heard.status == 418
    assert json.loads(heard.body) == {"is": "a\n\nteapot"}
    assert URL not in heard.headers
    assert resume.figures().kept == 0


async def test_paths_cannot_be_guessed_and_only_be_got() -> None:
    async with serving(Resume(Story(3).app)) as port:
        paths = [(await asked(port, X_Stream_Resume="60")).headers[URL] for _ in range(3)]
        assert len(set(paths)) == 3
        assert all(len(path.rsplit("/", 1)[1]) >= 32 for path in paths)
        assert (await asked(port, "POST", paths[0])).status == 404
        assert (await asked(port, "GET", paths[0][:-1])).status == 404


async def test_an_app_that_fails_fails_for_whoever_reads() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await body_of(receive)

        async def events() -> AsyncIterator[bytes]:
            yield b"data: 1\n\n"
            raise RuntimeError("broken")

        await streamed(send, events())

    async with serving(Resume(app)) as port:
        heard = await asked(port, X_Stream_Resume="60")
        assert heard.body == b"id: 1\ndata: 1\n\n"
        assert not heard.whole


def data_of(heard: Heard) -> list[str]:
    assert heard.whole
    return [line[6:] for line in heard.body.decode().split("\n") if line.startswith("data: ")]
