"""`weigai report`."""
