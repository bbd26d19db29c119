"""Checking a data folder before anything is trained on it."""
