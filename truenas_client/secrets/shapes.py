"""Secrets in texts, found by their shape: options, headers, addresses, settings, keys, long random words.

Pure, and used only by `redact`. Invariants: the part that a shape finds is replaced by the mask, and the rest of the
text stays; references (``${env:NAME}``, ``${NAME}``) stay, because they only name a secret; in doubt a value is masked;
the time is linear in the length of the text, so every repetition before a condition is bounded.
"""

from __future__ import annotations

import re

from . import MASK
from .names import STORED_ELSEWHERE, is_secret_name
from .random_words import without_random_words

__all__ = ["is_reference", "mask_shapes", "mask_words"]

SEPARATOR = "\x1f"
"""Between the words of a command line that is a list: white space that no text holds."""

_REFERENCE = re.compile(r"\$\{(?:(?:env|secret|var):[^${}]+|[A-Za-z_]\w*)\}")
_EMPTY = frozenset(("", MASK, "null", "none", "true", "false", "yes", "no", "on", "off"))

# A quoted value; one that was cut off goes to the end of its line; else a word.
_QUOTED = r"""
    "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | (?P<quote>\\{1,8}["']).*?(?<!\\)(?P=quote) | \\{0,8}["'][^\n\x1f]*
"""
_CLOSED = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
# A quote inside a word belongs to the word. Before a comma, a colon or a bracket it closes the surrounding text.
_BARE = r"[^\s\"'](?:[^\s\"']|[\"'](?=[^\s\"',:;}\])]))*"
_WORD = rf"(?:{_QUOTED} | {_BARE})"
# Between an option and its value, also when both are items of a list in JSON or YAML.
_GAP = r"(?:\s{0,9}\n[ \t]{0,40}-[ \t]{1,9}|\s{1,9}|\\*[\"'],\s{0,9}(?=\\*[\"']))"
_VALUE = re.compile(
    rf"{_QUOTED} | \[[^\]\x1f]*\]? | \{{[^{{}}\x1f]*\}}? | \$\{{[^${{}}\s]+\}}(?=[\s\"',;&)\]]|\Z) | [^\s\"',;&)}}\]]+",
    re.VERBOSE,
)
_TO_LINE_END = re.compile(rf"(?:{_QUOTED})(?=\s*(?:$|[,\x1f]|\#)) | [^\n\x1f]+", re.VERBOSE | re.MULTILINE)


def is_reference(text: str) -> bool:
    """Whether a text is one placeholder (``${env:NAME}``, ``secret``, ``var``) or ``${NAME}``, as shells write it."""
    return _REFERENCE.fullmatch(text) is not None


def _hidden(value: str) -> str:
    """The mask, in the quotes of the value; the value itself when it is no secret."""
    bare = value.strip("\\\"'")
    if bare.lower() in _EMPTY or is_reference(bare):
        return value
    quote = re.match(r"\\*[\"']", value)
    mark = quote[0] if quote else ""
    return f"{mark}{MASK}{mark}"


# Most texts are plain names, which need no search.
_PLAIN = re.compile(r"[A-Za-z0-9_/][A-Za-z0-9_./-]{0,11}")


def mask_shapes(text: str, *, random: bool = True) -> str:
    """Mask every secret that its shape reveals; with ``random`` also long random words."""
    if _PLAIN.fullmatch(text):
        return text
    for needed, shape in _SHAPES:
        if not needed or any(one in text for one in needed):
            text = shape.sub(_replaced, text)
    if "-" in text:
        text = _OPTION.sub(_if_named, text)
        text = _TOOL.sub(_tool, text)
    if " " in text or "\t" in text:
        text = _SETTING.sub(_setting, text)
    if "<" in text:
        text = _ELEMENT.sub(_if_named, text)
    for pair in _PAIRS:
        text = pair.sub(_if_named, text)
    if "=" in text or ":" in text:
        text = _without_named(text)
    return without_random_words(text) if random else text


