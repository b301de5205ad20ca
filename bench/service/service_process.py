# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The service as its own process, to be asked, measured and killed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
import os
from pathlib import Path
import signal
import socket
import subprocess
import sys
import time

import httpx

_START_S = 120.0
_END_S = 30.0


class ServiceProcess:
    """
    ``visual-navsat serve`` over a folder.

    :param folder: of the library; the log lies beside it.
    :param settings: environment variables beside DATA_DIR and PORT.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder, self._settings = folder, dict(settings or {})
        self.port = free_port()
        self.address = f'http://127.0.0.1:{self.port}'
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """Path of what it has written."""
        return self.folder.with_name(f'{self.folder.name}.log')

    @property
    def pid(self) -> int:
        """Process id of the first process."""
        if self._process is None:
            raise RuntimeError('the service was not started')
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def workers(self) -> list[int]:
        """Process ids of what answers, where several processes do."""
        return [pid for pid in _children(self.pid) if 'spawn_main' in _command(pid)]

    def start(self) -> float:
        """Start it and wait until it is ready; return the seconds that took."""
        environment = {
            **os.environ,
            **self._settings,
            'DATA_DIR': str(self.folder),
            'PORT': str(self.port),
        }
        started = time.monotonic()
        with self.log.open('ab') as log:
            self._process = subprocess.Popen(
                [sys.executable, '-m', 'visual_navsat.cli.main', 'serve'],
                env=environment,
                cwd=self.folder.parent,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        while not self._is_ready():
            if not self.is_alive or time.monotonic() > started + _START_S:
                raise RuntimeError(f'the service did not start: see {self.log}')
            time.sleep(0.02)
        return time.monotonic() - started

    def kill(self) -> None:
        """End it and its workers at once, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """End it as a service manager does; return its exit code."""
        return self._end(signal.SIGTERM)

    def rss_mb(self) -> float:
        """Return the resident memory of it and its workers, MB."""
        return sum(map(_rss_mb, [self.pid, *_children(self.pid)]))

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f'{self.address}/readyz', timeout=5.0).is_success
        except httpx.TransportError:
            return False

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        if self.is_alive:
            if number == signal.SIGKILL:
                os.killpg(self._process.pid, number)
            else:
                self._process.send_signal(number)
        return self._process.wait(_END_S)


@contextmanager
def running_service(
    folder: Path, settings: Mapping[str, str] | None = None
) -> Iterator[ServiceProcess]:
    """Run the service over a folder, and end it afterwards."""
    service = ServiceProcess(folder, settings)
    service.start()
    try:
        yield service
    finally:
        service.kill()


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(('127.0.0.1', 0))
        return int(listening.getsockname()[1])


def _rss_mb(pid: int) -> float:
    try:
        status = Path(f'/proc/{pid}/status').read_text()
    except OSError:
        return 0.0
    line = next((line for line in status.splitlines() if line.startswith('VmRSS:')), 'x 0')
    return int(line.split()[1]) / 1024


def _command(pid: int) -> str:
    path = Path(f'/proc/{pid}/cmdline')
    return path.read_bytes().decode(errors='replace') if path.exists() else ''


def _children(pid: int) -> list[int]:
    path = Path(f'/proc/{pid}/task/{pid}/children')
    found = [int(word) for word in path.read_text().split()] if path.exists() else []
    return found + [each for child in found for each in _children(child)]
