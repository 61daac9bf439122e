"""A program in the place of `weekahead`: it keeps its command lines, and fails or hangs where it is told to.

Its `schedule due` knows no holidays, and only the year 2013: a week's last session closes on Friday at 16:00 in New
York.
"""

import sys
from pathlib import Path

SCRIPT = '''#!{python}
import datetime, os, pathlib, sys, time, zoneinfo
here, words = pathlib.Path(__file__).parent, sys.argv[1:]
with (here / "calls").open("a") as calls:
    calls.write(" ".join(words) + "\\n")
if (here / ("hang_" + words[0])).exists():
    (here / "hanging").write_text(str(os.getpid()))
    time.sleep(600)
told = here / ("exit_" + words[0])
if told.exists():
    print("error: as it was told")
    sys.exit(int(told.read_text()))
if words[:2] == ["schedule", "due"]:
    job, instant = words[2], words[words.index("--as-of") + 1]
    stands = datetime.datetime.fromisoformat(instant if "T" in instant else instant + "T23:59:59Z")
    new_york = zoneinfo.ZoneInfo("America/New_York")
    close = stands.astimezone(new_york).replace(hour=16, minute=0, second=0)
    if close > stands:
        close -= datetime.timedelta(days=1)
    is_session = close.weekday() < 5 and (job == "ingest_daily" or close.weekday() == 4)
    sys.exit(0 if is_session and close.year == 2013 else 99)
'''


class StandIn:
    """The program, what it was asked, and what it is told to exit with."""

    def __init__(self, folder: Path):
        self.path = folder / "weekahead"
        self.path.write_text(SCRIPT.replace("{python}", sys.executable))
        self.path.chmod(0o755)

    def calls(self) -> list[str]:
        """Its command lines, the oldest first."""
        kept = self.path.with_name("calls")
        return kept.read_text().splitlines() if kept.exists() else []

    def work(self) -> list[str]:
        """Those that do something: all but the questions whether a job is due."""
        return [call for call in self.calls() if not call.startswith("schedule due")]

    def fails(self, command: str, code: int) -> None:
        """From now on the command exits with this code."""
        self.path.with_name(f"exit_{command}").write_text(str(code))

    def hangs(self, command: str) -> None:
        """From now on the command takes ten minutes."""
        self.path.with_name(f"hang_{command}").touch()

    def still_hangs(self) -> bool:
        """Whether the command that took so long is running yet."""
        status = Path(f"/proc/{self.path.with_name('hanging').read_text()}/status")
        return status.exists() and "State:\tZ" not in status.read_text()
