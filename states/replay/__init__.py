"""Judge a history again: under another policy, for suspicions, against the register."""
