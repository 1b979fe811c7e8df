"""What only POSIX systems have is used behind a question for it: Windows loads and runs the same code."""

import ast
import itertools
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(path for folder in ("SkullRestoreLib", "SkullRestore") for path in (ROOT / folder).rglob("*.py"))

MODULES = {"crypt", "fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
NAMES = {
    "os": "chown fchmod fork forkpty getegid geteuid getgid getgroups getpgid getuid initgroups killpg lchown mkfifo "
    "nice openpty posix_spawn pread pwrite sched_getaffinity sched_setaffinity setpgid setsid setuid statvfs sysconf "
    "sync uname wait wait3 wait4 waitid O_CLOEXEC O_DIRECTORY O_NOFOLLOW O_NONBLOCK WNOHANG",
    "signal": "SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGTSTP SIGUSR1 SIGUSR2 alarm pause "
    "pthread_kill pthread_sigmask setitimer siginterrupt sigtimedwait sigwait",
    "select": "epoll kqueue poll",
    "socket": "AF_UNIX",
    "time": "tzset",
    "multiprocessing": "Fork",
}
METHODS = {"add_signal_handler", "remove_signal_handler"}
WORDS_OF_A_QUESTION = ("platform", "os.name", "hasattr", "fcntl is")
"""A condition with one of these asks which system it is."""
EXCUSES = {"ImportError", "ModuleNotFoundError", "AttributeError", "NotImplementedError", "OSError", "Exception"}


def posix_only(node):
    """What a node takes from POSIX, or None."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        return next((name for name in named if name.split(".")[0] in MODULES), None)
    if isinstance(node, ast.Attribute):
        owner = ast.unparse(node.value)
        if node.attr in METHODS or node.attr in NAMES.get(owner, "").split():
            return f"{owner}.{node.attr}"
    if isinstance(node, ast.keyword) and node.arg in ("preexec_fn", "pass_fds", "start_new_session"):
        return node.arg
    return None


def asks(node):
    text = ast.unparse(node)
    return any(word in text for word in WORDS_OF_A_QUESTION)


def leaves(statement):
    """Whether a statement ends the function on the other systems."""
    return isinstance(statement, ast.If) and asks(statement.test) and isinstance(statement.body[-1], ast.Return)


def is_guard(parent, child):
    """Whether a node asks which system it is, or catches what another one raises, before its child."""
    if isinstance(parent, ast.If | ast.IfExp):
        return child is not parent.test and asks(parent.test)
    if isinstance(parent, ast.BoolOp):
        return any(asks(value) for value in parent.values[: parent.values.index(child)])
    if isinstance(parent, ast.Try):
        caught = {name for handler in parent.handlers for name in ast.unparse(handler.type or ast.Name("")).split(", ")}
        return child in parent.body and bool({name.strip("()") for name in caught} & EXCUSES)
    if isinstance(parent, ast.With):
        return any(
            excuse in ast.unparse(item)
            for item in parent.items
            for excuse in EXCUSES
            if "suppress" in ast.unparse(item)
        )
    if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef) and child in parent.body:
        return any(leaves(statement) for statement in parent.body[: parent.body.index(child)])
    return False


def unguarded(source):
    """Line and name of everything that is taken from POSIX without a question."""
    found = []

    def visit(node, parents):
        name = posix_only(node)
        chain = [*parents, node]
        if name and not any(is_guard(a, b) for a, b in itertools.pairwise(chain)):
            line = next(one.lineno for one in reversed(chain) if hasattr(one, "lineno"))
            found.append(f"{line}: {name}")
        for child in ast.iter_child_nodes(node):
            visit(child, chain)

    visit(ast.parse(source), [])
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_windows_lacks_is_used_behind_a_question_for_it(path):
    assert not unguarded(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "source",
    [
        "import fcntl",
        "def f():\n    from resource import getrlimit",
        "import os\nx = os.getuid()",
        "import os\nif os.getuid() == 0 and os.name == 'posix':\n    pass",
        "import signal\ndef f(p):\n    p.send_signal(signal.SIGKILL)",
        "try:\n    import json\nexcept ImportError:\n    import pwd",
        "loop.add_signal_handler(15, print)",
        "subprocess.run([], start_new_session=True)",
    ],
)
def test_the_guard_sees_what_windows_lacks(source):
    assert len(unguarded(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import fcntl\nexcept ImportError:\n    fcntl = None",
        "import os\nx = os.name == 'posix' and os.getuid()",
        "import os\nn = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()",
        "import sys\ndef f():\n    if sys.platform == 'win32':\n        return 0\n    import resource\n    return 1",
        "import os\nx = getattr(os, 'O_NOFOLLOW', 0)",
        "with suppress(NotImplementedError):\n    loop.add_signal_handler(15, print)",
    ],
)
def test_the_guard_leaves_alone_what_asks(source):
    assert not unguarded(source)


def test_files_of_tests_can_be_collected_on_every_system():
    """A module that only POSIX has is skipped for (``pytest.importorskip``) before anything needs it."""
    files = [*(ROOT / "Testing").rglob("test_*.py"), *(ROOT / "Testing").rglob("conftest.py")]
    found = {
        path.name: name
        for path in files
        for statement in ast.parse(path.read_text(encoding="utf-8")).body
        if (name := posix_only(statement)) and isinstance(statement, ast.Import | ast.ImportFrom)
    }
    assert found == {}
