"""`weigai policy`."""
