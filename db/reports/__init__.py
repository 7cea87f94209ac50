"""Query the data of the reports."""
