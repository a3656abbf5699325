"""Every modal card, and the function that asks with it. Sections stand above."""
