"""The commands on units, how they change, and what they owe and did."""
