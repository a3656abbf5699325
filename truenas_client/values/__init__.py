"""What it takes to show an answer, for midclt and for the app: plain values in, plain text out, no I/O."""
