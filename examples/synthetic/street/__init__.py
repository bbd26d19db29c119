"""Rendered drives through random streets, with labels, instances and true flow."""
