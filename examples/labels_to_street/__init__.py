"""A street from semantic label maps: `python -m examples.labels_to_street --help`."""
