"""Weights in the layouts of others: `vidgan.interop.nvidia`."""
