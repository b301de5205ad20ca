# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The command visual-navsat: finds the verb, runs it, turns known errors into one line."""

from __future__ import annotations

import argparse
from ast import get_docstring, parse
import importlib
from importlib.metadata import entry_points
import importlib.util
import io
import logging
import os
from pathlib import Path
import sys

from visual_navsat.errors import VisualNavsatError
from visual_navsat.openmp import let_threads_sleep
from visual_navsat.unexpected import DEBUG, explain_unexpected

# One module of this folder per verb. Each has add_arguments(parser) and run(args) -> exit code,
# and its module docstring is its help. Only the one that is asked for is imported.
VERBS = (
    'bench',
    'bridge',
    'build-map',
    'calibrate',
    'compare',
    'doctor',
    'evaluate',
    'export-onnx',
    'fetch-model',
    'info',
    'locate',
    'plan',
    'preflight',
    'replay',
    'report',
    'serve',
    'service',
)
# The entry point group in which other packages declare verbs: module by name of the verb.
VERB_GROUP = 'visual_navsat.verbs'
UNEXPECTED = 4  # exit code


def verb_modules() -> dict[str, str]:
    """Return the names of the modules of all verbs, by verb in the order of the alphabet."""
    modules = {point.name: point.value for point in entry_points(group=VERB_GROUP)}
    modules |= {verb: f'visual_navsat.cli.{verb.replace("-", "_")}' for verb in VERBS}
    return dict(sorted(modules.items()))


def main(argv: list[str] | None = None) -> int:
    """
    Run one verb and return its exit code.

    0 is done, 1 an error that was explained, 2 usage, 3 a limit of --fail-if that holds, 4 an
    error that nobody expected.
    """
    let_threads_sleep()
    words = sys.argv[1:] if argv is None else argv
    modules = verb_modules()
    # No option before the verb takes a value.
    asked = next((word for word in words if not word.startswith('-')), None)
    parser = argparse.ArgumentParser(
        prog='visual-navsat',
        description='Find where a camera image was taken, on a map, without GNSS.',
    )
    parser.add_argument('-v', '--verbose', action='store_true', help='log what is being done')
    parser.add_argument(
        '--debug', action='store_true', help='show the traceback of an unexpected error'
    )
    verbs = parser.add_subparsers(dest='verb', required=True, metavar='VERB')
    for verb, module in modules.items():
        summary = _summary(module)
        verb_parser = verbs.add_parser(verb, help=summary, description=summary)
        if verb == asked:
            try:
                importlib.import_module(module).add_arguments(verb_parser)
            except ImportError as error:
                print(f'visual-navsat {verb}: {error}; see visual-navsat doctor', file=sys.stderr)
                return 1
    args = parser.parse_args(argv)
    logging.basicConfig(
        level=logging.INFO if args.verbose else logging.WARNING,
        format='%(levelname)s %(name)s: %(message)s',
    )
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Names of files need not be text: they are shown as they can be.
        sys.stdout.reconfigure(errors='backslashreplace')
    is_debug = args.debug or os.environ.get(DEBUG, '0') not in ('', '0')
    return _run(args, modules[args.verb], is_debug)


def _run(args: argparse.Namespace, module: str, is_debug: bool) -> int:
    """Run a verb and return its exit code; only with ``is_debug`` does it raise."""
    try:
        return int(importlib.import_module(module).run(args))
    except VisualNavsatError as error:
        print(f'visual-navsat {args.verb}: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output (head, less) went away; nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if is_debug:
            raise
        print(f'visual-navsat {args.verb}: {explain_unexpected(error)}', file=sys.stderr)
        return UNEXPECTED


def _summary(module: str) -> str:
    """Return the first line of a module's docstring, without importing the module."""
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:  # a package of which only the metadata is left
        return ''
    if spec is None or spec.origin is None:
        return ''
    docstring = get_docstring(parse(Path(spec.origin).read_text(encoding='utf-8'))) or ''
    return docstring.partition('\n')[0]


if __name__ == '__main__':
    sys.exit(main())
