"""The subcommands, a module each, named as the command; `midclt.parser.COMMANDS` lists them.

A module has ``add_options(parser)``, which describes the command and its options, and
``run(options) -> ExitStatus``. It is imported when its command is used. Its head imports
nothing that takes time, so that ``midclt x --help`` stays cheap: ``run`` imports what it needs.
"""