def mask_words(words: list[str]) -> list[str]:
    """Mask the words of a command line, where the word after an option may be its secret."""
    masked = mask_shapes(SEPARATOR.join(words), random=False).split(SEPARATOR)
    if len(masked) != len(words):
        return [MASK for _ in words]
    if words[0][:1] == "-":
        # Without the program's name the meaning of -p is unknown, so mask unless the word looks like a port or a path.
        for at, word in enumerate(words[1:], 1):
            if words[at - 1] in ("-p", "-P") and not _PORT_OR_PATH.fullmatch(word):
                masked[at] = MASK
    # In a word with spaces the shapes may have found only part of the secret, so mask the whole word.
    return [
        new if new == mask_shapes(old, random=False) else (MASK if MASK in new and " " in old else new)
        for old, new in zip(words, masked, strict=True)
    ]


_PORT_OR_PATH = re.compile(r"\d{1,5}|[\d.]*(?::\d+)+(?:/\w+)?|[./-].*")


def _replaced(found: re.Match[str]) -> str:
    start, end = found.start("v") - found.start(), found.end("v") - found.start()
    return f"{found[0][:start]}{_hidden(found['v'])}{found[0][end:]}"


def _if_named(found: re.Match[str]) -> str:
    return _replaced(found) if is_secret_name(found["n"].rpartition(".")[2]) else found[0]


# -- shapes that need no name ----------------------------------------------------------------


def _shape(pattern: str, *needed: str, flags: int = 0) -> tuple[tuple[str, ...], re.Pattern[str]]:
    """A shape: group ``v`` is the secret. The search runs only when the text contains one of ``needed``."""
    return needed, re.compile(pattern, re.VERBOSE | re.IGNORECASE | re.MULTILINE | flags)


