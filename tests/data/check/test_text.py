"""Reports as text and as a dictionary."""

import json

import pytest

from tests.data.check.folders import SIZE, write_folder
from vidgan.data import (
    DataReport,
    Finding,
    KindSummary,
    SequenceSummary,
    check_data,
    report_to_dict,
    report_to_text,
)

MISSING = Finding("missing_files", "labels: one file per frame", 9, ("labels/walk/3.png", "b"))
UNPREPARED = Finding("not_prepared", "no dataset.json", 1, ())
REPORT = DataReport(
    "data",
    "labels_to_street",
    {"images": KindSummary(2, 120, ((48, 64),)), "landmarks": KindSummary(2, 9, ())},
    {"walk": SequenceSummary(111, (48, 64)), "run": SequenceSummary(9, None)},
    {0: 0.75, 7: 0.25},
    ("road",),
    (MISSING,),
    (UNPREPARED,),
)
TEXT = """\
data: task labels_to_street

sequence  frames  H x W
walk         111  48 x 64
run            9  unknown

kind       files  H x W
images       120  48 x 64
landmarks      9

class    pixels
0 road  75.00 %
7       25.00 %

warning [not_prepared] no dataset.json

PROBLEM [missing_files] labels: one file per frame (9)
    labels/walk/3.png
    b
    and 7 more

1 problem, 1 warning"""


def test_text():
    assert report_to_text(REPORT) == TEXT


def test_verdict_without_problems():
    good = REPORT._replace(problems=())
    assert report_to_text(good).endswith("\n\nAll is well (0 problems, 1 warning).")


def test_a_long_table_is_cut():
    sequences = {f"s{number}": SequenceSummary(5, (4, 6)) for number in range(3000)}
    text = report_to_text(REPORT._replace(sequences=sequences))
    assert "\ns39            5  4 x 6\nand 2960 more\n" in text
    assert "s40" not in text


def test_dictionary():
    assert report_to_dict(REPORT) == {
        "format": 1,
        "path": "data",
        "good": False,
        "task": "labels_to_street",
        "kinds": {
            "images": {"sequences": 2, "files": 120, "sizes": [[48, 64]]},
            "landmarks": {"sequences": 2, "files": 9, "sizes": []},
        },
        "sequences": {
            "walk": {"frames": 111, "size": [48, 64]},
            "run": {"frames": 9, "size": None},
        },
        "histogram": [
            {"id": 0, "name": "road", "share": 0.75},
            {"id": 7, "name": None, "share": 0.25},
        ],
        "problems": [
            {
                "code": "missing_files",
                "message": "labels: one file per frame",
                "times": 9,
                "examples": ["labels/walk/3.png", "b"],
            }
        ],
        "warnings": [
            {
                "code": "not_prepared",
                "message": "no dataset.json",
                "times": 1,
                "examples": [],
            }
        ],
    }


@pytest.mark.parametrize("quick", [False, True])
def test_dictionary_of_a_real_report_is_json(tmp_path, quick):
    report = check_data(write_folder(tmp_path), clip_length=4, quick=quick)
    again = json.loads(json.dumps(report_to_dict(report), allow_nan=False))
    assert again["sequences"] == {"walk": {"frames": 5, "size": list(SIZE)}}
    assert again["good"] is False
