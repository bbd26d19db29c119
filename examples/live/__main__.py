"""Play with trained generators on a page: python -m examples.live [--face RUN] [--street RUN]."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from examples.live.backends import Backend, Studio, open_studio
from examples.live.places import QUICK, Tab, find_place
from examples.vid2vid.command_line import parse, run_cli
from vidgan.extras import import_extra


@dataclass(frozen=True)
class LiveConfig:
    """Play with trained generators on a web page, with a tab per task.

    A tab shows the run that it is given, else that of its task's demo, else a small one, which is
    trained first, in about a minute, and kept.
    """

    street: Path | None = None
    """Run of labels_to_street: a folder or a checkpoint."""
    street_data: Path | None = None
    """Data folder of that run; by default the folder unseen or data beside it."""
    face: Path | None = None
    """Run of edges_to_face."""
    face_data: Path | None = None
    """Data folder of that run; by default the folder unseen or data beside it."""
    body: Path | None = None
    """Run of pose_to_body."""
    body_data: Path | None = None
    """Data folder of that run; by default the folder unseen or data beside it."""
    tabs: tuple[Tab, ...] = ("street", "face", "body")
    """The tabs to show."""
    backend: Backend = "torch"
    """What computes the frames: PyTorch, or ONNX Runtime, for which the runs are exported."""
    out: Path = Path("runs/live")
    """Where small runs are kept."""
    host: str = "127.0.0.1"
    """The address to listen at; 0.0.0.0 lets other machines in."""
    port: int | None = None
    """The port; by default the first free one from 7860 on."""


def open_studios(config: LiveConfig) -> dict[Tab, Studio]:
    """Find and load the run of each tab.

    Raises:
        FileNotFoundError: a given run or its data folder does not exist.
        ValueError: a run does not fit its data, or its exported model another run.
    """
    studios: dict[Tab, Studio] = {}
    # what is given is loaded first: a mistake in it is told before anything is trained
    for tab in sorted(config.tabs, key=lambda each: getattr(config, each) is None):
        run, data = getattr(config, tab), getattr(config, f"{tab}_data")
        place = find_place(tab, run, data, config.out)
        studios[tab] = open_studio(QUICK[tab].task, place, config.backend)
    return {tab: studios[tab] for tab in config.tabs}


def main(arguments: list[str] | None = None) -> None:
    """Serve the page until Ctrl-C."""
    config = parse(LiveConfig, arguments, "python -m examples.live")
    import_extra("gradio", "live")  # before anything is trained
    from examples.live.page import build_page, launch_page

    launch_page(build_page(open_studios(config)), host=config.host, port=config.port)


if __name__ == "__main__":
    run_cli(main)
