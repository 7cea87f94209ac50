"""The plans that the cases of an area go by, and the JSON Schemas of what people hand in."""
