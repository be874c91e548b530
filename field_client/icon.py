"""The icon that a technician touches: an entry of the desktop's menu that starts the tablet.

On Linux a desktop entry, as freedesktop.org describes it; on Windows a link in the Start menu, made
by Windows' own shell. What the icon starts has no window of a terminal.
"""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw
from platformdirs import user_applications_path

_MARK: Final = Path(__file__).parent / "static" / "mark.svg"
_NAME: Final = "Firstlight"
_SUMMARY: Final = "The jobs of a technician, with or without a network"
_MAKE_LINK: Final = """
$link = (New-Object -ComObject WScript.Shell).CreateShortcut($env:ICON_LINK)
$link.TargetPath = $env:ICON_TARGET
$link.Arguments = $env:ICON_ARGUMENTS
$link.IconLocation = $env:ICON_PICTURE
$link.Description = $env:ICON_SUMMARY
$link.Save()
"""


class IconNotMade(OSError):
    """The system made no icon; ``firstlight field start`` works without. Nothing was changed."""


def start_command(options: Sequence[str]) -> list[str]:
    """Give the command behind the icon; on Windows by the Python that opens no terminal."""
    python = Path(sys.executable)
    windowless = python.with_name("pythonw.exe")
    return [
        str(windowless if windowless.exists() else python),
        "-m",
        "field_client",
        "start",
        *options,
    ]


def put_icon(command: Sequence[str], home: Path) -> Path:
    """Put the icon into this user's menu, in the place of an older one; the file that it is.

    Raises:
        IconNotMade: on Windows, with what its shell said.
        OSError: the folder of the menu cannot be written.
    """
    icon = icon_path()
    icon.parent.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":
        _put_link(icon, command, home)
    else:
        icon.write_text(desktop_entry(command, _MARK), encoding="utf-8")
    return icon


def remove_icon() -> bool:
    """Take the icon away; False where there was none."""
    icon = icon_path()
    was_there = icon.exists()
    icon.unlink(missing_ok=True)
    return was_there


def icon_path() -> Path:
    """Say where this user's icon is or would be."""
    return user_applications_path() / (
        "Firstlight.lnk" if sys.platform == "win32" else "firstlight.desktop"
    )


def desktop_entry(command: Sequence[str], picture: Path) -> str:
    """Write the entry.

    >>> print(desktop_entry(["python3", "-m", "field_client"], Path("mark.svg")))
    [Desktop Entry]
    Type=Application
    Name=Firstlight
    Comment=The jobs of a technician, with or without a network
    Exec="python3" "-m" "field_client"
    Icon=mark.svg
    Terminal=false
    Categories=Office;
    <BLANKLINE>
    """
    lines = (
        "[Desktop Entry]",
        "Type=Application",
        f"Name={_NAME}",
        f"Comment={_SUMMARY}",
        f"Exec={' '.join(map(_argument, command))}",
        f"Icon={_string(str(picture))}",
        "Terminal=false",
        "Categories=Office;",
    )
    return "\n".join(lines) + "\n"


def _argument(text: str) -> str:
    """Quote one argument: as a shell would in double quotes, no field code, then as a string."""
    return _string('"' + re.sub(r'(["`$\\])', r"\\\1", text).replace("%", "%%") + '"')


def _string(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")


def _put_link(icon: Path, command: Sequence[str], home: Path) -> None:
    picture = home / "firstlight.ico"
    picture.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draw_mark().save(picture)
    told = {
        "ICON_LINK": str(icon),
        "ICON_TARGET": command[0],
        "ICON_ARGUMENTS": subprocess.list2cmdline(command[1:]),
        "ICON_PICTURE": str(picture),
        "ICON_SUMMARY": _SUMMARY,
    }
    shell = ["powershell", "-NoProfile", "-NonInteractive", "-Command", _MAKE_LINK]
    done = subprocess.run(  # noqa: S603  our own script; what varies is in its environment
        shell, env={**os.environ, **told}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise IconNotMade(f"Windows made no icon: {done.stderr.strip() or done.stdout.strip()}")


def draw_mark() -> Image.Image:
    """Draw what ``mark.svg`` shows, 256 pixels wide: the Start menu takes no SVG."""
    size, unit = 256, 8
    mark = Image.new("RGBA", (size, size))
    pen = ImageDraw.Draw(mark)
    pen.rounded_rectangle((0, 0, size - 1, size - 1), radius=8 * unit, fill="#0b4f6c")
    pen.line((16 * unit, 14 * unit, 16 * unit, 25 * unit), fill="#ffffff", width=2 * unit)
    pen.ellipse((12 * unit, 7 * unit, 20 * unit, 15 * unit), fill="#ffd166")
    pen.arc((7 * unit, 3 * unit, 25 * unit, 22 * unit), 190, 350, fill="#d4b460", width=2 * unit)
    return mark
