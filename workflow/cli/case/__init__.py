"""The commands in this folder open a household's case, show it, and act on it."""
