"""What is done with a case: opened, acted on, corrected, moved, shown, erased."""
