"""The commands in this folder list and change units, and record their duties."""
