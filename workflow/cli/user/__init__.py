"""`weigai user`."""
