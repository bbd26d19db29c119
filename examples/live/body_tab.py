"""The tab in which a skeleton's joints are moved, and the person follows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from examples.live.backends import Studio
from examples.live.events import PICTURE, listen
from examples.live.joints import JOINTS, draw_joints, enlargement, nearest_joint
from examples.live.pictures import frame_picture, picture
from examples.live.sessions import BodySession, first_choices

_NEAREST = "the nearest to the click"


class BodyTab:
    """Lays out the tab, and connects it.

    Args:
        page: the page that it is part of.
        studio: the run of a body.
    """

    def __init__(self, page: gr.Blocks, studio: Studio) -> None:
        self._studio = studio
        firsts = first_choices(studio)
        session = gr.State(None)
        gr.Markdown(
            "Choose a joint and click on the skeleton where it goes; what hangs on it moves along."
        )
        with gr.Row():
            skeleton = gr.Image(label="Skeleton", elem_id="body-skeleton", min_width=320, **PICTURE)
            frame = gr.Image(label="Person", elem_id="body-frame", min_width=320, **PICTURE)
        status = gr.Markdown(elem_id="body-status")
        with gr.Row():
            joint = gr.Dropdown(
                [_NEAREST, *JOINTS], value="left wrist", label="Joint", elem_id="body-joint"
            )
            count = gr.Slider(1, 24, 6, step=1, label="Frames per move")
            first = gr.Slider(firsts[0], firsts[-1], firsts[0], step=1, label="First frame")
        restart = gr.Button("Restart", elem_id="body-restart")
        outputs = [session, skeleton, frame, status]
        for event in (page.load, restart.click, first.release):
            listen(event, self._begin, [first, joint], outputs)
        listen(joint.input, self._mark, [session, first, joint], outputs)
        listen(skeleton.select, self._click, [session, first, joint, count], outputs)

    def _begin(self, start: int, joint: str) -> Iterator[Any]:
        yield from self._play(BodySession(self._studio, int(start)), joint, 1)

    def _mark(self, mine: BodySession | None, start: int, joint: str) -> Iterator[Any]:
        mine = mine or BodySession(self._studio, int(start))
        yield mine, self._draw(mine, joint), gr.skip(), gr.skip()

    def _click(
        self, mine: BodySession | None, start: int, joint: str, count: int, event: gr.SelectData
    ) -> Iterator[Any]:
        mine = mine or BodySession(self._studio, int(start))
        factor = enlargement(self._studio.task.data.size)
        x, y = (float(side) / factor for side in event.index)
        name = nearest_joint(mine.pose, x, y) if joint == _NEAREST else joint
        mine.move(name, x, y)
        yield from self._play(mine, joint, int(count), f"The {name} moves to ({x:.0f}, {y:.0f}).")

    def _play(self, mine: BodySession, joint: str, count: int, note: str = "") -> Iterator[Any]:
        skeleton = self._draw(mine, joint)
        for made in mine.frames(count):
            yield mine, skeleton, frame_picture(made.frame), f"Frame {made.time}. {note}"

    def _draw(self, mine: BodySession, joint: str) -> Any:
        return picture(draw_joints(mine.pose, joint, self._studio.task.data.size))
