"""`weigai case`."""
