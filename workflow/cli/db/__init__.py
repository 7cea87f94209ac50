"""`weigai db`."""
