"""Checking a data folder before anything is trained on it."""

from vidgan.data_check.check import check_data
from vidgan.data_check.report import DataReport, Finding, KindSummary, SequenceSummary
from vidgan.data_check.text import report_to_dict, report_to_text

__all__ = [
    "DataReport",
    "Finding",
    "KindSummary",
    "SequenceSummary",
    "check_data",
    "report_to_dict",
    "report_to_text",
]
