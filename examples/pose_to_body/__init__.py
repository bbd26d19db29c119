"""A dancing person from body keypoints: `python -m examples.pose_to_body --help`."""
