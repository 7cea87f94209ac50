"""What is handed in, checked where it enters: arguments of a call, files, texts."""
