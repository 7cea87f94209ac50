"""The command line: a thin skin over `weigai.workflow`."""
