"""The command that serves the page."""

from __future__ import annotations

import sys

import pytest

from examples.live import __main__ as command
from examples.live.__main__ import LiveConfig, main, open_studios
from examples.vid2vid.command_line import run_cli

pytest.importorskip("tyro")


def test_runs_are_loaded_for_the_tabs(street_place, tmp_path):
    config = LiveConfig(
        street=street_place.run, street_data=street_place.data, tabs=("street",), out=tmp_path
    )
    studios = open_studios(config)
    assert [*studios] == ["street"]
    assert studios["street"].task.data.path == street_place.data


def test_a_missing_extra_is_told_before_anything_is_trained(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "gradio", None)
    monkeypatch.setattr(command, "open_studios", lambda config: pytest.fail("it was opened"))
    with pytest.raises(SystemExit) as stop:
        run_cli(lambda: main(["--out", str(tmp_path)]))
    assert stop.value.code == 2
    expected = "error: gradio is needed here; install it with: pip install 'vidgan[live]'\n"
    assert capsys.readouterr().err == expected


@pytest.mark.filterwarnings("ignore")
def test_a_missing_run_is_one_line(capsys, tmp_path):
    pytest.importorskip("gradio")
    with pytest.raises(SystemExit):
        run_cli(lambda: main(["--face", str(tmp_path / "no"), "--out", str(tmp_path / "out")]))
    printed = capsys.readouterr().err.splitlines()[-1]
    assert printed.startswith("error: ")
    assert "no file or folder" in printed
    assert not (tmp_path / "out").exists()  # nothing was trained for the other tabs