_SHAPES = (
    _shape(
        r"(?P<v>-----BEGIN[ ]([A-Z0-9 ]{0,40})PRIVATE[ ]KEY(?:[ ]BLOCK)?-----"
        r".*?(?:-----END[ ]\2PRIVATE[ ]KEY(?:[ ]BLOCK)?-----|\Z))",
        "PRIVATE KEY",
        flags=re.DOTALL,
    ),
    _shape(r"(?P<v>^PuTTY-User-Key-File-.*)\Z", "PuTTY-", flags=re.DOTALL),
    # The part of an address before its last @: a password may contain any character. A port is no password.
    _shape(r"(?<=//)[^/\s:@\"'<>]{0,100}:(?!\d{1,5}/)(?P<v>[^\s\"'<>]{1,300})@", "@"),
    # user:password@host:port, and as database drivers write it: user:password@tcp(host)
    _shape(
        r"(?<![\w/:@.%${-])[A-Za-z0-9_][\w.+-]{0,63}:(?P<v>[^\s:@/\"']{1,100})@(?!sha\d+:)[\w.-]{1,100}(?::\d|/|\()",
        "@",
    ),
    _shape(
        r"\b(?:proxy-)?authorization\\*[\"']?\s{0,9}[:=]\s{0,9}\\*[\"']?"
        r"(?:(?:bearer|basic|digest|negotiate|token|apikey|aws4-hmac-sha256)\s{1,9})?(?P<v>[^\"'\\\n\x1f]+)",
    ),
    _shape(r"\bbearer\s{1,9}(?P<v>[A-Za-z0-9+/=._~-]{6,})"),
    _shape(r"(?-i:\b[Bb]asic)\s{1,9}(?P<v>(?=\S{0,60}(?:\d|=|(?-i:[a-z][A-Z])))[A-Za-z0-9+/=._~-]{8,})"),
    _shape(r"\b(?:set-)?cookie\s{0,9}:\s{0,9}(?P<v>[^\"'\\\n\x1f]+)"),
    _shape(r"[?&;\#](?:sig|[\w-]{0,40}signature|hmac|auth|sid|sas|jsessionid|ticket|code)=(?P<v>[^&\s\"'#]+)", "="),
    # The address of a webhook is a secret itself: any program that has it may use it.
    _shape(
        r"(?<=://)[^\s\"'/]{1,100}/(?:[\w.-]{1,60}/){0,3}(?:hooks?|webhooks?|incomingwebhook)/(?P<v>[^\s\"']+)", "hook"
    ),
    _shape(r"(?<=://)hooks\.[^\s\"'/]{1,100}/(?P<v>[^\s\"']+)", "hooks."),
    _shape(r"api\.telegram\.org/bot(?P<v>[^/\s\"']+)", "/bot"),
    # A token in place of the user.
    _shape(r"(?:(?<=http://)|(?<=https://)|(?<=nats://))(?P<v>(?=\D{0,40}\d)[^\s:@/\"'<>]{8,200})@", "@"),
    _shape(r"(?:\b(?:sqlplus|expdp|impdp)\s{1,9}|:thin:)[\w.-]{1,60}/(?P<v>[^\s@\"']+)", "/"),
    _shape(r"/with/key/(?P<v>[^\s\"'/?]+)", "/with/key/"),
    # user:password or user%password in one word. Numbers of user and group are no password.
    _shape(
        r"(?<![\w-])(?:-[a-zA-Z]{0,5}u|--(?:proxy-)?user|--auth|--login|-U|--credentials)(?:\s{1,9}|=|(?<=-u)|(?<=-U))"
        r"(?:(?P<q>[\"'])(?![\"'])[^:%\"'\n]{0,100}[:%](?P<v>(?:(?!(?P=q))[^\n])+)(?P=q))",
        ":",
        "%",
    ),
    _shape(
        r"(?<![\w-])(?:-[a-zA-Z]{0,5}u|--(?:proxy-)?user|--auth|--login|-U|--credentials)(?:\s{1,9}|=|[\"'],\s{0,9}[\"']|(?<=-u)|(?<=-U))"
        r"(?!\d{1,10}:\d)[^\s:%\"'/=]{0,100}[:%](?P<v>[^\s\"']+)",
        ":",
        "%",
    ),
    # A password right after its option letter. Ports, paths and the long options of find and others are no passwords.
    _shape(
        r"(?<![\w-])(?-i:-[pP])(?![\d.:]+(?:/\w+)?(?![\w.:]))"
        r"(?P<v>(?=[^\s\"'=]{0,60}(?-i:[A-Z\d!@\#$%^&*+?]))[^\s\"'/=:-][^\s\"']*)",
        "-p",
        "-P",
    ),
    # Settings with spaces between name and value: of SNMP, UPS, netrc, Redis, SQL.
    _shape(
        rf"(?<![\w-])(?:(?:ro|rw|trap)community6?|requirepass|masterauth)\s{{1,99}}(?P<v>{_WORD})",
    ),
    _shape(r"^[ \t]{0,99}com2sec6?\s[^\n]{0,200}?\s(?P<v>[^\s]+)\s{0,20}$", "com2sec"),
    _shape(r"\bcreateUser\s+(?:-e\s+\S+\s+)?\S{1,100}\s+(?P<v>[^\n\x1f]+)", "reateUser", "reateuser"),
    _shape(r"\b(?:trap2?|inform)sink\s+\S{1,200}\s+(?P<v>\S+)", "sink"),
    _shape(r"\bMONITOR\s+\S{1,200}\s+\d+\s+\S{1,100}\s+(?P<v>\S+)", "@"),
    _shape(
        rf"\b(?:login|user(?:name)?(?=\s{{1,20}}\S{{1,100}}\s{{1,20}}pass\w{{0,4}}\s{{1,20}}\S{{0,60}}[\d!@\#$%^&*]))\s{{1,20}}\S{{1,100}}\s{{1,20}}pass(?:word|wd)?\s{{1,20}}(?P<v>{_WORD})"
    ),
    _shape(
        r"\bidentified\s{1,9}(?:with\s{1,9}\S{1,60}\s{1,9})?by\s{1,9}(?:password\s{1,9})?\\{0,8}[\"'](?P<v>[^\"'\\\n]+)"
    ),
    _shape(r"(?:pass(?:word|wd|phrase|code)?|secret|token)\s{0,9}[(\s]\s{0,9}(?P<v>\"[^\"\n]+\"|'[^'\n]+')", '"', "'"),
    _shape(
        r"\bpass(?:word|wd|phrase|code)s?\s{1,9}(?:is|was|to)\s{1,9}(?P<v>(?=\S{0,60}(?-i:[A-Z\d!@\#$%^&*]))\S+)", "ass"
    ),
    _shape(
        r"(?<=\s)(?:[\w.-]{0,60}(?:password|passwd|passphrase|passcode|secret|_key|-key|_token|_pw)|pass|psk|token)"
        r"(?:\s{1,9}-v)?\s{1,9}(?P<v>(?=\S{0,60}(?-i:[\d!@\#$%^&*]|[A-Z]{2}))[^\s\"'(=:-][^\s\"',;)]{2,})"
    ),
    _shape(r"(?<=\s)/p:(?P<v>\S+)", "/p:"),
    _shape(r"/user:\S{1,100}\s{1,9}(?P<v>[^\s/]\S*)", "/user:"),
    _shape(r"\bsmbclient\s{1,9}[/\\]\S{1,200}\s{1,9}(?P<v>[^\s-]\S*)", "smbclient"),
    _shape(r"\bwpa_passphrase\s{1,9}\S{1,100}\s{1,9}(?P<v>\S+)", "wpa_pass"),
    _shape(r"(?:\blftp|\bopen)\s[^\n]{0,100}?-u\s{1,9}[^\s,]{1,100},(?P<v>[^\s\"']+)", "-u"),
    # After an option with a user name, -p is a password.
    _shape(
        rf"(?<![\w-])(?:-u|--user(?:name)?|--login)[\s=]\s{{0,9}}(?!\d)\S{{1,100}}(?:\s\S{{1,100}}){{0,4}}?\s(?-i:-[pPw])"
        rf"{_GAP}(?!\\{{0,8}}[\"']?-|[\d.:]+(?:/\w+)?(?:\s|$))(?P<v>{_WORD})",
        "-u",
        "--user",
        "--login",
    ),
    # Text that is piped or given to a program that reads a password.
    _shape(
        rf"\b(?:echo|printf)\s{{1,9}}(?:-\w{{1,4}}\s{{1,9}})*(?P<v>{_WORD})\s{{0,9}}\|[^\n]{{0,100}}?"
        r"(?:passw|stdin|sudo\s{1,9}-S|kinit|cryptsetup|load-key|gpg|openssl|login)",
        "|",
    ),
    _shape(r"<\(\s{0,9}(?:echo|printf)\s{1,9}(?P<v>[^)\s]+)", "<("),
    _shape(rf"<<<\s{{0,9}}(?P<v>{_WORD})", "<<<"),
    _shape(r"\bmc\s+(?:alias\s+set|config\s+host\s+add)\s+\S{1,99}\s+\S{1,200}\s+\S{1,99}\s+(?P<v>\S+)", "mc "),
    _shape(r"\bhtpasswd\s+-\w{0,9}b\w{0,9}\s+(?:\S{1,200}\s+)?\S{1,99}\s+(?P<v>\S+)\s{0,9}$", "htpasswd"),
    # Hashes from which a password can be guessed.
    _shape(r"(?P<v>\$(?:1|2[abxy]?|5|6|7|y|gy|apr1|argon2\w{1,3}|scrypt|pbkdf2[\w-]{0,12})\$[^\s:\"',]{8,})", "$"),
    _shape(r"\{S?(?:SHA|MD5|CRYPT)\w{0,4}\}(?P<v>[^\s\"',]{8,})", "{"),
    _shape(r":(?P<v>(?:[0-9A-F]{32}|X{32}):[0-9A-F]{32}):", ":"),
    # Keys with a known prefix.
    _shape(
        r"\b(?P<v>(?-i:gh[opsur]_|github_pat_|glpat-|xox[abeprs]-|[rs]k_(?:live|test)_|hf_|npm_|dckr_pat_|pypi-|SG\."
        r"|AIza|ya29\.|AGE-SECRET-KEY-1|tskey-|sk-(?!ssh|ecdsa)|eyJ[\w-]{8,}\.)[\w.=-]{10,})"
    ),
    # An API key as the server makes them.
    _shape(r"\b(?P<v>\d+-[A-Za-z0-9]{64})\b", "-"),
)

