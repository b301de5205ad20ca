# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Who does the shards of a build: this process, or others beside it; the results are the same."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
import logging
from types import TracebackType
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from visual_navsat.errors import WorkerError

logger = logging.getLogger(__name__)

_MOST_LOSSES = 2  # of one shard: it is what ends its workers
_AHEAD = 4  # shards a worker that may be done before the one that is merged next

Shard = TypeVar('Shard', contravariant=True)
Result = TypeVar('Result', covariant=True)
Own = TypeVar('Own', bound='ShardWorkers')


class Step(Protocol[Shard, Result]):
    """
    What is done with each shard of one step of a build; it can be sent to other processes.

    A result may depend on its shard alone, not on who does it, or what was done before.
    """

    uses_network: ClassVar[bool]  # whether a GPU helps

    def __call__(self, shard: Shard, /) -> Iterable[Result]:
        """Return the results of a shard, in order."""


class Workers(Protocol):
    """Who does the shards of a build."""

    count: int  # shards that are done at once
    are_apart: bool  # whether they take whole shards, to and from other processes

    def run(
        self, step: Step[Shard, Result], shards: Sequence[Shard]
    ) -> Generator[Result, None, None]:
        """Yield the results of all shards, in order."""


class Here:
    """This process, which yields each result of a shard at once."""

    count = 1
    are_apart = False

    def run(
        self, step: Step[Shard, Result], shards: Sequence[Shard]
    ) -> Generator[Result, None, None]:
        """Yield the results of all shards, in order."""
        for shard in shards:
            yield from step(shard)


HERE = Here()


@dataclass(frozen=True)
class Lost:
    """The end of a worker that had a shard."""

    reason: str


@dataclass(frozen=True)
class Done(Generic[Result]):
    """What became of a shard: its results, or an error."""

    results: Sequence[Result] = ()
    error: BaseException | None = None


class ShardWorkers(ABC):
    """Other processes, each of which has one shard at a time; one that ends costs that shard."""

    are_apart = True

    def __init__(self, count: int) -> None:
        self.count = count

    def __enter__(self: Own) -> Own:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    def run(
        self, step: Step[Shard, Result], shards: Sequence[Shard]
    ) -> Generator[Result, None, None]:
        """Yield the results of all shards, in order; raise WorkerError if one cannot be done."""
        waiting, done = deque(range(len(shards))), dict[int, Done[Result]]()
        losses, running = Counter[int](), 0
        self._begin(step)
        try:
            for number in range(len(shards)):
                while number not in done:
                    last = number + _AHEAD * self.count
                    while waiting and waiting[0] < last and running < self._most_given():
                        first = waiting.popleft()
                        self._give(first, shards[first])
                        running += 1
                    ended, outcome = self._take()
                    running -= 1
                    if isinstance(outcome, Done):
                        done[ended] = outcome
                        continue
                    losses[ended] += 1
                    _check_losses(losses[ended], outcome)
                    waiting.appendleft(ended)
                finished = done.pop(number)
                if finished.error is not None:
                    raise finished.error
                yield from finished.results
        finally:
            self._end()

    @abstractmethod
    def _begin(self, step: Step[Any, Any]) -> None:
        """Let the workers do this step from now on."""

    @abstractmethod
    def _most_given(self) -> int:
        """Return how many shards are given away at once."""

    @abstractmethod
    def _give(self, number: int, shard: Any) -> None:
        """Give a shard to a worker."""

    @abstractmethod
    def _take(self) -> tuple[int, Done[Any] | Lost]:
        """Wait for the end of any shard that was given away; return its number too."""

    @abstractmethod
    def _end(self) -> None:
        """Give up all shards that are not done."""

    @abstractmethod
    def _close(self) -> None:
        """Let the workers go."""


def _check_losses(count: int, lost: Lost) -> None:
    """Raise WorkerError if a shard was lost too often; otherwise say that one was."""
    if count > _MOST_LOSSES:
        raise WorkerError(
            f'{count} workers ended at the same tiles, the last {lost.reason}: where memory is '
            'short, use fewer --workers or a smaller --batch-size'
        )
    logger.warning('a worker ended (%s): its shard is done again', lost.reason)
