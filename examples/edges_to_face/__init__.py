"""A talking face from 68 landmarks: `python -m examples.edges_to_face --help`."""
