"""Where the mails of a bench go, and who is quickest to bring them there.

With postfix's `smtp-sink` and `smtp-source` on this machine both are C programs that do nothing
else; without them the server of the tests takes the mails, and smtplib over a kept connection
brings them: that one reaches about a third of what the C client does.
"""

import os
import shutil
import smtplib
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("smtp-sink", "smtp-source")
SENDER = "undangan@jakpreneur.example"
_SMTPLIB = """
import smtplib, sys
port, count, sender = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
content = sys.stdin.read()
with smtplib.SMTP("127.0.0.1", port) as server:
    for _ in range(count):
        server.sendmail(sender, ["orang@contoh.example"], content)
"""


def has_postfix():
    return all(map(shutil.which, NAMES))


class Sink:
    """An SMTP server that takes everything and forgets it, for `with`."""

    def __enter__(self):
        if has_postfix():
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
            user = ("-u", "nobody") if os.geteuid() == 0 else ()
            command = [shutil.which("smtp-sink"), *user, f"127.0.0.1:{self.port}", "1000"]
            self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            self._wait_until_it_listens()
        else:
            program = [sys.executable, str(ROOT / "tests" / "sink.py"), os.devnull]
            self.process = subprocess.Popen(
                [*program, "--processes", "2"],
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            self.port = int(self.process.stdout.readline())
        return self

    def __exit__(self, *failure):
        self.process.kill() if has_postfix() else os.killpg(self.process.pid, 9)
        self.process.wait()

    def _wait_until_it_listens(self):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise TimeoutError("smtp-sink does not answer")

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port}"


def seconds_of_c_client(sink, count, size, *, sessions):
    """What `smtp-source` needs for so many mails of that size; None where there is none."""
    if not has_postfix():
        return None
    options = ("-d", "-s", sessions, "-m", count, "-l", size, "-f", SENDER)
    command = [shutil.which("smtp-source"), *map(str, options), "-t", "orang@contoh.example"]
    began = time.monotonic()
    subprocess.run([*command, f"127.0.0.1:{sink.port}"], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def seconds_of_smtplib(sink, count, content, *, sessions):
    """What processes with nothing but smtplib and one kept connection each need for them."""
    command = [sys.executable, "-c", _SMTPLIB, str(sink.port), str(count // sessions), SENDER]
    began = time.monotonic()
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, text=True) for _ in range(sessions)
    ]
    for process in processes:
        process.stdin.write(content)
        process.stdin.close()
    for process in processes:
        if process.wait():
            raise smtplib.SMTPException("the client failed")
    return time.monotonic() - began
