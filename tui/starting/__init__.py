"""What is needed before the workspace is loaded: the flags, where to begin, the first screen, the connect card."""
