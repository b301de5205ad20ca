# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Something that lives in a thread of its own for as long as a ``with`` lasts."""

from __future__ import annotations

from abc import ABC, abstractmethod
import threading
from types import TracebackType
from typing import Any


class LivesWithin(ABC):
    """A context manager whose thread ends, and is waited for, when it is left."""

    def __init__(self, thread_name: str) -> None:
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=self._live, name=thread_name, daemon=True)

    def __enter__(self) -> Any:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._has_ended.set()
        self._wake()
        self._thread.join()
        self._close()

    @abstractmethod
    def _live(self) -> None:
        """Do what is to be done until ``_has_ended`` is set."""

    def _wake(self) -> None:  # noqa: B027 (most threads look often enough)
        """Let a thread that waits see that it is to end."""

    def _close(self) -> None:  # noqa: B027 (some hold nothing)
        """Let go of what the thread used."""
