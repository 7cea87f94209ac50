"""The commands on the log, its verification, its heads and its export."""
