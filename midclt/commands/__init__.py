"""The subcommands, one module each, named like the command. `midclt.parser.COMMANDS` lists them.

A module has ``add_options(parser)``, which describes the command and its options, and ``run(options) -> ExitStatus``,
or for each action ``do_ACTION(options) -> ExitStatus``. These functions stand in the module of midclt that ``WORK``
names, where it names one. The module is imported when its command is used. At module level it imports nothing slow, so
that ``midclt x --help`` stays fast.
"""
