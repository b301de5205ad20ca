# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A page in headless Chromium, spoken to over its debugging pipe: what it draws, says, fetches."""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time

EXECUTABLE = next(
    filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome'))), None
)
_FLAGS = (
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--no-first-run',
    '--hide-scrollbars',
    '--remote-debugging-pipe',
)
_TIMEOUT_S = 60.0


class ChromiumPage:
    """
    One page, loaded from a file.

    The DevTools protocol runs over file descriptors 3 and 4 of the browser, each message ended by
    a zero byte: no port, and no library.
    """

    def __init__(self, path, profile, width=1280, height=900):
        self.requests = []  # addresses that the page asked for, its own file and data: left out
        self.complaints = []  # errors, warnings and exceptions of the console
        to_browser, self._send_to = (_high(fd) for fd in os.pipe())
        self._read_from, from_browser = (_high(fd) for fd in os.pipe())

        def connect():
            os.dup2(to_browser, 3)
            os.dup2(from_browser, 4)

        flags = [*_FLAGS, f'--user-data-dir={profile}', f'--window-size={width},{height}']
        self._process = subprocess.Popen(
            [EXECUTABLE, *flags, 'about:blank'],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            close_fds=False,
            preexec_fn=connect,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._buffer, self._count, self._session, self._is_loaded = b'', 0, None, False
        self._address = path.resolve().as_uri()
        target = self._call('Target.createTarget', url='about:blank')['targetId']
        attached = self._call('Target.attachToTarget', targetId=target, flatten=True)
        self._session = attached['sessionId']
        for domain in ('Page', 'Network', 'Runtime', 'Log'):
            self._call(f'{domain}.enable')
        self._call('Page.navigate', url=self._address)
        self._wait_until(lambda: self._is_loaded)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(_TIMEOUT_S)
        os.close(self._send_to)
        os.close(self._read_from)

    def evaluate(self, expression):
        """Return the value of a JavaScript expression."""
        done = self._call('Runtime.evaluate', expression=expression, returnByValue=True)
        assert 'exceptionDetails' not in done, done['exceptionDetails']
        return done['result'].get('value')

    def count(self, selector):
        """Return how many elements a CSS selector finds."""
        return self.evaluate(f'document.querySelectorAll({json.dumps(selector)}).length')

    def screenshot(self, path):
        """Write what is seen as PNG."""
        shot = self._call('Page.captureScreenshot', format='png')
        path.write_bytes(base64.b64decode(shot['data']))

    def _call(self, method, **params):
        self._count += 1
        number = self._count
        message = {'id': number, 'method': method, 'params': params}
        if self._session is not None:
            message['sessionId'] = self._session
        os.write(self._send_to, json.dumps(message).encode() + b'\0')
        answers = []
        self._wait_until(lambda: answers, answers, number)
        assert 'error' not in answers[0], answers[0]['error']
        return answers[0]['result']

    def _wait_until(self, is_done, answers=None, number=None):
        deadline = time.monotonic() + _TIMEOUT_S
        while not is_done():
            ready, _, _ = select.select([self._read_from], [], [], deadline - time.monotonic())
            assert ready, 'chromium did not answer'
            self._buffer += os.read(self._read_from, 1 << 20)
            *messages, self._buffer = self._buffer.split(b'\0')
            for message in map(json.loads, messages):
                if answers is not None and message.get('id') == number:
                    answers.append(message)
                else:
                    self._note(message.get('method'), message.get('params', {}))

    def _note(self, method, params):
        if method == 'Page.loadEventFired':
            self._is_loaded = True
        elif method == 'Network.requestWillBeSent':
            address = params['request']['url']
            if address != self._address and not address.startswith('data:'):
                self.requests.append(address)
        elif method == 'Runtime.exceptionThrown':
            self.complaints.append(params['exceptionDetails'])
        elif method == 'Runtime.consoleAPICalled' and params['type'] in ('error', 'warning'):
            self.complaints.append(params['args'])
        elif method == 'Log.entryAdded' and params['entry']['level'] in ('error', 'warning'):
            self.complaints.append(params['entry']['text'])


def _high(fd):
    """Return a descriptor's copy that is in the way of neither 3 nor 4."""
    copy = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(fd)
    return copy
