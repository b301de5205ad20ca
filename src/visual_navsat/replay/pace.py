"""Which images of a recording are answered: every one, or those that the node would have taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from visual_navsat.localization.answer import Answer
from visual_navsat.replay.flight_replay import FlightReplay
from visual_navsat.replay.recording import Recording
from visual_navsat.tracking.timed_image import TimedImage


def answer_every_image(replay: FlightReplay, recording: Recording) -> Iterator[Answer]:
    """Answer each image when it arrives, as if that took no time: the same every time."""
    for event in recording.events():
        if not isinstance(event, TimedImage):
            replay.measure(event)
        elif replay.accept(event):
            yield replay.answer(event, event.arrival_ns)


def answer_in_real_time(
    replay: FlightReplay, recording: Recording, latency_s: float | None = None
) -> Iterator[Answer]:
    """
    Answer the images that a node would have had time for.

    While one is answered the newest waits and displaces the one that waited; nothing sleeps, the
    clock is that of the recording. What arrives while an image waits is known when it is answered.

    :param latency_s: what an image takes on the computer of interest; None measures each on this.
    """
    waiting: TimedImage | None = None
    free_ns = -(2**63)  # when the answer to the last image is out

    def answer_waiting(image: TimedImage) -> Answer:
        nonlocal waiting, free_ns
        waiting = None
        start_ns = max(free_ns, image.arrival_ns)
        answer = replay.answer(image, start_ns)
        # One that is stale or cannot be read takes no time to refuse.
        taken_s = answer.seconds
        if latency_s is not None and answer.was_looked_for:
            taken_s = latency_s
        free_ns = start_ns + round(taken_s * 1e9)
        return replace(answer, answered_ns=free_ns)

    for event in recording.events():
        if waiting is not None and free_ns <= event.arrival_ns:
            yield answer_waiting(waiting)
        if not isinstance(event, TimedImage):
            replay.measure(event)
            continue
        if not replay.accept(event):
            continue
        replay.counts['dropped'] += waiting is not None
        waiting = event
        if free_ns <= event.arrival_ns:
            yield answer_waiting(event)
    if waiting is not None:
        yield answer_waiting(waiting)