# -- values beside a name --------------------------------------------------------------------

_OPTION = re.compile(rf"(?<![\w-])--?(?P<n>[A-Za-z][\w.-]{{2,60}}){_GAP}(?!\\*[\"']?-)(?P<v>{_WORD})", re.VERBOSE)


_LETTERS = {
    "sshpass": "p", "mysql": "p", "mariadb": "p", "mongo": "p", "docker": "p", "podman": "p", "helm": "p",
    "7z": "p", "rar": "p", "unrar": "p", "zip": "P", "unzip": "P", "ipmitool": "PK", "mosquitto": "P",
    "ldap": "w", "redis": "a", "snmp": "cAX", "openssl": "k", "smbclient": "p", "ipmi": "p",
    "az": "p", "kubectl": "p", "sqlcmd": "P", "iscsiadm": "v", "curl": "b", "http": "a", "https": "a",
    "ssh-keygen": "NP", "useradd": "p", "usermod": "p", "upscmd": "p", "upsrw": "p",
}  # fmt: skip
_TOOL = re.compile(
    r"(?<![\w-])(?P<tool>sshpass|mysql|mariadb|mongo|(?:docker|podman|helm|az|kubectl)(?=\s+(?:registry\s+)?login)|7z"
    r"|rar|unrar|zip|unzip|ipmitool|mosquitto|ldap|redis|snmp|openssl|smbclient|sqlcmd|ipmi|curl|https?(?=\s)"
    r"|ssh-keygen|useradd|usermod|upscmd|upsrw|iscsiadm)\S*(?P<rest>\s[^\n]*)"
)
_SWITCH = {
    letters: re.compile(rf"(?<![\w-])-[{letters}](?:{_GAP}|(?=[^\s\"']))(?!\\*[\"']?-)(?P<v>{_WORD})", re.VERBOSE)
    for letters in set(_LETTERS.values())
}


