"""How the page reacts: errors in the input become messages on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any

import gradio as gr

PICTURE: dict[str, Any] = {
    "interactive": False,
    "buttons": [],
    "format": "png",
    "elem_classes": "shown",
}
"""Options of a picture that is only shown."""


def listen(
    event: Callable[..., Any],
    handler: Callable[..., Iterator[Any]],
    inputs: Sequence[Any],
    outputs: Sequence[Any],
) -> None:
    """Let a handler, which yields the outputs again and again, react to an event.

    Of events that come while it runs, the last is reacted to afterwards.
    """
    event(
        shown(handler),
        [*inputs],
        [*outputs],
        show_progress="hidden",
        trigger_mode="always_last",
        api_visibility="private",
    )


def shown(handler: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """Show errors in the input, which a handler raises, as a message on the page."""

    @wraps(handler)
    def run(*values: Any) -> Iterator[Any]:
        try:
            yield from handler(*values)
        except (ValueError, OSError, ImportError) as error:
            raise message_of(error) from None

    return run


def message_of(error: Exception) -> gr.Error:
    """Return an error as a message of one line."""
    return gr.Error(" ".join(str(error).split()), print_exception=False)
