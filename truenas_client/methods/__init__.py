"""The methods of a server, as values: their schemas, their risk, and filters over rows.

`catalogue` holds the methods. `normalise` turns the server's schemas into standard JSON Schema. `draft` builds the
smallest valid value. `check` says in plain words what is wrong with a value. `describe` makes the tree that
documentation shows. `risk` says whether a method reads, writes or destroys.
"""
