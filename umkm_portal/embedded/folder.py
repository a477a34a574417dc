"""The data folder: where it is, what lies in it, who may read it."""

import hashlib
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from umkm_portal.embedded.errors import EmbeddedError

try:
    import pwd
except ImportError:  # Windows, where `locks` refuses before anything here is asked
    pwd = None  # type: ignore[assignment]

CHECKOUT = Path(__file__).resolve().parent.parent.parent
SYSTEM_PARENTS = ("/var/lib/portal-umkm", "/srv/portal-umkm", "/opt/portal-umkm")
PRIVATE_FOLDERS = ("uploads", "static", "logs", "run")


@dataclass(frozen=True)
class ServerUser:
    """The account that the servers run as when we are root, because PostgreSQL refuses root."""

    uid: int
    gid: int
    name: str


@dataclass(frozen=True)
class DataFolder:
    """One installation's own folder; the properties name what lies in it."""

    path: Path

    @property
    def secrets(self) -> Path:
        return self.path / "secrets.json"

    @property
    def servers_state(self) -> Path:
        return self.path / "servers.json"

    @property
    def portal_state(self) -> Path:
        return self.path / "portal.json"

    @property
    def start_lock(self) -> Path:
        return self.path / "start.lock"

    @property
    def users_lock(self) -> Path:
        return self.path / "users.lock"

    @property
    def keeper_lock(self) -> Path:
        return self.path / "keeper.lock"

    @property
    def portal_lock(self) -> Path:
        return self.path / "portal.lock"

    @property
    def where(self) -> Path:
        return self.path / "where"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def run(self) -> Path:
        return self.path / "run"


def default_folder() -> DataFolder:
    """The folder named by PORTAL_DATA, else `.data` in the checkout; creates nothing."""
    named = os.environ.get("PORTAL_DATA", "").strip()
    return DataFolder(Path(named).expanduser().absolute() if named else CHECKOUT / ".data")


def server_user() -> ServerUser | None:
    """The account for the servers, or None when they run as the present user.

    Raises EmbeddedError when that user is unknown to the system, which initdb refuses.
    """
    uid = os.geteuid()
    if uid != 0:
        try:
            pwd.getpwuid(uid)
        except KeyError:
            raise EmbeddedError(
                f"user id {uid} has no entry in /etc/passwd, which PostgreSQL needs: "
                "run as a user that exists, or set DATABASE_URL and REDIS_URL."
            ) from None
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerUser(uid=entry.pw_uid, gid=entry.pw_gid, name=name)
    raise EmbeddedError(
        "PostgreSQL does not run as root and this system has neither a user postgres nor nobody: "
        "run as an ordinary user, or set DATABASE_URL and REDIS_URL."
    )


def as_server_user(user: ServerUser | None) -> dict[str, Any]:
    """Options for `subprocess` that drop root; empty for an ordinary user."""
    if user is None:
        return {"cwd": "/"}
    return {"user": user.uid, "group": user.gid, "extra_groups": [], "cwd": "/"}


def create(folder: DataFolder) -> None:
    """Make the data folder ready for use, or refuse in one sentence.

    As root it is traversable (711), because the servers run as another user below it;
    everything private in it has a mode of its own.
    """
    is_root = os.geteuid() == 0
    try:
        folder.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        _refuse_foreign_owner(folder.path)
        folder.path.chmod(0o711 if is_root else 0o700)
        for name in PRIVATE_FOLDERS:
            (folder.path / name).mkdir(exist_ok=True, mode=0o700)
    except PermissionError as error:
        raise EmbeddedError(
            f"cannot write the data folder {folder.path} ({error.strerror}): "
            "give it to the present user, or set PORTAL_DATA to a folder of your own."
        ) from None
    except NotADirectoryError:
        raise EmbeddedError(f"the data folder {folder.path} is not a folder.") from None
    except FileExistsError:
        raise EmbeddedError(f"the data folder {folder.path} is not a folder.") from None
    except OSError as error:
        raise EmbeddedError(
            f"cannot create the data folder {folder.path} ({error.strerror}): "
            "set PORTAL_DATA to a folder of your own."
        ) from None


def _refuse_foreign_owner(path: Path) -> None:
    owner = path.stat().st_uid
    if owner == os.geteuid():
        return
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        name = f"with the id {owner}"
    raise EmbeddedError(
        f"the data folder {path} belongs to the user {name}: "
        "run as that user, or set PORTAL_DATA to a folder of your own."
    )


def servers_home(folder: DataFolder, user: ServerUser | None) -> Path:
    """The folder that belongs to the servers, created on first use.

    Normally `servers` in the data folder. Where the server user cannot get there (a checkout in
    /root, say) it is a folder of its own outside, named in `.data/where`: we never open a folder
    that is not ours.
    """
    if folder.where.exists():
        home = Path(folder.where.read_text().strip())
        if _belongs_to(home, folder):
            return home
    home = folder.path / "servers"
    if user is not None and not home.exists() and not _can_enter(folder.path, user):
        home = _outside_home(folder, user)
    _make_home(home, folder, user)
    if home.parent != folder.path:
        folder.where.write_text(f"{home}\n")
    return home


def _belongs_to(home: Path, folder: DataFolder) -> bool:
    """Whether `home` is this installation's, also after the checkout was moved.

    A copied checkout brings `where` along; while the original still names the folder, the copy
    gets a new one.
    """
    mark = home / "belongs-to.json"
    if not mark.exists():
        return False
    original = DataFolder(Path(json.loads(mark.read_text())["data_folder"]))
    if original.path == folder.path:
        return True
    if original.where.exists() and original.where.read_text().strip() == str(home):
        return False
    mark.write_text(json.dumps({"data_folder": str(folder.path)}))
    return True


def _outside_home(folder: DataFolder, user: ServerUser) -> Path:
    seed = f"{folder.path}\n{folder.secrets.read_text()}"
    name = hashlib.sha256(seed.encode()).hexdigest()[:12]
    for parent in map(Path, SYSTEM_PARENTS):
        try:
            parent.mkdir(exist_ok=True, mode=0o711)
        except OSError:
            continue
        if _can_enter(parent, user):
            return parent / name
    raise EmbeddedError(
        f"the user {user.name}, who runs PostgreSQL, cannot reach {folder.path} and no folder "
        f"could be made in /var/lib, /srv or /opt: set PORTAL_DATA to a folder it can reach."
    )


def _make_home(home: Path, folder: DataFolder, user: ServerUser | None) -> None:
    home.mkdir(exist_ok=True, mode=0o700)
    mark = home / "belongs-to.json"
    if not mark.exists():
        mark.write_text(json.dumps({"data_folder": str(folder.path)}))
    if user is not None:
        os.chown(home, user.uid, user.gid)


def _can_enter(path: Path, user: ServerUser) -> bool:
    """Whether the server user really gets into `path`; asks the kernel, so ACLs count."""
    try:
        result = subprocess.run(
            ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(path)],
            **as_server_user(user),
            capture_output=True,
            check=False,
        )
    except (PermissionError, OSError) as error:
        raise EmbeddedError(
            f"root may not start programs as the user {user.name} here ({error.strerror}): "
            "run as an ordinary user, or set DATABASE_URL and REDIS_URL."
        ) from None
    return result.returncode == 0
