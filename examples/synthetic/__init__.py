"""Rendered data: a street and a dancer, with labels or keypoints and true flow."""
