"""Runs real nbgrader commands one after the other in one process: importing it for each would take a minute.

python drive.py COMMANDS    COMMANDS: JSON, a list of [folder, argument, ...]
Before each command, `=== ` and its arguments are written to stderr, where nbgrader's log goes too.
"""

import json
import os
import sys

from nbgrader.apps import quickstartapp
from nbgrader.apps.nbgraderapp import NbGraderApp


def _only_the_config(arguments, **options):
    """The quickstart calls nbgrader five times more, to list all settings and three students."""
    if "generate_config" in arguments:
        with open("nbgrader_config.py", "w", encoding="utf-8") as file:
            file.write("")
    return 0


def main(commands):
    quickstartapp.subprocess.call = _only_the_config
    for folder, *arguments in commands:
        os.chdir(folder)
        print("===", *arguments, file=sys.stderr, flush=True)
        app = NbGraderApp.instance()
        try:
            NbGraderApp.launch_instance(arguments)
        except SystemExit as stop:
            print("--- ended with", stop.code, file=sys.stderr, flush=True)
        finally:
            app.reset()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