def _tool(found: re.Match[str]) -> str:
    head = found[0][: found.start("rest") - found.start()]
    return head + _SWITCH[_LETTERS[found["tool"]]].sub(_replaced, found["rest"])


# A line of a settings file with spaces between name and value.
_SETTING = re.compile(
    rf"(?:^[ \t]{{0,99}}|\bset[ \t]{{1,9}})(?P<n>[\w.-]{{3,60}})[ \t]{{1,99}}(?![=:])(?P<v>{_WORD})"
    r"(?=[ \t]{0,99}(?:$|[\"'\\\x1f;|&]))",
    re.VERBOSE | re.MULTILINE,
)
# Lines of prose begin with such words too, so only names that look like names of settings count.
_NAME_OF_SETTING = re.compile(
    r"(?:pass(?:word|wd|phrase|code)|secret|.(?:pass|pwd?|key|token|auth|community))\d*\Z", re.IGNORECASE
)


def _setting(found: re.Match[str]) -> str:
    return _if_named(found) if _NAME_OF_SETTING.search(found["n"]) else found[0]


_ELEMENT = re.compile(r"<(?P<n>[\w:.-]{1,80})(?:\s[^<>]{0,200})?>(?P<v>[^<>]+)</")
_SEP = r"""\\{0,8}["']?[ \t]{0,9}[:=][ \t]{0,9}"""
_BREAK = r"(?:\s|,|;|\\n){1,24}"
_NAMING = (
    rf"""(?:name|key|variable|env|header|property|option|field|setting){_SEP}\\{{0,8}}["']?(?P<n>[\w.-]{{1,100}})"""
)
_BESIDE = rf"""\\{{0,8}}["']?(?:value|val|default|content){_SEP}(?P<v>{_QUOTED}|[^\n"'}},]{{1,60}})"""
_PAIRS = tuple(
    re.compile(pattern, re.VERBOSE | re.IGNORECASE)
    for pattern in (
        rf"""(?<![a-z0-9.-]){_NAMING}\\{{0,8}}["']?{_BREAK}\\{{0,8}}["']?(?:\w{{1,30}}_)?{_BESIDE}""",
        rf"""(?<![a-z0-9.-]){_BESIDE}{_BREAK}\\{{0,8}}["']?{_NAMING}""",
        # As lists write them: a name and its value, or a filter.
        rf"""["'](?P<n>[\w.-]{{1,100}})\\{{0,8}}["'],\s{{0,99}}(?:\\{{0,8}}["'](?:[=<>~^$!]{{1,2}}|r?n?in)\\{{0,8}}["'],\s{{0,99}}\[?\s{{0,99}})?
        (?P<v>{_CLOSED}|\\{{1,8}}["'][^"'\\\n]*\\{{1,8}}["'])(?!\s{{0,9}}:)""",
    )
)
# A name and the separator before its value: in settings, JSON (also inside a JSON text), YAML, arguments of a call,
# queries of an address.
_NAME = re.compile(
    r"""(?<![\w.-])([\w.-]++)(?:\\{0,8}["']\]?\s{0,99}|\]?[ \t]*+)"""
    r"""(?::=|=>|==?|:(?!//))[ \t]*+(\n[ \t]*+(?=\\{0,8}["']))?"""
)
_BEGINNING = re.compile(r"(?:^|\\n|[\n\x1f])[ \t]*(?:-[ \t]+|export[ \t]+|set[ \t]+)*\Z")
_FURTHER = re.compile(r"[^\s\"']+[^\n\x1f]{0,200}?[ \t](?:--?\w|/\w|[\w.-]+[=:])")
_BLOCK = re.compile(r"[|>][+-]?\d?[ \t]*\n")


