"""A one-step student by adversarial distillation."""

import re

import pytest
import torch

from tests.examples.sheets import check_sheet

pytest.importorskip("tqdm")

SCRIPT = "adversarial_distillation.py"


def test_the_script_learns_and_writes_its_picture(script_variables, tmp_path, capsys):
    distances = []
    for steps in (1, 10):
        script = script_variables(SCRIPT, "--steps", steps)
        distances.append(float(re.search(r"student: (\S+)", capsys.readouterr().out)[1]))
    assert distances[1] < 0.95 * distances[0]
    picture = tmp_path / "adversarial_distillation" / "distillation.png"
    check_sheet(picture, rows=4, columns=16, size=(16, 16))

    teacher, student = script["teacher"], script["student"]
    assert not any(weight.requires_grad for weight in teacher.parameters())
    noises, targets = script["noises"][:4], script["targets"][:4]
    again = teacher.generate(noises, 16)  # by the same weights as before the student's training
    torch.testing.assert_close(again, targets, rtol=1e-4, atol=1e-4)
    pairs = zip(teacher.parameters(), student.parameters(), strict=True)
    assert all(not torch.equal(*pair) for pair in pairs)
