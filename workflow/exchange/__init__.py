"""Read files of other systems, and write files for them."""
