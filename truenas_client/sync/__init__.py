"""The blocking driver: `Client`, the official client's calls over the same engine as `AsyncClient`. No event loop.

One reader thread lives from connect to close. Callers send and wait; callbacks run on dispatcher threads.
"""
