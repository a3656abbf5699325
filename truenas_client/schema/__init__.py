"""Schemas of arguments and results: brought into standard form, drafted from, checked against, described.

`normalise` makes what servers send standard JSON Schema; `draft` builds the smallest
valid value; `check` says in plain words what is wrong with one; `describe` makes the tree that documentation shows.
"""
