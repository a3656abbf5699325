"""``midclt completion``: the script that teaches a shell to complete midclt's words."""

from __future__ import annotations

import argparse

from ..exits import ExitStatus

__all__ = ["add_options", "run"]

_BASH = """\
_midclt() {
    local IFS=$'\\n'
    COMPREPLY=($(midclt __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f 1))
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *. ]]; then
        compopt -o nospace
    fi
}
complete -o default -o nosort -F _midclt midclt
"""

_ZSH = """\
#compdef midclt
_midclt() {
    local -a lines words_ about
    local line
    lines=("${(@f)$(midclt __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    for line in $lines; do
        words_+=("${line%%$'\\t'*}")
        about+=("${line/$'\\t'/  }")
    done
    if (( ! ${#words_} )); then
        _files
    elif [[ ${#words_} -eq 1 && $words_[1] == *. ]]; then
        compadd -S '' -- $words_
    else
        compadd -l -d about -- $words_
    fi
}
if [[ $funcstack[1] == _midclt ]]; then
    _midclt
else
    compdef _midclt midclt
fi
"""

_FISH = """\
function __midclt_complete
    set -l words (commandline -opc)
    midclt __complete $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c midclt -f -a '(__midclt_complete)'
complete -c midclt -s K -l api-key -rF
complete -c midclt -l ca -rF
"""

_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}

_USE = """\
to use it:
  bash  eval "$(midclt completion bash)"          in ~/.bashrc
  zsh   midclt completion zsh > ~/.zfunc/_midclt  with ~/.zfunc in fpath before compinit
  fish  midclt completion fish > ~/.config/fish/completions/midclt.fish

Methods are completed once `midclt methods` or the app has read them from a server.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its argument."""
    parser.description = "Print the script that completes commands, methods, events, profiles and fixed arguments."
    parser.epilog = _USE
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("shell", choices=tuple(_SCRIPTS))


def run(options: argparse.Namespace) -> ExitStatus:
    """Print the script."""
    from ..output import print_line

    print_line(_SCRIPTS[options.shell].rstrip("\n"))
    return ExitStatus.OK
