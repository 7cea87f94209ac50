"""The process behind `tests/forks.py`: it imports the program once, and a child of it runs each command and ends.

It never runs a command itself, so that no command finds what an earlier one left in a module.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import sys
import tempfile
import threading
import time
from datetime import datetime, timedelta, tzinfo
from importlib import import_module
from socket import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# what the program imports only where it is used
_LATER = ("chinese_calendar", "openpyxl", "psycopg", "PIL.Image")


def _imported() -> None:
    """Import the whole program, and read the policies of the package."""
    import weigai.db
    import weigai.states
    import weigai.workflow

    for room in (weigai.states, weigai.db, weigai.workflow):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if ".migrations." not in module.name and "verify_export" not in module.name:
                import_module(module.name)
    for name in _LATER:
        import_module(name)
    from weigai.workflow.library import bundled, compiled

    for name, text in bundled().items():
        read = compiled(text, name)
        _ = read.acts
        compiled(text, read.hash)  # a case's policy is read by its hash


def _become(told: dict[str, Any], files: list[int]) -> None:
    """Make this child what a new process would be: streams, folder, environment, words."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.umask(told["umask"])
    os.chdir(told["folder"])
    os.environ.clear()
    os.environ.update(told["env"])
    time.tzset()
    tempfile.tempdir = None  # its folder is looked for when it is first wanted
    sys.argv = ["-c", *told["words"]]
    if told["ahead"]:
        _shift(timedelta(seconds=told["ahead"]))
    if told["login"] is not None:
        _seat(told["login"])


def _seat(login: str) -> None:
    """Let the system answer that somebody else sits here."""
    import pwd

    setattr(pwd, "getpwuid", lambda uid: pwd.struct_passwd((login, "x", uid, uid, "", "/", "")))  # noqa: B010 - as below


def _shift(by: timedelta) -> None:
    """Let this machine's clock stand wrong for the program."""
    from weigai.workflow import context

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Shifted:
            return cls.fromtimestamp((datetime.now(tz) + by).timestamp(), tz)

    setattr(context, "datetime", Shifted)  # noqa: B010 - a class of the module, for mypy no name to set


def _ran(main: Callable[[], None]) -> int:
    """Run the command and return its exit code, as the interpreter would leave with it."""
    try:
        main()
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:  # noqa: BLE001 - what nobody caught is printed, as the interpreter prints it
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def _end(code: int) -> None:
    """End this child as the interpreter ends, but for the taking apart of every module, which is most of a fork's cost."""
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def serve(channel: socket, planted: str) -> None:
    """Answer each command with the number of its process, and then with its exit code."""
    from socket import recv_fds

    from weigai.workflow.cli.main import main

    _imported()
    exec(planted, {})  # a defect, for a proof that has to notice it
    gc.collect()
    gc.freeze()
    while True:
        message, files, _, _ = recv_fds(channel, 1 << 20, 3)
        if not message:
            return
        assert threading.active_count() == 1
        child = os.fork()
        if not child:
            channel.close()
            _become(json.loads(message), files)
            _end(_ran(main))
        for file in files:
            os.close(file)
        channel.send(str(child).encode())
        channel.send(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())


if __name__ == "__main__":
    serve(socket(fileno=int(sys.argv[1])), sys.argv[2])
