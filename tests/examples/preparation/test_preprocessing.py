import pytest

from examples.preparation.preprocessing import (
    UnusableSequenceError,
    check_length,
    select,
    write_usable,
)


@pytest.mark.parametrize("indices", [[], [0], [1, 2, 5], [5], [0, 1, 2, 3, 4, 5]])
def test_select(indices):
    assert list(select(range(6), indices)) == indices


def test_nothing_is_read_after_the_last_selected_item():
    read = []
    assert list(select((read.append(t) or t for t in range(9)), [1, 3])) == [1, 3]
    assert read == [0, 1, 2, 3]


def write(length):
    check_length(f"walk{length}", length)
    return [length] * (length // 3)


def test_sequences_that_cannot_be_used_are_left_out():
    reports, left_out = write_usable([1, 6, 2, 3], write)

    assert reports == [6, 6, 3]
    assert [line.partition(",")[0] for line in left_out] == [
        "left out: walk1 must have at least 3 frames",
        "left out: walk2 must have at least 3 frames",
    ]


def test_one_sequence_must_remain():
    with pytest.raises(ValueError, match=r"^walk1 must have at least 3 frames, got 1; [^()]*$"):
        write_usable([1], write)
    with pytest.raises(ValueError, match=r"^walk2 must .* \(and 1 other sequence\)$"):
        write_usable([2, 1], write)
    with pytest.raises(ValueError, match="there is no sequence"):
        write_usable([], write)


def test_other_errors_are_passed_on():
    def fail(length):
        raise ValueError("damaged") if length == 2 else UnusableSequenceError("short")

    with pytest.raises(ValueError, match="damaged"):
        write_usable([1, 2], fail)
