"""The commands in this folder print reports over the user's area."""
