"""Command line of the task "pose to body"; ``--help`` lists its commands."""

from examples.pose_to_body.task import PoseToBody
from examples.vid2vid.command_line import run_task

if __name__ == "__main__":
    run_task(PoseToBody)
