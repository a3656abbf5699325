"""The presentation of answers, for midclt and the app: plain values in, plain text out, no I/O."""
