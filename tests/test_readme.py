"""The README's code runs as it stands."""

import re
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def test_the_composition_example_runs(capsys):
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL)
    assert len(blocks) == 1
    exec(compile(blocks[0], "README.md", "exec"), {})
    assert (
        "torch.Size([1, 4, 3, 64, 96]) torch.Size([1, 4, 2, 64, 96]) True"
        in capsys.readouterr().out
    )
