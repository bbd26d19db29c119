"""The tab on whose label map one paints, and sees the street follow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from examples.live.backends import Studio
from examples.live.events import PICTURE, listen
from examples.live.painting import hex_colors
from examples.live.pictures import condition_picture, frame_picture, layers_of, picture
from examples.live.sessions import StreetSession, first_choices, style_choices

_BRUSH = 24  # pixels of the canvas


class StreetTab:
    """Lays out the tab, and connects it.

    Args:
        page: the page that it is part of.
        studio: the run of a street.
    """

    def __init__(self, page: gr.Blocks, studio: Studio) -> None:
        self._studio = studio
        self._names = studio.task.class_names
        self._colors = hex_colors(len(self._names))
        self._session = gr.State(None)
        gr.Markdown(
            "Choose a class and paint on the label map: the drive goes on through what you paint."
        )
        with gr.Row():
            with gr.Column():
                self._lay_out_map()
            with gr.Column():
                self._frame = gr.Image(label="Street", elem_id="street-frame", **PICTURE)
                self._seen = gr.Image(
                    label="What the network sees", elem_id="street-seen", **PICTURE
                )
        self._status = gr.Markdown(elem_id="street-status")
        with gr.Row():
            on = gr.Button("Drive on", variant="primary", elem_id="street-on")
            clear = gr.Button("Clear painting", elem_id="street-clear")
            restart = gr.Button("Restart", elem_id="street-restart")
        self._lay_out_options()
        outputs = [self._session, self._editor, self._frame, self._seen, self._status]
        options = [self._drive, self._first, self._style]
        going = [self._session, self._count, *options]
        for event in (page.load, restart.click, self._first.release, self._drive.input):
            listen(event, self._begin, options, outputs)
        listen(self._style.input, self._begin, options, outputs)
        listen(self._editor.input, self._stroke, [self._editor, *going], outputs)
        listen(on.click, self._go_on, going, outputs)
        listen(clear.click, self._wipe, going, outputs)
        self._class.input(
            self._choose,
            self._class,
            self._editor,
            show_progress="hidden",
            api_visibility="private",
        )

    def _lay_out_map(self) -> None:
        pairs = [*zip(self._names, self._colors, strict=True)]
        self._class = gr.Dropdown(
            [*self._names], value=self._names[0], label="Class to paint", elem_id="street-class"
        )
        self._editor = gr.ImageEditor(
            label="Label map",
            elem_id="street-map",
            sources=(),
            transforms=(),
            layers=False,
            buttons=[],
            format="png",
            height=320,
            brush=self._brush(self._colors[0]),
        )
        spans = (f'<span style="--color:{color}">{name}</span>' for name, color in pairs)
        gr.HTML(f'<div class="legend">{"".join(spans)}</div>')

    def _lay_out_options(self) -> None:
        sequences = [*self._studio.task.data.sequences]
        styles = style_choices(self._studio)
        firsts = first_choices(self._studio)
        with gr.Row():
            self._count = gr.Slider(1, 24, 4, step=1, label="Frames per stroke")
            self._first = gr.Slider(firsts[0], firsts[-1], firsts[0], step=1, label="First frame")
            self._drive = gr.Dropdown(
                sequences, value=sequences[0], label="Drive", visible=len(sequences) > 1
            )
            self._style = gr.Dropdown(
                styles, value=styles[0] if styles else None, label="Style", visible=bool(styles)
            )

    def _brush(self, color: str) -> gr.Brush:
        return gr.Brush(
            default_size=_BRUSH, colors=self._colors, default_color=color, color_mode="fixed"
        )

    def _choose(self, name: str) -> Any:
        return gr.update(brush=self._brush(self._colors[self._names.index(name)]))

    def _play(self, mine: StreetSession, frames: int, note: str = "") -> Iterator[Any]:
        shown: tuple[Any, ...] = (gr.skip(),) * 3
        for made in mine.frames(int(frames)):
            pictures = frame_picture(made.frame), condition_picture(made.condition)
            shown = *pictures, f"Frame {made.time}. {note}"
            yield mine, gr.skip(), *shown
        canvas = {"background": picture(mine.canvas()), "layers": [], "composite": None}
        # with the pictures again: a tab that was not opened yet is given the last values alone
        yield mine, canvas, *shown

    def _open(self, name: str, start: int, style: str | None) -> StreetSession:
        allowed = first_choices(self._studio, name)
        start = min(max(int(start), allowed[0]), allowed[-1])
        return StreetSession(self._studio, name, start, style)

    def _begin(self, *options: Any) -> Iterator[Any]:
        yield from self._play(self._open(*options), 1)

    def _stroke(
        self, value: Any, mine: StreetSession | None, frames: int, *options: Any
    ) -> Iterator[Any]:
        layers = layers_of(value)
        if layers is None or not bool((layers[:, 3] > 0).any()):
            yield (gr.skip(),) * 5  # the editor tells of a new canvas as well
            return
        mine = mine or self._open(*options)
        yield from self._play(mine, frames, mine.paint(layers).note)

    def _go_on(self, mine: StreetSession | None, frames: int, *options: Any) -> Iterator[Any]:
        yield from self._play(mine or self._open(*options), frames)

    def _wipe(self, mine: StreetSession | None, frames: int, *options: Any) -> Iterator[Any]:
        mine = mine or self._open(*options)
        mine.clear()
        yield from self._play(mine, frames)
