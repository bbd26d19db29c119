"""Command line of the task "labels to street"; ``--help`` lists its commands."""

from examples.labels_to_street.task import LabelsToStreet
from examples.vid2vid.command_line import run_task

if __name__ == "__main__":
    run_task(LabelsToStreet)
