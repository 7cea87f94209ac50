"""The commands on persons and the offices that they hold."""
