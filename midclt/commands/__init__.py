"""The subcommands: a module each, with ``run(options) -> ExitStatus``, imported when it is used."""
