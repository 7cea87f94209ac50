"""The command line, on top of `weigai.workflow`."""
