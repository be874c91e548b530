"""Logging: JSON lines on standard error, or coloured lines on a terminal. Configured once."""

import logging
import sys

import msgspec
import structlog

from server.settings import SettingsUnusable

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}


def configure(level: str) -> None:
    """Set up logging for this process.

    Raises:
        SettingsUnusable: no such level.
    """
    if level not in LEVELS:
        raise SettingsUnusable(f"log_level {level!r}; known are {', '.join(LEVELS)}")
    on_terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer() if on_terminal else _as_json,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=_on_present_stderr,
    )


def _as_json(_logger: object, _method: str, event: structlog.typing.EventDict) -> str:
    """Write a line many times as fast as the standard library does; what JSON has not, as text."""
    return msgspec.json.encode(event, enc_hook=repr).decode()


def _on_present_stderr(*_args: object) -> structlog.PrintLogger:
    """Write to what standard error is at the time, as it may be replaced and closed."""
    return structlog.PrintLogger(sys.stderr)
