from tests.attributes import attribute_text, attribute_texts, failed_examples, imported_from


def test_attribute_texts_are_those_right_below_an_assignment() -> None:
    source = '"""Of the module."""\nA = 1\n"""Of A."""\nB: int = 2\nC = D = 3\n"""Of both."""\n'

    texts = attribute_texts(source)

    assert texts == {"A": "Of A.", "B": "", "C": "Of both.", "D": "Of both."}


def test_attribute_texts_are_found_where_a_name_comes_from() -> None:
    source = "from a.b import x, y\nfrom a.c import z\n"

    assert [imported_from(source, name) for name in "xz"] == ["a.b", "a.c"]
    assert imported_from(source, "absent") is None
    assert "DensePose" in attribute_text("vidgan.conditions", "NUM_DENSEPOSE_PARTS")


def test_failed_examples_are_found() -> None:
    assert failed_examples("Text.\n\n>>> X + 1\n2\n", {"X": 1}, "X") == ""
    assert "Expected:\n    3" in failed_examples(">>> X + 1\n3\n", {"X": 1}, "X")
    assert "NameError" in failed_examples(">>> Y\n3\n", {"X": 1}, "X")
