"""A page on which trained generators are played with: painted streets, driven faces and bodies."""
