"""Commands of the package: `run JOB_DIR`, `libraries`, `convert FILE …`; docs/training.md says what they read and write."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .faults import LibraryMissing, TrainingFault
from .job import read_job
from .libraries import list_libraries
from .protocol import Protocol


def main(arguments: Sequence[str]) -> int:
    """Exit code: 0, or 1 after a last line that names the fault."""
    options = _parser().parse_args(arguments)
    protocol = Protocol()
    try:
        _command(options, protocol)
    except TrainingFault as fault:
        protocol.fault(fault)
        return 1
    except LibraryMissing as missing:
        protocol.fault(TrainingFault("library-missing", f"{missing.library} cannot be imported: {missing.reason}"))
        return 1
    return 0


def _command(options: argparse.Namespace, protocol: Protocol) -> None:
    if options.command == "libraries":
        told = list_libraries()
        protocol.say({one["name"]: {name: value for name, value in one.items() if name != "name"} for one in told})
    elif options.command == "run":
        from .runner import run_job

        run_job(read_job(options.job), protocol.progress)
    else:
        from .convert import convert_command

        protocol.say(convert_command(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hourglass_training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="fits the models of a job folder")
    run.add_argument("job", type=Path, metavar="JOB_DIR")
    commands.add_parser("libraries", help="says which native libraries can be imported")
    convert = commands.add_parser("convert", help="makes an artifact of a native model file")
    convert.add_argument("file", type=Path)
    convert.add_argument("--request", type=Path, required=True, help="JSON: what the model file does not say of itself")
    convert.add_argument("--out", type=Path, required=True, help="folder of the artifact")
    convert.add_argument("--rows", type=Path, help="CSV with the features by name and a column of raw outputs to verify")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
