"""What `torchrun` does by itself: it restarts workers, and joins several machines."""

import signal
import socket
import subprocess
import sys

import pytest
import torch.distributed as dist

from tests.examples.vid2vid import survival

for module in ("tyro", "tensorboard", "filelock"):
    pytest.importorskip(module)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not dist.is_gloo_available(), reason="this torch was built without gloo"),
]
STEPS = 15  # so that the signal comes before the last one


def train_on_two_nodes(data, run):
    """Train with two launchers of one process each, which meet at a port of this machine."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    launch = (
        "--nproc-per-node=1",
        "--nnodes=2",
        "--rdzv-backend=c10d",
        f"--rdzv-endpoint=localhost:{port}",
        "--rdzv-id=test",
    )
    command = survival.command(data, run, STEPS, processes=2, launch=launch)
    nodes = [
        subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env=survival.environment(),
        )
        for _ in range(2)
    ]  # fmt: skip
    printed = [node.communicate(timeout=300)[1] for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0], printed
    assert sum(f"step {STEPS} loss" in each for each in printed) == 1  # of rank 0 alone


@pytest.mark.skipif(sys.platform != "linux", reason="a child is found in /proc")
def test_two_launchers_train_as_one_that_restarts_a_killed_worker(data, tmp_path, monkeypatch):
    whole, run = tmp_path / "whole", tmp_path / "run"
    train_on_two_nodes(data, whole)
    monkeypatch.setenv("TORCH_DISABLE_SHARE_RDZV_TCP_STORE", "1")
    launch = ("--standalone", "--max-restarts=3")
    code, _, printed = survival.interrupt_command(
        survival.command(data, run, STEPS, "--resume", "auto", processes=2, launch=launch),
        signal.SIGKILL,
        after=0,
        wait_for="step 4 loss",
        to_worker=True,
    )
    assert code == 0, printed
    assert len([*(run / "tensorboard").iterdir()]) == 2, printed  # one file per start
    survival.check_same(run, whole)
    assert survival.leftovers(run) == []
