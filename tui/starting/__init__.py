"""Everything needed before the workspace: the flags, where to begin, the first screen, the connect card."""
