"""The app's memory from one start to the next."""
