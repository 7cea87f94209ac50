"""Make a trial county, and play the programme year of the two plans in it."""
