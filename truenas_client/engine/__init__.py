"""The pure engine: what is said and what is remembered, without any I/O.

A driver owns a socket and a clock. It asks the `Ledger` which calls may leave,
sends the text the dialect made of them, feeds every received text back to the
dialect, and hands what comes out to the books:

* `jsonrpc.JSONRPC`: text to messages and back;
* `ledger.Ledger`: calls in flight, slots, lanes;
* `jobbook.JobBook`: which job belongs to which call, and how it ended;
* `topics.Topics`: who listens to what.

Nothing in here knows asyncio, sockets, threads or the time of day.
"""
