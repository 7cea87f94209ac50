"""`weigai unit`."""
