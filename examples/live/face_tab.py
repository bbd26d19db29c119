"""The tab in which a face is driven by a video file or by the webcam."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import gradio as gr
from torch import Tensor

from examples.live.backends import Studio
from examples.live.events import PICTURE, listen, message_of
from examples.live.faces import CameraSession, drive_by_file, write_clip
from examples.live.pictures import condition_picture, frame_picture, picture_tensor
from examples.live.sessions import first_choices

_STREAM_EVERY = 0.1  # seconds between pictures of the webcam
_CAMERA_LIMIT = 600  # seconds that the webcam drives the face at a time


class FaceTab:
    """Lays out the tab, and connects it.

    Args:
        page: the page that it is part of.
        studio: the run of a face.
    """

    def __init__(self, page: gr.Blocks, studio: Studio) -> None:
        del page  # nothing is shown before there is a driver
        self._studio = studio
        firsts = first_choices(studio)
        camera_session = gr.State(None)
        gr.Markdown("The face follows the one in a video, or in front of your webcam.")
        with gr.Row():
            with gr.Column(), gr.Tabs():
                with gr.Tab("A video", elem_id="face-by-video"):
                    video = gr.Video(label="Driver", sources=["upload"], elem_id="face-driver")
                    drive = gr.Button("Drive the face", variant="primary", elem_id="face-drive")
                    most = gr.Slider(10, 300, 60, step=10, label="Frames of the video, at most")
                with gr.Tab("The webcam", elem_id="face-by-camera"):
                    camera = gr.Image(
                        label="Webcam", sources=["webcam"], streaming=True, elem_id="face-camera"
                    )
            with gr.Column():
                with gr.Row():
                    frame = gr.Image(label="Face", elem_id="face-frame", **PICTURE)
                    seen = gr.Image(label="What the network sees", **PICTURE)
                clip = gr.Video(
                    label="The whole video", elem_id="face-clip", autoplay=True, buttons=[],
                    interactive=False,
                )  # fmt: skip
        status = gr.Markdown(elem_id="face-status")
        with gr.Row():
            similar = gr.Checkbox(value=True, label="Begin with the pose most like the driver's")
            first = gr.Slider(
                firsts[0], firsts[-1], firsts[0], step=1, label="First frame, otherwise"
            )
        outputs = [frame, seen, clip, status]
        listen(drive.click, self._drive, [video, most, similar, first], outputs)
        camera.stream(
            self._follow,
            [camera_session, camera, similar, first],
            [camera_session, frame, seen, status],
            show_progress="hidden",
            stream_every=_STREAM_EVERY,
            time_limit=_CAMERA_LIMIT,
            api_visibility="private",
        )
        restarts = (similar.input, first.release, camera.clear)
        for event in restarts:
            event(lambda: None, None, camera_session, api_visibility="private")

    def _drive(self, video: str | None, most: int, is_similar: bool, first: int) -> Iterator[Any]:
        if video is None:
            raise ValueError("there is no video to drive with: choose a file of a face first")
        yield gr.skip(), gr.skip(), None, "The face is looked for."
        start = None if is_similar else int(first)
        frames: list[Tensor] = []
        text, fps = "", 0.0
        for made, player in islice(drive_by_file(self._studio, Path(video), start), int(most)):
            frames.append(made.frame)
            text, fps = str(player.pace()), player.stream.source.fps
            pictures = frame_picture(made.frame), condition_picture(made.condition)
            yield *pictures, gr.skip(), text
        with TemporaryDirectory() as folder:
            path = write_clip(frames, fps, Path(folder) / "face.mp4")
            yield gr.skip(), gr.skip(), str(path), text

    def _follow(
        self, mine: CameraSession | None, pixels: Any, is_similar: bool, first: int
    ) -> tuple[Any, ...]:
        if pixels is None:
            return mine, gr.skip(), gr.skip(), "The webcam sends no picture."
        try:
            mine = mine or CameraSession(self._studio, None if is_similar else int(first))
            made = mine.step(picture_tensor(pixels))
        except (ValueError, OSError, ImportError) as error:
            raise message_of(error) from None
        if made is None:
            return mine, gr.skip(), gr.skip(), "There is no face in the picture yet."
        text = f"Frame {made.time}; {mine.stream.repeated} pictures without a face."
        return mine, frame_picture(made.frame), condition_picture(made.condition), text
