"""Plain text from method descriptions: reStructuredText without its markup.

Text in, text out. Control characters stay; the code that draws the text must remove them.

Invariant: the time is linear in the length of the text. A mark that does not end within 1,000 characters is no mark,
and at most `LONGEST` characters are read.
"""

from __future__ import annotations

import re

__all__ = ["first_sentence", "is_cut", "one_line", "plain_text", "split_examples"]

LONGEST = 20_000
"""The most characters of a description that are shown. The longest real one has 8,885."""
_ROLE = re.compile(r":[a-zA-Z][\w:.+-]{0,40}:`([^`]{0,1000})`")
_TARGET = re.compile(r"^([^<]*[^<\s])\s*<[^<>]*>$")
_LITERAL = re.compile(r"``(.{1,1000}?)``", re.DOTALL)
_REFERENCE = re.compile(r"`([^`]{1,1000})`(?:__?(?!\w))?")
_STRONG = re.compile(r"\*\*(\S(?:[^*]{0,1000}[^*\s])?)\*\*")
_DIRECTIVE = re.compile(r"^([^\S\n]*)\.\. ([\w-]+)::[ \t]*", re.MULTILINE)
_ITEM = re.compile(r"^(?:[-*+•]|\d+[.)])\s")
_BLOCK = re.compile(r"::$", re.MULTILINE)
_EXAMPLES = re.compile(r"::\n[^\S\n]*\n +\{\s{0,100}\"jsonrpc\"")
_SPACES = re.compile(r"\s+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z(\"'`])")
_NAMED_DIRECTIVES = {"versionadded": "Added in", "versionchanged": "Changed in", "versionremoved": "Removed in"}
_NAMED_DIRECTIVES |= {
    "deprecated": "Deprecated since",
    "note": "Note:",
    "warning": "Warning:",
    "important": "Important:",
}


def _shortened(text: str | None) -> str:
    text = text or ""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ... (cut: {len(text):,} characters)"


def _without_marks(text: str) -> str:
    def words(match: re.Match[str]) -> str:
        target = _TARGET.match(match[1])
        return (target[1] if target else match[1]).lstrip("~!")

    # "::" announces a block of literal text. Readers expect a single colon there.
    text = _ROLE.sub(words, _BLOCK.sub(":", text))
    text = _LITERAL.sub(r"\1", text)
    text = _REFERENCE.sub(words, text)
    return _STRONG.sub(r"\1", text)


def one_line(text: str | None) -> str:
    """``text`` as one line, without markup, repeated white space and the final full stop."""
    line = _SPACES.sub(" ", _without_marks(_shortened(text))).strip()
    return line[:-1] if line.endswith(".") and not line.endswith("..") else line


def is_cut(line: str) -> bool:
    """Whether a line ends inside quotes."""
    return "`" in _without_marks(_shortened(line))


def first_sentence(text: str | None) -> str:
    """The first sentence of the first paragraph, as one line."""
    paragraph = re.split(r"\n[^\S\n]*\n", _shortened(text).strip(), maxsplit=1)[0]
    return one_line(_SENTENCE.split(_SPACES.sub(" ", paragraph), maxsplit=1)[0])


def split_examples(text: str) -> tuple[str, str]:
    """Split a description of 27: the text, and the examples from the first message on (perhaps "")."""
    found = _EXAMPLES.search(text)
    if found is None:
        return text, ""
    begin = text.rfind("\n", 0, found.start()) + 1
    return text[:begin], text[begin:]


def plain_text(text: str | None) -> str:
    """``text`` in paragraphs of one line, with empty lines between; items and indented blocks keep their lines."""
    source = _DIRECTIVE.sub(lambda match: match[1] + _NAMED_DIRECTIVES.get(match[2], "") + " ", _shortened(text))
    lines: list[str] = []
    joinable = False
    for raw in _without_marks(source).expandtabs(4).split("\n"):
        stripped = raw.strip()
        if not stripped:
            if lines and lines[-1]:
                lines.append("")
            joinable = False
            continue
        indented = raw.startswith("  ")
        item = _ITEM.match(stripped) is not None
        if joinable and not indented and not item:
            lines[-1] += " " + _SPACES.sub(" ", stripped)
        elif indented and not item:
            lines.append(raw.rstrip())
            joinable = False
        else:
            lines.append(_SPACES.sub(" ", stripped))
            joinable = not indented
    return "\n".join(lines).strip("\n")
