"""A street to drive through, rendered: every frame with labels, instances and true flow."""
