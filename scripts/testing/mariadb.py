"""MariaDB, which stands for MySQL as well: both speak the same protocol."""

from .service import Service
from .util import find_program, server_account

USERS = """\
CREATE DATABASE IF NOT EXISTS syncline_test CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS 'syncline'@'%' IDENTIFIED BY 'syncline';
GRANT ALL PRIVILEGES ON *.* TO 'syncline'@'%' WITH GRANT OPTION;
"""


class MariaDb(Service):
    key = "mysql"
    title = "MariaDB"
    url_variable = "SYNCLINE_TEST_MYSQL_URL"
    control_variable = "SYNCLINE_TEST_MYSQL_CTL"
    packages = ("mariadb-server",)
    image = "docker.io/library/mariadb:11.4"

    server = initialise = None
    settings = [
        "--character-set-server=utf8mb4", "--max-connections=300", "--max-allowed-packet=64M",
        # Durability is what the tests are about.
        "--innodb-flush-log-at-trx-commit=1",
        # A small server that starts quickly.
        "--innodb-buffer-pool-size=128M", "--innodb-log-file-size=48M", "--innodb-buffer-pool-load-at-startup=OFF",
        "--performance-schema=OFF", "--skip-log-bin", "--skip-name-resolve",
    ]

    def url(self):
        return f"mysql://syncline:syncline@127.0.0.1:{self.port}/syncline_test"

    def account(self):
        return server_account("mysql")

    def find(self):
        self.server = find_program("mariadbd")
        self.initialise = find_program("mariadb-install-db")
        return self.server if self.server and self.initialise else None

    async def prepare(self):
        (self.directory / "users.sql").write_text(USERS)
        await self.run(self.initialise, "--no-defaults", f"--datadir={self.directory}/data", "--skip-test-db",
                       "--auth-root-authentication-method=normal", "--innodb-log-file-size=48M")

    def command(self):
        here = self.directory
        return [self.server, "--no-defaults", f"--datadir={here}/data", f"--socket={here}/socket",
                f"--pid-file={here}/pid", "--bind-address=127.0.0.1", f"--port={self.port}",
                # Carried out before the server takes connections.
                f"--init-file={here}/users.sql", *self.settings]

    async def probe(self):
        # The greeting: three bytes of length, a counter, then 10, the protocol's version. An error starts with 255.
        return (await self.ask(b"", 5))[4] == 10

    def container_options(self):
        options = ["-p", f"127.0.0.1:{self.port}:3306", "-e", "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD=1",
                   "-v", f"{self.directory}/users.sql:/docker-entrypoint-initdb.d/users.sql:ro"]
        (self.directory / "users.sql").write_text(USERS)
        return options, self.settings
