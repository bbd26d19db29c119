import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vidgan.conditions import replace_classes, semantic_condition_maps

LABELS = torch.tensor([[0, 0, 2], [1, 1, 2]]).view(1, 1, 2, 3)


def random_ids(seed, limit, shape=(2, 1, 5, 7)):
    return torch.randint(limit, shape, generator=torch.Generator().manual_seed(seed))


def test_hand_numbers():
    maps = semantic_condition_maps(LABELS, 3)
    assert (maps.shape, maps.dtype) == ((1, 3, 2, 3), torch.float32)
    assert maps[0].tolist() == [
        [[1, 1, 0], [0, 0, 0]],
        [[0, 0, 0], [1, 1, 0]],
        [[0, 0, 1], [0, 0, 1]],
    ]


def test_edges_of_two_cars_that_touch():
    labels = torch.full((1, 1, 1, 6), 1)
    instances = torch.tensor([7, 7, 7, 9, 9, 9]).view(1, 1, 1, 6)
    maps = semantic_condition_maps(labels, 2, instances=instances)
    assert maps.shape == (1, 3, 1, 6)
    assert maps[0, 2].tolist() == [[0, 0, 1, 1, 0, 0]]
    assert maps[0, :2].sum(0).tolist() == [[1] * 6]


@given(seed=st.integers(0, 2**31), num_classes=st.integers(1, 6))
def test_class_maps_name_the_class_of_every_pixel(seed, num_classes):
    labels = random_ids(seed, num_classes)
    maps = semantic_condition_maps(labels, num_classes, instances=labels)
    assert torch.equal(maps[:, :-1].argmax(1, keepdim=True), labels)
    assert (maps[:, :-1].sum(1) == 1).all()


@given(seed=st.integers(0, 2**31), shift=st.integers(1, 1000))
def test_edges_do_not_depend_on_the_numbers_of_the_instances(seed, shift):
    labels, instances = random_ids(seed, 3), random_ids(seed + 1, 4)
    maps = semantic_condition_maps(labels, 3, instances=instances)
    other = semantic_condition_maps(labels, 3, instances=instances * 7 + shift)
    assert torch.equal(maps, other)


def test_instance_map_of_zeros_has_no_edges():
    maps = semantic_condition_maps(LABELS, 3, instances=torch.zeros_like(LABELS))
    assert maps[:, 3].count_nonzero() == 0


def test_ignored_pixels_have_no_class():
    labels = torch.where(LABELS == 1, 255, LABELS)
    maps = semantic_condition_maps(labels, 3, ignore_id=255)
    assert torch.equal(maps.sum(1, keepdim=True), (LABELS != 1).float())


def test_video_is_its_frames():
    labels, instances = random_ids(0, 4, (2, 3, 1, 4, 5)), random_ids(1, 4, (2, 3, 1, 4, 5))
    maps = semantic_condition_maps(labels, 4, instances=instances)
    assert maps.shape == (2, 3, 5, 4, 5)
    for b in range(2):
        one = semantic_condition_maps(labels[b], 4, instances=instances[b])
        assert torch.equal(maps[b], one)


def test_ids_out_of_range():
    with pytest.raises(ValueError, match=r"must be in 0..1 \(num_classes = 2\), got 2"):
        semantic_condition_maps(LABELS, 2)


@pytest.mark.parametrize("shape", [(2, 3), (1, 2, 3), (1, 2, 2, 3), (1, 1, 1, 1, 2, 3)])
def test_wrong_shape_of_labels(shape):
    with pytest.raises(ValueError, match="labels must have shape"):
        semantic_condition_maps(torch.zeros(shape, dtype=torch.long), 3)


@pytest.mark.parametrize("shape", [(1, 1, 3, 3), (1, 1, 2, 4), (2, 1, 2, 3), (1, 2, 3)])
def test_wrong_shape_of_instances(shape):
    with pytest.raises(ValueError, match="semantic_condition_maps: instances must have shape"):
        semantic_condition_maps(LABELS, 3, instances=torch.zeros(shape, dtype=torch.long))


def test_wrong_types():
    with pytest.raises(TypeError, match="labels must be an integer tensor"):
        semantic_condition_maps(LABELS.float(), 3)
    with pytest.raises(TypeError, match=r"instances must be a torch.Tensor, got list"):
        semantic_condition_maps(LABELS, 3, instances=[[0]])


def test_replace_classes_hand_numbers():
    assert replace_classes(LABELS, {2: 0})[0, 0].tolist() == [[0, 0, 0], [1, 1, 0]]
    assert LABELS[0, 0].tolist() == [[0, 0, 2], [1, 1, 2]]
    assert torch.equal(replace_classes(LABELS, {}), LABELS)
    assert torch.equal(replace_classes(LABELS, {9: 1, 400: 1}), LABELS)


@given(seed=st.integers(0, 2**31))
def test_swapping_twice_changes_nothing(seed):
    labels, swap = random_ids(seed, 5), {1: 3, 3: 1}
    swapped = replace_classes(labels, swap)
    assert torch.equal(replace_classes(swapped, swap), labels)
    assert torch.equal(swapped == 3, labels == 1)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int32, torch.int64])
def test_replace_classes_keeps_the_dtype(dtype):
    replaced = replace_classes(LABELS.to(dtype), {2: 7, 70000: 1})
    assert replaced.dtype == dtype
    assert replaced.unique().tolist() == [0, 1, 7]


def test_replacement_that_does_not_fit():
    with pytest.raises(ValueError, match=r"fit torch.uint8, 0 to 255, got 256 for 2"):
        replace_classes(LABELS.to(torch.uint8), {2: 256})


@pytest.mark.parametrize("dtype", [torch.float32, torch.bool, torch.complex64])
def test_replace_classes_wants_ids(dtype):
    with pytest.raises(TypeError, match="replace_classes: labels must be an integer tensor"):
        replace_classes(LABELS.to(dtype), {1: 2})


@pytest.mark.parametrize("with_instances", [False, True])
def test_other_dtypes_and_memory_of_the_caller(with_instances):
    labels = random_ids(0, 4, (2, 3, 1, 4, 5))
    instances = random_ids(1, 4, (2, 3, 1, 4, 5)) if with_instances else None
    maps = semantic_condition_maps(labels, 4, instances=instances)
    for dtype in (torch.bool, torch.uint8, torch.bfloat16, torch.float64):
        other = semantic_condition_maps(labels, 4, instances=instances, dtype=dtype)
        assert other.dtype == dtype
        assert torch.equal(other.float(), maps)
        out = torch.ones_like(other)
        assert semantic_condition_maps(labels, 4, instances=instances, out=out) is out
        assert torch.equal(out, other)
