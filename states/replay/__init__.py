"""A history asked again: what if, another policy, suspicions, who held an office."""
