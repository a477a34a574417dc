"""Both servers of one data folder together; the keeper owns them."""

from pathlib import Path

from umkm_portal.embedded.folder import DataFolder, ServerUser
from umkm_portal.embedded.keyring import Keyring
from umkm_portal.embedded.postgres import Postgres
from umkm_portal.embedded.server import Server
from umkm_portal.embedded.valkey import Valkey


class Servers:
    """PostgreSQL and Valkey as child processes of the main thread that starts them."""

    def __init__(
        self,
        folder: DataFolder,
        *,
        home: Path,
        user: ServerUser | None,
        keys: Keyring,
        is_throwaway: bool,
    ) -> None:
        self.folder = folder
        self._postgres = Postgres(
            home=home,
            logs=folder.logs,
            user=user,
            password=keys.database_password,
            is_throwaway=is_throwaway,
        )
        self._valkey = Valkey(home=home, logs=folder.logs, user=user, password=keys.redis_password)
        self.database: Server | None = None
        self.broker: Server | None = None

    def start(self, *, database_port: int | None = None, redis_port: int | None = None) -> None:
        """Start both, on the given ports where these are still free.

        Raises EmbeddedError with the sentence for the person who waits.
        """
        self.database = self._postgres.start(database_port)
        self.broker = self._valkey.start(redis_port)

    def restart_dead(self) -> bool:
        """Start again, on its old port, a server that has ended by itself; True if one had."""
        died = False
        if self.database and not self.database.is_running():
            self.database, died = self._postgres.start(self.database.port), True
        if self.broker and not self.broker.is_running():
            self.broker, died = self._valkey.start(self.broker.port), True
        return died

    def stop(self) -> None:
        for server in (self.broker, self.database):
            if server is not None:
                server.stop()