def _without_named(text: str) -> str:
    parts: list[str] = []
    done = 0
    for name in _NAME.finditer(text):
        word = name[1].rpartition(".")[2]
        if name.start() < done or not is_secret_name(word) or word.lower().endswith("authorization"):
            continue
        if name[1] == "secret" and text.endswith("${", 0, name.start()):
            # A placeholder only names a secret.
            continue
        start = name.end()
        block = _BLOCK.match(text, start)
        if block:
            value, end = "block", _block_end(text, name.start(), block.end())
            start = block.end()
            hidden = f"{text[start:end][: _indent(text[start:end])]}{MASK}" if end > start else ""
        else:
            found = (_TO_LINE_END if _stands_alone(text, name) else _VALUE).match(text, start)
            if found is None:
                continue
            value, end = found[0].rstrip(), start + len(found[0].rstrip())
            if value.startswith("`") or (value.isdigit() and word.lower().endswith(STORED_ELSEWHERE)):
                continue
            hidden = _hidden(value)
        if hidden != value and end > start:
            parts += [text[done:start], hidden]
            done = end
    return "".join((*parts, text[done:])) if parts else text


def _stands_alone(text: str, name: re.Match[str]) -> bool:
    """Whether a line begins with the name, so that an unquoted value extends to the end of the line."""
    line = text[max(0, name.start() - 80) : name.start()]
    if name.start() and _BEGINNING.search(line) is None:
        return False
    # In a shell a setting may come before a command, and in a log before other settings.
    return not (name[0].endswith("=") and _FURTHER.match(text, name.end()))


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" \t"))


def _block_end(text: str, name: int, start: int) -> int:
    """The end of the indented lines below a name, which are its value."""
    line = text.rfind("\n", 0, name) + 1
    least = _indent(text[line:name])
    end = start
    while end < len(text):
        stop = text.find("\n", end)
        stop = len(text) if stop < 0 else stop
        if text[end:stop].strip() and _indent(text[end:stop]) <= least:
            return end - 1
        end = stop + 1
    return len(text)
