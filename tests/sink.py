"""A small SMTP server for tests and benchmarks: `python -m tests.sink LOG [options]`.

Prints its port and runs until killed. Every message it accepted is one line of LOG, written and
flushed before the answer goes out: the log is the truth about what was received, independent of
the database. It is quick enough to be no bottleneck.

--no-pipelining         do not offer PIPELINING

--refuse PATTERN=CODE   answer RCPT of matching addresses with this code
--once-refuse PATTERN=CODE   the same, the first time for each address
--delay SECONDS         before each answer to the content
"""

import argparse
import asyncio
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^@>]+)@", re.MULTILINE | re.IGNORECASE)


class Session(asyncio.Protocol):
    def __init__(self, sink):
        self.sink = sink
        self.buffer = bytearray()
        self.is_data = False
        self.recipient = b""
        self.has_recipient = False

    def connection_made(self, transport):
        self.transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data):
        self.buffer += data
        while self._step():
            pass

    def _step(self):
        if self.is_data:
            end = self.buffer.find(b"\r\n.\r\n")
            if end < 0:
                return False
            content = bytes(self.buffer[: end + 2])
            del self.buffer[: end + 5]
            self.is_data = False
            if self.sink.delay:
                loop = asyncio.get_running_loop()
                loop.call_later(self.sink.delay, self._accept, content)
            else:
                self._accept(content)
            return True
        end = self.buffer.find(b"\r\n")
        if end < 0:
            return False
        line = bytes(self.buffer[:end])
        del self.buffer[: end + 2]
        self._command(line)
        return True

    def _accept(self, content):
        self.sink.log(self.recipient, content)
        self.transport.write(b"250 2.0.0 taken\r\n")

    def _command(self, line):
        verb = line[:4].upper()
        if verb == b"RCPT":
            self.recipient = line[line.find(b"<") + 1 : line.find(b">")]
            answer = self.sink.answer(self.recipient)
            self.has_recipient = answer.startswith(b"2")
            self.transport.write(answer)
        elif verb == b"DATA" and not self.has_recipient:
            self.transport.write(b"503 nobody to send to\r\n")
        elif verb == b"DATA":
            self.is_data = True
            self.transport.write(b"354 go on\r\n")
        elif verb == b"QUIT":
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
        elif verb == b"EHLO":
            self.transport.write(self.sink.greeting)
        else:
            self.transport.write(b"250 ok\r\n")


class Sink:
    def __init__(self, log_path, *, refuse=(), once_refuse=(), delay=0.0, pipelining=True):
        self.greeting = b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
        if not pipelining:
            self.greeting = b"250-sink\r\n250 8BITMIME\r\n"
        self.file = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.refuse = [_rule(rule) for rule in refuse]
        self.once_refuse = [_rule(rule) for rule in once_refuse]
        self.refused = set()
        self.delay = delay

    def log(self, recipient, content):
        found = MESSAGE_ID.search(content)
        line = b"%.3f %s %s\n" % (time.time(), recipient, found[1] if found else b"-")
        os.write(self.file, line)

    def answer(self, recipient):
        for pattern, code in self.refuse:
            if pattern.search(recipient):
                return b"%s refused here\r\n" % code
        for pattern, code in self.once_refuse:
            if pattern.search(recipient) and recipient not in self.refused:
                self.refused.add(recipient)
                return b"%s not now\r\n" % code
        return b"250 ok\r\n"


def _rule(text):
    pattern, _, code = text.rpartition("=")
    return re.compile(pattern.encode()), code.encode()


@dataclass
class RunningSink:
    """A sink in a process of its own, for `with`."""

    log_path: Path
    options: tuple = ()

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve()), str(self.log_path), *self.options],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self.process.stdout.readline())
        return self

    def __exit__(self, *failure):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    def received(self):
        """(time, address, id of the delivery) of every message accepted, in order."""
        rows = [line.split(" ") for line in self.log_path.read_text().splitlines()]
        return [(float(at), address, message_id) for at, address, message_id in rows]


async def _serve(sink):
    server = await asyncio.get_running_loop().create_server(lambda: Session(sink), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("log")
    parser.add_argument("--refuse", action="append", default=[])
    parser.add_argument("--once-refuse", action="append", default=[])
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--no-pipelining", action="store_true")
    options = parser.parse_args()
    sink = Sink(
        options.log,
        refuse=options.refuse,
        once_refuse=options.once_refuse,
        delay=options.delay,
        pipelining=not options.no_pipelining,
    )
    asyncio.run(_serve(sink))


if __name__ == "__main__":
    main()
