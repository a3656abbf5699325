"""The session agent: one process of the user keeps signed-in connections for many runs of midclt.

Like ssh-agent it holds secrets in memory only, and uses them for this user's processes without handing them out. The
light half (`place`, `wire`, `quick`) is what a run of midclt needs to have a call made: it imports nothing of the core.
`joining` and `spawn` are for the first run and for whatever is not a plain call; `server`, `session` and `tunnel` are
the agent itself.
"""
