"""What is proved of a policy before it is used."""
