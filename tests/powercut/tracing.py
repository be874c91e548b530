"""Watching the system calls of a program through ptrace, with ctypes alone: no compiler is needed.

Linux from 5.3 on, x86-64 and 64-bit ARM. See docs/adr on the power-cut replay.
"""

import contextlib
import ctypes
import os
import platform
import signal
import struct
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NoReturn

import msgspec

_TRACEME, _CONTINUE, _SETOPTIONS, _GET_SYSCALL_INFO = 0, 24, 0x4200, 0x420E
_OPTIONS: Final = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x100000
"""Mark system calls; follow fork, vfork, clone and exec; end the program with its tracer."""
_WAIT_ALL: Final = 0x40000000
_SYSCALL_STOP: Final = signal.SIGTRAP | 0x80
_ENTRY, _EXIT = 1, 2
_HEAD_BYTES: Final = 24
_INFO_BYTES: Final = 88

NUMBERS: Final[Mapping[str, Mapping[int, str]]] = {
    "x86_64": {
        1: "write", 2: "open", 9: "mmap", 18: "pwrite64", 20: "writev", 40: "sendfile",
        74: "fsync", 75: "fdatasync", 76: "truncate", 77: "ftruncate", 82: "rename",
        83: "mkdir", 84: "rmdir", 85: "creat", 86: "link", 87: "unlink", 88: "symlink",
        257: "openat", 258: "mkdirat", 263: "unlinkat", 264: "renameat", 265: "linkat",
        266: "symlinkat", 285: "fallocate", 296: "pwritev", 316: "renameat2",
        326: "copy_file_range", 328: "pwritev2", 425: "io_uring_setup", 437: "openat2",
    },
    "aarch64": {
        34: "mkdirat", 35: "unlinkat", 36: "symlinkat", 37: "linkat", 38: "renameat",
        45: "truncate", 46: "ftruncate", 47: "fallocate", 56: "openat", 64: "write",
        66: "writev", 68: "pwrite64", 70: "pwritev", 71: "sendfile", 82: "fsync",
        83: "fdatasync", 222: "mmap", 276: "renameat2", 285: "copy_file_range",
        287: "pwritev2", 425: "io_uring_setup", 437: "openat2",
    },
}  # fmt: skip
"""By machine: the calls that can change a disk."""


class CannotTrace(RuntimeError):
    """The machine does not let a program be watched; the text says why."""


class Call(msgspec.Struct, frozen=True):
    """A system call of a thread: at its beginning without a result, at its end with one."""

    thread: int
    name: str
    args: tuple[int, ...]
    result: int = 0


Watch = Callable[[Call], object]


def why_not() -> str | None:
    """Say why nothing can be watched here; None: it can."""
    if sys.platform != "linux" or platform.machine() not in NUMBERS:
        return f"system calls are known of Linux on {' and '.join(NUMBERS)} only"
    try:
        seen = Tracer(lambda _call: None, lambda _call: None).run([sys.executable, "-c", ""])
    except (CannotTrace, OSError) as error:
        return str(error)
    return None if seen == 0 else f"a traced program ended with status {seen}"


class Tracer:
    """Runs one program and shows its calls as they begin and as they end."""

    def __init__(self, begins: Watch, ends: Watch) -> None:
        self._begins = begins
        self._ends = ends
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_long, ctypes.c_void_p]
        self._libc.ptrace.restype = ctypes.c_long
        self._names = NUMBERS[platform.machine()]
        self._info = ctypes.create_string_buffer(_INFO_BYTES)
        self._open: dict[int, Call] = {}
        self.child: int | None = None

    def run(self, command: Sequence[str]) -> int:
        """Run a program to its end; its exit status, negative where a signal ended it.

        Raises:
            CannotTrace: the kernel does not allow it, or is too old.
        """
        child = os.fork()
        if child == 0:
            self._become(command)
        self.child = child
        os.waitpid(child, _WAIT_ALL)
        self._ask(_SETOPTIONS, child, 0, _OPTIONS)
        self._ask(_CONTINUE, child, 0, 0)
        return self._follow(child)

    def _become(self, command: Sequence[str]) -> NoReturn:
        self._libc.ptrace(_TRACEME, 0, 0, None)
        os.kill(os.getpid(), signal.SIGSTOP)
        os.execvp(command[0], list(command))  # noqa: S606  the recorder's own argument

    def _follow(self, child: int) -> int:
        status = 0
        while True:
            try:
                thread, told = os.waitpid(-1, _WAIT_ALL)
            except ChildProcessError:
                return status
            if os.WIFEXITED(told) or os.WIFSIGNALED(told):
                self._open.pop(thread, None)
                if thread == child:
                    status = os.waitstatus_to_exitcode(told)
                continue
            # A thread can be gone before it is asked to go on: the whole program was ended.
            with contextlib.suppress(ProcessLookupError):
                self._ask(_CONTINUE, thread, 0, self._stopped(thread, told))

    def _stopped(self, thread: int, told: int) -> int:
        """Look at a stop; answer the signal that the thread is to get."""
        if os.WSTOPSIG(told) == _SYSCALL_STOP:
            self._at_call(thread)
            return 0
        if told >> 16 or os.WSTOPSIG(told) in {signal.SIGTRAP, signal.SIGSTOP}:
            return 0
        return os.WSTOPSIG(told)

    def _at_call(self, thread: int) -> None:
        self._ask(_GET_SYSCALL_INFO, thread, _INFO_BYTES, ctypes.addressof(self._info))
        kind = self._info.raw[0]
        if kind == _ENTRY:
            number, *args = struct.unpack_from("=7Q", self._info.raw, _HEAD_BYTES)
            name = self._names.get(number)
            if name is not None:
                self._open[thread] = Call(thread, name, tuple(args))
                self._begins(self._open[thread])
        elif kind == _EXIT and (call := self._open.pop(thread, None)) is not None:
            (result,) = struct.unpack_from("=q", self._info.raw, _HEAD_BYTES)
            self._ends(msgspec.structs.replace(call, result=result))

    def _ask(self, request: int, thread: int, number: int, data: int) -> None:
        if self._libc.ptrace(request, thread, number, data) >= 0:
            return
        code = ctypes.get_errno()
        if code == 3:  # ESRCH
            raise ProcessLookupError(code, os.strerror(code))
        raise CannotTrace(f"ptrace request {request:#x}: {os.strerror(code)}")
