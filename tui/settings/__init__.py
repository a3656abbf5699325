"""The user's settings: which there are, the file they are kept in, and the keymap."""
