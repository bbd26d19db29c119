"""The command line: exit codes, one line for wrong usage, text and JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.data.check.folders import ANNOTATIONS, write_folder
from vidgan import __version__, _cli
from vidgan._cli import main

LOADED = """
import sys
from vidgan._cli import main
try:
    main(["check-data", "--help"])
finally:
    heavy = {"torch", "numpy", "PIL"} & set(sys.modules)
    sys.stderr.write(f"loaded: {sorted(heavy)}")
"""


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("task", ANNOTATIONS)
def test_good_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str], task: str) -> None:
    write_folder(tmp_path, task)

    assert main(["check-data", str(tmp_path), "--clip-length", "3"]) == 0

    output = capsys.readouterr()
    assert output.err == ""
    assert output.out.startswith(f"{tmp_path}: task {task}\n")
    assert output.out.endswith("\n\nAll is well (0 problems, 0 warnings).\n")


def test_bad_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_folder(tmp_path)
    (tmp_path / "labels/walk/00002.png").unlink()

    assert main(["check-data", str(tmp_path), "--clip-length", "3"]) == 2

    output = capsys.readouterr()
    assert output.err == ""
    assert "PROBLEM [missing_files] labels: " in output.out
    assert output.out.endswith("\n1 problem, 0 warnings\n")


def test_options_reach_the_check(tmp_path: Path) -> None:
    write_folder(tmp_path)
    command = ["check-data", str(tmp_path)]

    assert main(command) == 0
    assert main([*command, "--clip-length", "30"]) == 2
    assert main([*command, "--clip-length", "5", "--past-frames", "0"]) == 0
    assert main([*command, "--clip-length", "4"]) == 2
    assert main([*command, "--clip-length", "3", "--num-classes", "1"]) == 2
    assert main([*command, "--clip-length", "3", "--num-classes", "1", "--quick"]) == 2
    assert main([*command, "--clip-length", "3", "--num-classes", "2", "--quick"]) == 0


def test_strides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_folder(tmp_path, strides=(1,))
    command = ["check-data", str(tmp_path), "--clip-length", "3"]

    assert main(command) == 2
    assert "a training needs the flow of stride 1 and 3" in capsys.readouterr().out
    assert main([*command, "--strides", "1"]) == 0


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_folder(tmp_path)

    assert main(["check-data", str(tmp_path), "--clip-length", "30", "--json"]) == 2

    report = json.loads(capsys.readouterr().out)
    assert report["format"] == 1
    assert report["task"] == "labels_to_street"
    assert [problem["code"] for problem in report["problems"]] == ["too_short"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "error: the following arguments are required: COMMAND (see vidgan --help)"),
        (["check-data"], "error: the following arguments are required: FOLDER (see "),
        (["check-data", "x", "--num-classes", "many"], "argument --num-classes: invalid int"),
        (["check"], "error: argument COMMAND: invalid choice: 'check'"),
    ],
)
def test_wrong_arguments(
    capsys: pytest.CaptureFixture[str], arguments: list[str], text: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    output = capsys.readouterr()
    assert caught.value.code == 2
    assert output.out == ""
    assert text in output.err
    assert output.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nowhere"], "error: check_data: no such folder: nowhere\n"),
        (["README.md"], "error: check_data: README.md must be a folder, but it is a file\n"),
        (["docs", "--clip-length", "0"], "error: check_data: clip_length must be at least 1, got"),
    ],
)
def test_wrong_folder(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    text: str,
) -> None:
    monkeypatch.chdir(root)

    assert main(["check-data", *arguments]) == 2

    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith(text)
    assert output.err.count("\n") == 1


def test_interrupted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(_cli, "_check_data", interrupt)

    assert main(["check-data", "x"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_progress_on_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_folder(tmp_path)
    times = iter(range(1000))
    monkeypatch.setattr(_cli.time, "monotonic", lambda: next(times))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    main(["check-data", str(tmp_path), "--clip-length", "3", "--json"])

    output = capsys.readouterr()
    assert json.loads(output.out)["good"]
    assert output.err.startswith("\rchecked 1 of 27 files\rchecked 2 of 27 files")
    assert output.err.endswith("\rchecked 26 of 27 files\r\x1b[K")


def test_file_names_that_the_terminal_lacks(tmp_path: Path, root: Path) -> None:
    write_folder(tmp_path / "data")
    (tmp_path / "data" / "größe.bin").touch()

    result = subprocess.run(
        [sys.executable, "-m", "vidgan", "check-data", str(tmp_path / "data"), "--clip-length=3"],
        cwd=root,
        capture_output=True,
        env={"PYTHONIOENCODING": "ascii", "OMP_NUM_THREADS": "1"},
        check=False,
        timeout=120,
    )

    assert result.returncode == 0, result.stderr
    assert rb"gr\xf6\xdfe.bin" in result.stdout


def test_process_ends_with_the_exit_code(tmp_path: Path, root: Path) -> None:
    write_folder(tmp_path)
    good = run(root, "-m", "vidgan", "check-data", str(tmp_path), "--clip-length", "3")
    bad = run(root, "-m", "vidgan", "check-data", str(tmp_path), "--clip-length", "4", "--json")
    wrong = run(root, "-m", "vidgan", "check-data", str(tmp_path / "nowhere"))

    assert [good.returncode, bad.returncode, wrong.returncode] == [0, 2, 2]
    assert good.stderr == bad.stderr == wrong.stdout == ""
    assert json.loads(bad.stdout)["good"] is False
    assert wrong.stderr.count("\n") == 1
    assert wrong.stderr.startswith("error: check_data: no such folder: ")


def test_version_and_help(root: Path) -> None:
    assert run(root, "-m", "vidgan", "--version").stdout == f"vidgan {__version__}\n"

    shown = run(root, "-c", LOADED)

    assert shown.returncode == 0
    assert "--num-classes N" in shown.stdout
    assert shown.stderr == "loaded: []"


def test_console_script_is_declared(root: Path) -> None:
    text = (root / "pyproject.toml").read_text(encoding="utf-8")

    assert '[project.scripts]\nvidgan = "vidgan._cli:main"\n' in text
