# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Pages in headless Chromium: what they draw, say and fetch."""

from contextlib import contextmanager
import shutil

EXECUTABLE = next(
    filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome'))), None
)
# Names of other machines are not found: what a page fetches from them fails, and is counted.
_FLAGS = ('--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1')
_TIMEOUT_MS = 20_000


@contextmanager
def headless_chromium(sync_playwright):
    """Start this machine's browser, cut off from all others; nothing is downloaded."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=list(_FLAGS))
        yield browser
        browser.close()


class ChromiumPage:
    """
    One page with a profile of its own.

    ``page`` is Playwright's. ``requests`` holds the addresses that were asked for outside of
    ``home``, and ``complaints`` the errors and warnings of the console and what was thrown.
    """

    def __init__(self, browser, address, home=None, width=1280, height=900, **context):
        self.requests, self.complaints = [], []
        self._home = home or address
        self._context = browser.new_context(
            viewport={'width': width, 'height': height}, reduced_motion='reduce', **context
        )
        self._context.set_default_timeout(_TIMEOUT_MS)
        self.page = self._context.new_page()
        self.page.on('request', self._note_request)
        self.page.on('console', self._note_console)
        self.page.on('pageerror', lambda error: self.complaints.append(str(error)))
        self.page.goto(address)

    def close(self):
        """Close the page and forget its profile."""
        self._context.close()

    def evaluate(self, expression):
        """Return the value of a JavaScript expression."""
        return self.page.evaluate(expression)

    def count(self, selector):
        """Return how many elements a CSS selector finds."""
        return self.page.locator(selector).count()

    def wait_for_count(self, selector, count):
        """Wait until a CSS selector finds that many elements."""
        self.page.wait_for_function(
            '([selector, count]) => document.querySelectorAll(selector).length === count',
            arg=[selector, count],
        )

    @property
    def fits_its_window(self):
        """Whether nothing sticks out to the right."""
        return self.evaluate('document.documentElement.scrollWidth <= window.innerWidth')

    def _note_request(self, request):
        if not request.url.startswith((self._home, 'data:', f'blob:{self._home}')):
            self.requests.append(request.url)

    def _note_console(self, message):
        if message.type in ('error', 'warning'):
            self.complaints.append(message.text)
