"""Recipes and stand-alone examples; README.md lists them in reading order."""
