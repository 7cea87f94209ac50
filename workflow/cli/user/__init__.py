"""The commands in this folder register persons and the offices that they hold."""
