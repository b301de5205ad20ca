# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The answer to an image on which something raised: a refusal like any other."""

from __future__ import annotations

from collections.abc import Callable
import logging

from visual_navsat.errors import one_line, traceback_text, VisualNavsatError
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.position import FAILED, Refusal, UNREADABLE

logger = logging.getLogger(__name__)


def refused_by(error: Exception, on_fault: Callable[[str], None] = logger.error) -> Answer:
    """
    Return the refusal of an image, for the handler of what its processing raised.

    An error of ours says what is wrong with the image; any other is a fault of the software.

    :param on_fault: is given the traceback of a fault.
    """
    if isinstance(error, VisualNavsatError):
        return Answer(Refusal(UNREADABLE, str(error)))
    on_fault(traceback_text(error))
    return Answer(Refusal(FAILED, one_line(error)))
