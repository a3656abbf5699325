"""The asyncio driver: `client.AsyncClient`, and the sockets, futures, queues and timers behind it.

The rules of a connection are in `truenas_client.engine` (see `engine.conversation`). This package carries them out.
"""
