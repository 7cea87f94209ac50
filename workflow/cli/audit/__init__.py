"""`weigai audit`."""
