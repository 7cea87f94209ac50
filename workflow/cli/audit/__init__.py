"""The commands in this folder show, verify and export the log."""
