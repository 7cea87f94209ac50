"""Personal values and papers: keys, encryption, stored files, erasure."""
