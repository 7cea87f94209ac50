"""The commands in this folder list and change units, and record what units owe and did."""
