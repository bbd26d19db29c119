"""The argument checks: each rule broken alone, and the message that says so."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.assertions import assert_compiles
from vidgan._checks import (
    check_at_least,
    check_choice,
    check_finite,
    check_same_length,
    check_shapes,
)


def zeros(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.zeros(shape, dtype=dtype)


def refuse(kind: type[Exception], message: str, **tensors: Any) -> None:
    with pytest.raises(kind, match=f"^{re.escape(message)}$"):
        check_shapes("f", **tensors)


def test_letters_are_bound_at_first_use_and_agree_afterwards():
    check_shapes(
        "f",
        image=(zeros(2, 3, 4, 6), "B C H W"),
        flow=(zeros(2, 2, 4, 6), "B 2 H W"),
        square=(zeros(5, 5), "N N"),
        labels=(zeros(2, 1, 4, 6, dtype=torch.int64), "int B 1 H W"),
    )


@pytest.mark.parametrize("shape", [(3, 2, 4, 6), (2, 3, 4, 6), (2, 2, 5, 6), (2, 2, 4, 5), (2, 4)])
def test_each_axis_wrong_alone(shape):
    refuse(
        ValueError,
        f"f: flow must have shape (2, 2, 4, 6) to fit image, got {shape}",
        image=(zeros(2, 3, 4, 6), "B C H W"),
        flow=(zeros(*shape), "B 2 H W"),
    )


@pytest.mark.parametrize("shape", [(2, 4, 4, 6), (4, 4, 6), (1, 2, 3, 4, 6), ()])
def test_first_tensor_shows_letters_and_fixed_sizes(shape):
    message = f"f: image must have shape (B, 3, H, W), got {shape}"
    refuse(ValueError, message, image=(zeros(*shape), "B 3 H W"))


def test_a_letter_twice_in_one_tensor():
    refuse(ValueError, "f: square must have shape (N, N), got (4, 5)", square=(zeros(4, 5), "N N"))


def test_same_line_is_as_another_line_is_to_fit():
    first = (zeros(2, 3, 4, 6), "B C H W")
    wrong = zeros(2, 3, 4, 5)
    refuse(
        ValueError,
        "f: b must have shape (2, 3, 4, 6) as a, got (2, 3, 4, 5)",
        a=first,
        b=(wrong, "B C H W"),
    )
    refuse(
        ValueError,
        "f: b must have shape (2, D, 4, 6) to fit a, got (2, 3, 4, 5)",
        a=first,
        b=(wrong, "B D H W"),
    )
    refuse(
        ValueError,
        "f: c must have shape (7, 4) to fit b, got (7, 3)",
        a=first,
        b=(zeros(7, 2), "N 2"),
        c=(zeros(7, 3), "N H"),
    )


def test_masks_fit_the_first_tensor_not_each_other():
    refuse(
        ValueError,
        "f: second must have shape (2, 1, 4, 6) to fit image, got (2, 1, 4, 5)",
        image=(zeros(2, 3, 4, 6), "B C H W"),
        first=(zeros(2, 1, 4, 6), "B 1 H W"),
        second=(zeros(2, 1, 4, 5), "B 1 H W"),
    )


def test_a_primed_letter_is_a_size_of_its_own():
    image = (zeros(2, 3, 4, 6), "B C H W")
    check_shapes("f", image=image, maps=(zeros(2, 8, 4, 6), "B C' H W"))
    refuse(
        ValueError,
        "f: maps must have shape (2, C, 4, 6) to fit image, got (2, 8, 4, 5)",
        image=image,
        maps=(zeros(2, 8, 4, 5), "B C' H W"),
    )
    refuse(
        ValueError,
        "f: more must have shape (2, 8) to fit image, got (2, 3)",
        image=image,
        maps=(zeros(2, 8, 4, 6), "B C' H W"),
        more=(zeros(2, 3), "B C'"),
    )


def test_a_third_entry_says_where_sizes_come_from():
    refuse(
        ValueError,
        "f: b must have shape (2, 1, 4, 6) as in a, got (2, 2, 4, 6)",
        a=(zeros(2, 3, 4, 6), "B C H W"),
        b=(zeros(2, 2, 4, 6), "B 1 H W", "as in a"),
    )
    refuse(
        ValueError,
        "f: a must have shape (B, 3) for channels = 3, got (2, 2)",
        a=(zeros(2, 2), "B 3", "for channels = 3"),
    )


def test_a_fourth_entry_is_advice_at_the_end():
    refuse(
        ValueError,
        "f: b must have shape (2, 3) as it was, got (2, 4); cut it",
        a=(zeros(2, 3), "B C"),
        b=(zeros(2, 4), "B C", "as it was", "cut it"),
    )


def test_optional_axis_is_there_for_all_tensors_or_for_none():
    for lead in ((2,), (2, 5)):
        check_shapes(
            "f",
            image=(zeros(*lead, 3, 4, 6), "B [T] C H W"),
            mask=(zeros(*lead, 1, 4, 6), "B [T] 1 H W"),
        )
    refuse(
        ValueError,
        "f: mask must have shape (2, 1, 4, 6) to fit image, got (2, 5, 1, 4, 6)",
        image=(zeros(2, 3, 4, 6), "B [T] C H W"),
        mask=(zeros(2, 5, 1, 4, 6), "B [T] 1 H W"),
    )
    for shape in ((2, 1, 4, 6), (2, 4, 1, 4, 6)):
        refuse(
            ValueError,
            f"f: mask must have shape (2, 5, 1, 4, 6) to fit image, got {shape}",
            image=(zeros(2, 5, 3, 4, 6), "B [T] C H W"),
            mask=(zeros(*shape), "B [T] 1 H W"),
        )


@pytest.mark.parametrize("shape", [(3, 4, 6), (2, 1, 4, 6), (1, 2, 5, 3, 4, 6)])
def test_optional_axis_shows_both_shapes(shape):
    refuse(
        ValueError,
        f"f: x must have shape (B, 3, H, W) or (B, T, 3, H, W), got {shape}",
        x=(zeros(*shape), "B [T] 3 H W"),
    )


def test_optional_axis_that_is_there_shows_one_shape():
    refuse(
        ValueError,
        "f: x must have shape (B, T, 3, H, W), got (2, 5, 1, 4, 6)",
        x=(zeros(2, 5, 1, 4, 6), "B [T] 3 H W"),
    )


def test_any_leading_axes_agree():
    for lead in ((), (2,), (2, 5, 7)):
        check_shapes(
            "f",
            input=(zeros(*lead, 3, 4, 6), "... C H W"),
            mask=(zeros(*lead, 1, 4, 6), "... 1 H W"),
        )
    refuse(
        ValueError,
        "f: mask must have shape (2, 5, 1, 4, 6) to fit input, got (2, 1, 4, 6)",
        input=(zeros(2, 5, 3, 4, 6), "... C H W"),
        mask=(zeros(2, 1, 4, 6), "... 1 H W"),
    )
    refuse(
        ValueError,
        "f: input must have shape (..., C, H, W), got (4, 6)",
        input=(zeros(4, 6), "... C H W"),
    )


def test_any_shape_alone():
    check_shapes("f", fake=(zeros(), "..."), real=(zeros(), "..."))
    refuse(
        ValueError,
        "f: real[1] must have shape (2, 3) as fake[1], got (3, 2)",
        **{"fake[1]": (zeros(2, 3), "..."), "real[1]": (zeros(3, 2), "...")},
    )


@pytest.mark.parametrize("line", ["B C", "int B C", "any B C", "B C or None"])
def test_not_a_tensor(line):
    refuse(TypeError, "f: x must be a torch.Tensor, got list", x=([[1.0]], line))
    refuse(TypeError, "f: x must be a torch.Tensor, got ndarray", x=(np.zeros((1, 1)), line))


@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.bool, torch.complex64])
def test_not_floating_point(dtype):
    refuse(
        TypeError,
        f"f: x must be a floating-point tensor, got {dtype}; convert it with x.float()",
        x=(zeros(1, 1, dtype=dtype), "B C"),
    )
    check_shapes("f", x=(zeros(1, 1, dtype=dtype), "any B C"))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.bool, torch.complex64])
def test_not_integer(dtype):
    refuse(
        TypeError,
        f"f: x must be an integer tensor, got {dtype}; convert it with x.long()",
        x=(zeros(1, 1, dtype=dtype), "int B C"),
    )


def test_scalars():
    check_shapes("f", x=(zeros(), ""), n=(zeros(dtype=torch.int64), "int"), b=(zeros(), "any"))
    refuse(ValueError, "f: x must have shape (), got (1,)", x=(zeros(1), ""))


def test_none_where_it_may_be():
    check_shapes("f", mask=(None, "B 1 H W or None"), image=(zeros(2, 3, 4, 6), "B C H W"))
    refuse(TypeError, "f: mask must be a torch.Tensor, got NoneType", mask=(None, "B 1 H W"))
    refuse(
        ValueError,
        "f: mask must have shape (2, 1, 4, 6) to fit image, got (2, 1, 4, 5)",
        image=(zeros(2, 3, 4, 6), "B C H W"),
        mask=(zeros(2, 1, 4, 5), "B 1 H W or None"),
    )


def test_arguments_may_have_any_name():
    check_shapes("f", function=(zeros(2), "N"), **{"state.past": (zeros(2), "N")})


def test_compiles_without_a_break():
    def scale(image: Tensor, mask: Tensor) -> Tensor:
        check_shapes(
            "scale",
            image=(image, "B [T] C H W"),
            mask=(mask, "any B [T] 1 H W", "as in image"),
            flow=(None, "B [T] 2 H W or None"),
            **{f"features[{i}]": (x, "...") for i, x in enumerate([image, image])},
        )
        return image * mask

    assert_compiles(scale, torch.rand(2, 3, 4, 6), torch.rand(2, 1, 4, 6))


def test_at_least():
    check_at_least("f", 1, a=1, b=2)
    with pytest.raises(ValueError, match=r"^f: b must be at least 1, got 0$"):
        check_at_least("f", 1, a=1, b=0)


def test_at_least_where_none_may_be():
    check_at_least("f", 1, a=None, b=1)
    with pytest.raises(ValueError, match=r"^f: b must be at least 1, got 0$"):
        check_at_least("f", 1, a=None, b=0)


def test_same_length():
    check_same_length("f", "scale", a=[1, 2], b=(3, 4))
    check_same_length("f", "sequence", a={"walk": 1})
    for lengths, text in (
        ((2, 3), "b must hold as many scales as a, 2, got 3"),
        ((0, 2), "a must hold at least one scale, got none"),
        ((2, 0), "b must hold at least one scale, got none"),
    ):
        a, b = ([0] * length for length in lengths)
        with pytest.raises(ValueError, match=f"^f: {text}$"):
            check_same_length("f", "scale", a=a, b=b)
    with pytest.raises(ValueError, match=r"^f: c must hold as many scales as a, 1, got 2$"):
        check_same_length("f", "scale", a=[1], b=[1], c=[1, 2])


def test_choice():
    check_choice("a", ("a", "b"), "f", "mode")
    with pytest.raises(ValueError, match=r"^f: mode must be one of 'a', 'b', got 'c'$"):
        check_choice("c", ("a", "b"), "f", "mode")


def test_finite():
    check_finite(torch.ones(2, 2), "f", "x")
    bad = torch.tensor([[1.0, torch.nan], [torch.inf, 1.0]])
    rule = r"^f: x has 2 values that are NaN or infinite \(the first at index \(0, 1\)\)$"
    with pytest.raises(ValueError, match=rule):
        check_finite(bad, "f", "x")


def test_uint8_and_real_numbers():
    picture = torch.zeros(3, 4, 6, dtype=torch.uint8)
    check_shapes("f", picture=(picture, "uint8 3 H W"), points=(picture, "real ..."))
    with pytest.raises(TypeError, match=r"f: picture must be uint8, got torch\.float32"):
        check_shapes("f", picture=(picture.float(), "uint8 3 H W"))
    for wrong in (picture.bool(), picture.cfloat()):
        with pytest.raises(TypeError, match=r"f: points must be real numbers, got torch\."):
            check_shapes("f", points=(wrong, "real ..."))


def test_note_after_a_comma():
    with pytest.raises(ValueError, match=r"points must have shape \(N, 2\), x first, got \(3,\)"):
        check_shapes("f", points=(torch.zeros(3), "N 2", ", x first"))
