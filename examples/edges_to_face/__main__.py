"""Command line of the task "edges to face"; ``--help`` lists its commands."""

from examples.edges_to_face.task import EdgesToFace
from examples.vid2vid.command_line import run_task

if __name__ == "__main__":
    run_task(EdgesToFace)
