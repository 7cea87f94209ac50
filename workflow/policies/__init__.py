"""Read the plans of the cases of an area, and print JSON Schemas of what people hand in."""
