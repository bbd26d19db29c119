"""The README's code is the training loop of the flat recipe, which that recipe's test runs."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def training_loop():
    """The lines of ``examples/minimal_vid2vid.py`` between its two markers."""
    script = (ROOT / "examples" / "minimal_vid2vid.py").read_text("utf-8")
    return script.split("# [training loop]\n")[1].split("# [end of training loop]\n")[0]


def test_the_readme_shows_the_training_loop_of_the_flat_recipe():
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert blocks == [training_loop()]
