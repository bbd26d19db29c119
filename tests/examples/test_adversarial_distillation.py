"""A one-step student by adversarial distillation."""

import math
import re

import pytest
import torch

from vidgan.video import read_frame

pytest.importorskip("tqdm")


def test_the_script_learns_and_writes_its_picture(run_script):
    out, printed = run_script("adversarial_distillation.py", "--steps", 12)
    assert read_frame(out / "distillation.png").shape == (3, 4 * 18 + 2, 16 * 18 + 2)
    again, short = (run_script("adversarial_distillation.py", "--steps", n)[1] for n in (12, 1))
    assert again == printed
    student, untrained = (
        float(re.search(r"student: (\S+)", lines)[1]) for lines in (printed, short)
    )
    assert math.isfinite(student)
    assert student < untrained


def test_the_student_learns_and_the_teacher_stays(script_variables):
    script = script_variables("adversarial_distillation.py", "--steps", 2)
    teacher, student = script["teacher"], script["student"]
    assert not any(weight.requires_grad for weight in teacher.parameters())
    pairs = zip(teacher.parameters(), student.parameters(), strict=True)
    assert any(not torch.equal(a, b) for a, b in pairs)
    assert all(weight.grad is None or not weight.grad.any() for weight in teacher.parameters())
