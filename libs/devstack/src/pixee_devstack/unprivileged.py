"""PostgreSQL refuses to run as root: how it runs as somebody else when we are root, as in most containers.

It runs as `nobody`. Where that user may not enter the data folder or the installation (below a home folder or a
private temporary folder), `setpriv` leaves it the one right to read and enter folders; access(2), which PostgreSQL
asks about its own binary, honours that right only with `no_setuid_fixup`.
"""

import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from pixee_devstack.errors import UnprivilegedUserError

USER = "nobody"


@dataclass(frozen=True)
class RunAs:
    """As whom a program runs: a user to change to (None: as we are), and what stands before its command line."""

    user: str | None = None
    prefix: tuple[str, ...] = ()
    owner: tuple[int, int] | None = None

    def own(self, path: Path) -> None:
        """Hand `path` to that user."""
        if self.owner is not None:
            os.chown(path, *self.owner)


def run_as(*paths: Path) -> RunAs:
    """As whom a program that must reach all of `paths` runs without being root.

    Raises `UnprivilegedUserError` when there is no such user or it cannot get there.
    """
    if os.geteuid() != 0:
        return RunAs()
    try:
        entry = pwd.getpwnam(USER)
    except KeyError as error:
        raise UnprivilegedUserError(
            f"PostgreSQL does not run as root, and there is no user {USER!r} here. Run this as an ordinary user."
        ) from error
    owner = (entry.pw_uid, entry.pw_gid)
    closed = next((folder for path in paths for folder in path.resolve().parents if not _is_open(folder)), None)
    if closed is None:
        return RunAs(user=USER, owner=owner)
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise UnprivilegedUserError(
            f"PostgreSQL does not run as root, and the user {USER!r} may not enter {closed}. Choose a data folder that "
            f"everybody may enter, `chmod o+x {closed}`, or install util-linux (setpriv)."
        )
    right = "dac_read_search" if _may_keep("dac_read_search") else "dac_override"
    return RunAs(
        prefix=(
            *(setpriv, f"--reuid={owner[0]}", f"--regid={owner[1]}", "--clear-groups"),
            *(f"--inh-caps=-all,+{right}", f"--ambient-caps=-all,+{right}", f"--bounding-set=-all,+{right}"),
            *("--securebits=+no_setuid_fixup", "--pdeathsig=INT"),
        ),
        owner=owner,
    )


def _is_open(folder: Path) -> bool:
    return bool(folder.stat().st_mode & stat.S_IXOTH)


def _may_keep(right: str) -> bool:
    """Whether this process has the capability `right` (containers often lack dac_read_search)."""
    number = {"dac_override": 1, "dac_read_search": 2}[right]  # linux/capability.h
    status = Path("/proc/self/status").read_text(encoding="ascii")
    effective = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff:"))
    return bool(int(effective, 16) >> number & 1)
