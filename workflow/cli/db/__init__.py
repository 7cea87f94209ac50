"""The commands in this folder set up, copy and restore the database, and change its keys."""
