"""The page itself: a tab per run; what the tabs do is in the sessions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import gradio as gr

from examples.live.backends import Studio
from examples.live.body_tab import BodyTab
from examples.live.face_tab import FaceTab
from examples.live.places import Tab
from examples.live.street_tab import StreetTab

_TABS: dict[Tab, Callable[[gr.Blocks, Studio], object]] = {
    "street": StreetTab,
    "face": FaceTab,
    "body": BodyTab,
}
_CSS = """
.gradio-container {max-width: 1200px !important; margin: 0 auto !important; width: 100%}
.shown .image-frame, .shown img {width: 100% !important; object-fit: contain !important}
.legend {display: flex; flex-wrap: wrap; gap: 2px 12px}
.legend span::before {content: ""; display: inline-block; width: .8em; height: .8em;
    margin-right: .4em; border-radius: 2px; background: var(--color)}
"""


def build_page(studios: Mapping[Tab, Studio]) -> gr.Blocks:
    """Build the page, with a tab for each run."""
    with gr.Blocks(analytics_enabled=False, title="vidgan live", delete_cache=(3600, 3600)) as page:
        gr.Markdown("# vidgan live")
        for tab, studio in studios.items():
            with gr.Tab(tab.capitalize(), id=tab, elem_id=f"tab-{tab}"):
                _TABS[tab](page, studio)
    return page


def launch_page(page: gr.Blocks, *, host: str, port: int | None, wait: bool = True) -> str:
    """Serve the page, and return its address.

    Args:
        page: from `build_page`.
        host: the address to listen at.
        port: the port; None: the first free one from 7860 on.
        wait: until Ctrl-C.

    Raises:
        OSError: the port is taken.
    """
    # no font that would be loaded from elsewhere
    theme = gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["monospace"])
    try:
        _, address, _ = page.queue().launch(
            server_name=host,
            server_port=port,
            prevent_thread_lock=True,
            quiet=True,
            theme=theme,
            css=_CSS,
            footer_links=[],
            ssr_mode=False,
            share=False,
        )
    except OSError as error:
        where = f"{host}, port {port or '7860 or one of the next'}"
        raise OSError(f"cannot listen at {where}; choose another --port or --host") from error
    if wait:
        print(f"the page is at {address} (Ctrl-C ends it)")
        page.block_thread()
    return str(address)
