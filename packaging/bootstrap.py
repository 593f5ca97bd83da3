"""Set up this checkout once, then run the app or its tests.

    python3 packaging/bootstrap.py run  [--device cuda|cpu] [--repair] [-- arguments of the app]
    python3 packaging/bootstrap.py test [--device cuda|cpu] [--repair] [-- arguments of pytest]

Standard library only. This file must parse on any Python, so that an old one gets a sentence
and not a traceback; the work is in bootstrapping/.
"""

import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.stderr.write(
        "Desktop LLM needs Python 3.11, 3.12 or 3.13, and this is Python %d.%d. "
        "Install one of those and start it by name, for example: "
        "python3.12 packaging/bootstrap.py run\n" % sys.version_info[:2]
    )
    sys.exit(2)

if __name__ == "__main__":
    from bootstrapping.command import main

    sys.exit(main(sys.argv[1:]))
