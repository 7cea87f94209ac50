"""The forms of what people hand in: the household file, the data of each act, declarations."""
