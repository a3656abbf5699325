"""What a server can do, as values: its methods, their schemas, what running them may do, filters over rows.

`catalogue` holds the methods; `normalise` makes what servers send standard JSON Schema; `draft` builds the smallest
valid value; `check` says in plain words what is wrong with one; `describe` makes the tree that documentation shows.
"""
