"""``midclt query``: the rows of a service that match a filter, as a table or in another form."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ..exits import CommandError, ExitStatus
from ..shared_options import add_fleet_option, add_output_options, count

if TYPE_CHECKING:
    from truenas_client.sync.client import Client

__all__ = ["DASHED", "add_options", "run"]


DASHED = ("--order-by",)
"""Options whose value may begin with a dash."""

_FILTERS = """\
filters:
  name = tank and (size > 1T or status in ONLINE, DEGRADED)

  = != > >= < <=        compare; a bare date compares times: created > 2026-01-31
  in nin                is one of, none of: status in ONLINE, DEGRADED
  rin rnin              a list or a text holds, does not hold: tags rin ssd
  ~                     begins with what this regular expression matches
  ^ !^ $ !$             begins, does not begin, ends, does not end
  C=, C^, Cin, ...      the same in upper or lower case
  and, or, ( )          and binds tighter than or
  scan.state            a member inside; topology.data.*.type: of any item of a list
  1T 1.5TiB 10GB        sizes; true, false, null; "text with spaces"

examples:
  midclt query pool.dataset --filter 'type = FILESYSTEM and name ^ tank/' --select name,mountpoint
  midclt query disk --order-by -size --limit 3
  midclt query user --filter 'shell !$ nologin and locked = false' -o csv
  midclt query core.get_jobs --filter 'state in RUNNING, WAITING' --count
"""

_LISTS = frozenset(
    {
        *("app.available", "app.latest", "auth.sessions", "core.sessions", "fcport.status", "ipmi.sel.elist"),
        *("iscsi.global.sessions", "nvmet.global.sessions", "privilege.roles", "reporting.graphs"),
        *("reporting.netdata_graphs", "route.system_routes", "smart.test.results"),
    }
)
"""Methods that take filters and options without ``query`` or ``get_`` in their names (all releases)."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = "Print the rows of a service. The server filters, selects, sorts and counts them."
    parser.epilog = _FILTERS
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("service", metavar="SERVICE", help="pool.dataset stands for pool.dataset.query")
    parser.add_argument(
        "-f", "--filter", metavar="FILTER", action="append", default=[], help="see below; of several, all must hold"
    )
    parser.add_argument(
        "-s", "--select", metavar="FIELDS", help="only these fields: name,scan.state or name,scan.state as state"
    )
    parser.add_argument(
        "--order-by",
        metavar="FIELDS",
        help="sort: name; -size for descending; nulls_last:comment; several: status,-size",
    )
    parser.add_argument("-l", "--limit", type=count, metavar="N", help="at most N rows")
    parser.add_argument("--offset", type=count, metavar="N", help="leave out the first N rows")
    parser.add_argument("--count", action="store_true", help="print how many rows match")
    parser.add_argument("--get", action="store_true", help="print the first row that matches; no match is an error")
    parser.add_argument("--extra", metavar="JSON", help="the option extra of the method, an object")
    parser.add_argument(
        "--dry-run", action="store_true", help="show and check the request that this makes; send nothing"
    )
    add_fleet_option(parser)
    add_output_options(parser)


def run(options: argparse.Namespace) -> ExitStatus:
    """Call the query method and print its answer."""
    from truenas_client.exc import ClientException
    from truenas_client.methods.queryarguments import joined
    from truenas_client.methods.querylocal import LocalPart
    from truenas_client.methods.rowfields import FilterError

    from ..output import say
    from ..queryhints import refusal_hint, unknown_fields
    from ..showing import show_answer

    filters, given = _arguments(options)
    part = LocalPart.of(given)
    name = _method(options.service)
    if options.dry_run:
        from ..dryrun import show as show_request

        return show_request(options, name, joined(name, filters, dict(part.sent)))

    def rows(one: argparse.Namespace, client: Client) -> Any:
        try:
            answer = part.finished(_answer(client, name, joined(name, filters, dict(part.sent))))
        except FilterError as e:
            raise CommandError(f"--order-by: {e}", ExitStatus.ERROR) from None
        except IndexError:
            said = unknown_fields(one, client, name, filters, given)
            raise CommandError("\n".join(["--get: no row matches", *said]), ExitStatus.ERROR) from None
        except ClientException as e:
            if hint := refusal_hint(e.error, given):
                e.add_note(hint)
            raise
        if not answer or (isinstance(answer, list) and answer == [{}] * len(answer)):
            for text in unknown_fields(one, client, name, filters, given):
                say(text)
        return answer

    return show_answer(options, rows, part.columns, method=name)


def _method(service: str) -> str:
    listing = service.endswith(".query") or service in _LISTS or service.rpartition(".")[2].startswith("get_")
    return service if listing else f"{service}.query"


def _answer(client: Client, name: str, params: list[Any]) -> Any:
    from truenas_client.exc import ClientException, MethodNotFound

    try:
        return client.call(name, *params)
    except MethodNotFound:
        from ..nearest import advice

        hint = advice(client, name)
        raise CommandError(f"There is no method {name}.{f' {hint}' if hint else ''}", ExitStatus.ERROR) from None
    except ClientException as e:
        if e.error.endswith("MatchNotFound()"):
            raise IndexError from None
        raise


def _arguments(options: argparse.Namespace) -> tuple[list[Any], dict[str, Any]]:
    """The filters and the options. Raises `CommandError` with the place of a mistake."""
    from truenas_client.methods.queryoptions import read_order, read_select
    from truenas_client.methods.querytext import QueryTextError, read_filters

    from ..caret import caret_text

    filters: list[Any] = []
    given: dict[str, Any] = {}
    option = text = ""
    try:
        option = "--filter"
        for text in options.filter:
            filters += _json(option, text, list) if text.lstrip().startswith("[") else read_filters(text)
        if options.select is not None:
            option, text = "--select", options.select
            given["select"] = read_select(text)
        if options.order_by is not None:
            option, text = "--order-by", options.order_by
            given["order_by"] = read_order(text)
    except QueryTextError as e:
        raise CommandError(caret_text(option, text, e), ExitStatus.USAGE) from None
    if options.extra is not None:
        given["extra"] = _json("--extra", options.extra, dict)
    for name in ("limit", "offset", "count", "get"):
        if getattr(options, name):
            given[name] = getattr(options, name)
    return filters, given


def _json(option: str, text: str, kind: type) -> Any:
    from truenas_client import ejson

    try:
        value = ejson.loads(text)
    except ejson.EJSONDecodeError as e:
        raise CommandError(f"{option}: {e}", ExitStatus.USAGE) from None
    if not isinstance(value, kind):
        raise CommandError(f"{option} takes {'an object' if kind is dict else 'a list'}", ExitStatus.USAGE)
    return value
