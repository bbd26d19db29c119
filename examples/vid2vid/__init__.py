"""The engine that the recipes share; README.md lists its files in reading order."""
