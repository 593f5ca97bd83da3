"""Branches and versions against a tree of plain objects, whatever the order of acts."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from desktop_llm.chat.store import ChatStore
from desktop_llm.chat.types import MessageStatus, Role


@dataclass
class Node:
    id: str
    parent: Node | None
    born: int
    children: list[Node] = field(default_factory=list)

    def path(self) -> list[Node]:
        return [*(self.parent.path() if self.parent else []), self]

    def leaf(self) -> Node:
        below = [self]
        for node in below:
            below += node.children
        return max(below, key=lambda node: node.born)


class Branches(RuleBasedStateMachine):
    """One conversation, its root's children being the versions of the first question."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.loop = asyncio.new_event_loop()
        self.store = self._open()
        self.root = Node("", None, -1)
        self.nodes: list[Node] = []
        self.head: Node | None = None

    def _open(self) -> ChatStore:
        store = ChatStore(Path(self.folder.name) / "c.sqlite3")
        self.loop.run_until_complete(store.open())
        return store

    @initialize()
    def begin(self) -> None:
        self.id = self.loop.run_until_complete(self.store.create()).id
        other = self.loop.run_until_complete(self.store.create())
        self.loop.run_until_complete(self.store.add_user(other.id, None, "elsewhere"))

    @rule(data=st.data())
    def add(self, data: st.DataObject) -> None:
        parent = data.draw(st.sampled_from([self.root, *self.nodes]))
        if parent is self.root:
            made = self.loop.run_until_complete(self.store.add_user(self.id, None, "text"))
        else:
            made = self.loop.run_until_complete(self.store.begin_answer(self.id, parent.id))
        node = Node(made.id, parent, len(self.nodes))
        assert (made.sibling_index, made.sibling_count) == (
            len(parent.children),
            len(parent.children) + 1,
        )
        parent.children.append(node)
        self.nodes.append(node)
        self.head = node

    @rule(turns=st.integers(1, 4))
    def grow(self, turns: int) -> None:
        made = self.loop.run_until_complete(
            self.store.import_branch(self.id, [(Role.USER, "text")] * turns)
        )
        for message in made:
            parent = self.head or self.root
            self.head = Node(message.id, parent, len(self.nodes))
            parent.children.append(self.head)
            self.nodes.append(self.head)

    @precondition(lambda self: self.nodes)
    @rule(data=st.data())
    def select(self, data: st.DataObject) -> None:
        node = data.draw(st.sampled_from(self.nodes))
        shown = self.loop.run_until_complete(self.store.select_version(node.id))
        self.head = node.leaf()
        assert shown.head_id == self.head.id

    @rule()
    def restart(self) -> None:
        self.loop.run_until_complete(self.store.close())
        self.store = self._open()

    @invariant()
    def the_branch_is_the_path_to_the_head(self) -> None:
        if not hasattr(self, "id"):
            return
        branch = self.loop.run_until_complete(self.store.branch(self.id))
        path = self.head.path()[1:] if self.head else []
        assert [message.id for message in branch] == [node.id for node in path]
        for message, node in zip(branch, path, strict=True):
            assert node.parent is not None
            siblings = node.parent.children
            assert message.parent_id == (node.parent.id or None)
            assert message.sibling_index == siblings.index(node)
            assert message.sibling_count == len(siblings)
            assert message.status in MessageStatus
        if path:
            versions = self.loop.run_until_complete(self.store.versions(path[-1].id))
            assert path[-1].parent is not None
            assert versions == [node.id for node in path[-1].parent.children]

    def teardown(self) -> None:
        self.loop.run_until_complete(self.store.close())
        self.loop.close()
        self.folder.cleanup()


TestBranches = Branches.TestCase
TestBranches.settings = settings(max_examples=30, stateful_step_count=25)
