"""The commands in this folder draft, show, check and compare policies."""
