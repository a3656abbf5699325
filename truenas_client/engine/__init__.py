"""The pure engine: every rule of the protocol, without I/O.

`conversation.Conversation` is the rule book of one connection. A driver owns a
socket and a clock: it hands every received text to `take`, sends the calls that
`leaving` returns, calls `due` at `next_time`, and reports the close to `end`.

The conversation uses:

* `jsonrpc.JSONRPC` and `ddp.DDP`, the dialects: text to messages and back;
* `ledger.Ledger`: calls in flight, slots, lanes.

These outlive a connection, so the driver keeps them beside it:

* `jobbook.JobBook`: which job belongs to which call, and how it ended;
* `topics.Topics`: which listener wants which events, with an `inbox.Inbox` for each consumer;
* `hello`: which address and protocol to try, and the first messages;
* `retry`: when to connect again, and which calls to send again.

Nothing in here knows asyncio, sockets, threads or the time of day.
"""
