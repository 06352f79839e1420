"""Command line of the package: ``python -m mlpack_ann COMMAND ...``."""
import importlib
import os
import sys

COMMANDS = {
    "compare": ("mlpack_ann.port.compare", "compare every class with values recorded from mlpack"),
    "bench": ("mlpack_ann.bench.report", "time every class beside PyTorch and NumPy"),
    "config": ("mlpack_ann._config", "show what was built, and which variant this CPU got"),
}


def usage():
    lines = ["usage: python -m mlpack_ann COMMAND [options]", "", "commands:"]
    lines += [f"  {name:<10} {purpose}" for name, (_, purpose) in COMMANDS.items()]
    lines += ["", "python -m mlpack_ann COMMAND --help lists a command's options."]
    return "\n".join(lines)


def main(arguments):
    """Run the command named by the first argument; return the exit status."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(usage())
        return 0
    name, *rest = arguments
    if name not in COMMANDS:
        print(f"mlpack_ann: no command {name!r}\n\n{usage()}", file=sys.stderr)
        return 2
    try:
        return importlib.import_module(COMMANDS[name][0]).main(rest)
    except BrokenPipeError:                 # the reader, such as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
