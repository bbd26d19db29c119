"""The command that writes a data folder of rendered streets."""

from examples.synthetic.street.data_folder import main
from examples.vid2vid.command_line import run_cli

if __name__ == "__main__":
    run_cli(main)
