"""Show a policy to people: describe it, compare it, put it into phrases."""
