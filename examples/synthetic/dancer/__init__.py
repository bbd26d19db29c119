"""A rendered dancer with keypoints, DensePose maps and true flow."""
