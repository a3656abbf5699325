"""The asyncio driver: `client.AsyncClient`, and the sockets, futures, queues and timers behind it.

The rules of a connection stand in `truenas_client.engine`; this room carries them out.
"""
