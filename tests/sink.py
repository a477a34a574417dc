"""A small SMTP server for tests and benchmarks: `python -m tests.sink LOG [options]`.

Prints its port and runs until killed. Every message it accepted is one line of LOG, written and
flushed before the answer goes out: the log is the truth about what was received, independent of
the database. It is quick enough to be no bottleneck.

--no-pipelining         do not offer PIPELINING

--links FILE            keep the link to answer of each message: its id and the path, one a line

--refuse PATTERN=CODE   answer RCPT of matching addresses with this code
--once-refuse PATTERN=CODE   the same, the first time for each address
--hang-up PATTERN       take messages to matching addresses, but hang up instead of saying so
--delay SECONDS         before each answer to the content
--processes NUMBER      share the connections among so many (rules count in each by itself)
--port NUMBER           listen there (else on a free port)
--mood FILE             behave as the file says at that moment:
                        421       take nobody, close
                        450       put every recipient off
                        550       refuse recipients whose number ends in 7
                        lose      take the content, lose it, hang up
                        hang-up   take the message, hang up instead of saying so
                        vanish    take the message, say so, hang up
                        silence N take the message N seconds late
"""

import argparse
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

MESSAGE_ID = re.compile(rb"\nMessage-ID:\s*<([^@>]+)@")
LINK = re.compile(rb"https?://[^/\s]+(/u/[\w-]+/)")
ENDS_IN_7 = re.compile(rb"7@")
SIZE = 65536


class Session:
    """One connection, served by a thread of its own: a blocking read costs least."""

    def __init__(self, sink, stream):
        self.sink = sink
        self.stream = stream
        self.buffer = b""
        self.answers = [b"220 sink\r\n"]
        self.recipient = b""
        self.is_data = self.has_recipient = self.is_over = False

    def run(self):
        with self.stream:
            self.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                self._flush()
                while not self.is_over and (data := self.stream.recv(SIZE)):
                    self.buffer += data
                    while self._step():
                        pass
                    self._flush()
            except OSError:
                pass  # the other side was killed: that is what we are for

    def _flush(self):
        """All answers to what came together go together."""
        if self.answers:
            self.stream.sendall(b"".join(self.answers))
            self.answers.clear()

    def _step(self):
        ending = b"\r\n.\r\n" if self.is_data else b"\r\n"
        part, found, rest = self.buffer.partition(ending)
        if not found:
            return False
        self.buffer = rest
        if self.is_data:
            self._take(part + b"\r\n")
        else:
            self._command(part)
        return True

    def _take(self, content):
        self.is_data = False
        mood, _, seconds = self.sink.mood().partition(" ")
        if mood == "lose":
            raise ConnectionAbortedError
        if delay := float(seconds or self.sink.delay):
            time.sleep(delay)
        self.sink.log(self.recipient, content)
        hangs_up = self.sink.hang_up and self.sink.hang_up.search(self.recipient)
        if hangs_up or mood == "hang-up":
            raise ConnectionAbortedError
        self.answers.append(b"250 2.0.0 taken\r\n")
        if mood == "vanish":
            self._flush()
            raise ConnectionAbortedError

    def _command(self, line):
        verb = line[:4].upper()
        if verb == b"MAIL" and self.sink.mood() == "421":
            self.is_over = True
            self.answers.append(b"421 closing, come back later\r\n")
        elif verb == b"RCPT":
            self.recipient = line[line.find(b"<") + 1 : line.find(b">")]
            answer = self.sink.answer(self.recipient)
            self.has_recipient = answer.startswith(b"2")
            self.answers.append(answer)
        elif verb == b"DATA" and not self.has_recipient:
            self.answers.append(b"503 nobody to send to\r\n")
        elif verb == b"DATA":
            self.is_data = True
            self.answers.append(b"354 go on\r\n")
        elif verb == b"QUIT":
            self.is_over = True
            self.answers.append(b"221 bye\r\n")
        elif verb == b"EHLO":
            self.answers.append(self.sink.greeting)
        else:
            self.answers.append(b"250 ok\r\n")


class Sink:
    def __init__(
        self,
        log_path,
        *,
        refuse=(),
        once_refuse=(),
        hang_up="",
        delay=0.0,
        pipelining=True,
        mood="",
        links="",
    ):
        self.mood_path = mood
        self.links = os.open(links, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if links else None
        self.hang_up = re.compile(hang_up.encode()) if hang_up else None
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
        if self.links is not None and found and (link := LINK.search(content)):
            os.write(self.links, b"%s %s\n" % (found[1], link[1]))

    def mood(self):
        if not self.mood_path:
            return ""
        with open(self.mood_path) as file:
            return file.read().strip()

    def answer(self, recipient):
        mood = self.mood()
        if mood == "450" or (mood == "550" and ENDS_IN_7.search(recipient)):
            return b"%s not here, not now\r\n" % mood.encode()
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
        self.start()
        return self

    def start(self, *more):
        self.process = subprocess.Popen(
            [
                sys.executable,
                str(Path(__file__).resolve()),
                str(self.log_path),
                *self.options,
                *more,
            ],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.port = int(self.process.stdout.readline())

    def start_again(self):
        """On the same port, after `stop`."""
        self.start("--port", str(self.port))

    def __exit__(self, *failure):
        self.stop()

    def stop(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    def received(self):
        """(time, address, id of the delivery) of every message accepted, in order."""
        rows = [line.split(" ") for line in self.log_path.read_text().splitlines()]
        return [(float(at), address, message_id) for at, address, message_id in rows]


def _serve(sink, processes, port):
    with socket.create_server(("127.0.0.1", port), backlog=256) as server:
        print(server.getsockname()[1], flush=True)
        while processes > 1 and os.fork():
            processes -= 1
        while True:
            stream, _ = server.accept()
            threading.Thread(target=Session(sink, stream).run, daemon=True).start()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("log")
    parser.add_argument("--refuse", action="append", default=[])
    parser.add_argument("--once-refuse", action="append", default=[])
    parser.add_argument("--hang-up", default="")
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--no-pipelining", action="store_true")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--mood", default="")
    parser.add_argument("--links", default="")
    options = parser.parse_args()
    sink = Sink(
        options.log,
        refuse=options.refuse,
        once_refuse=options.once_refuse,
        hang_up=options.hang_up,
        delay=options.delay,
        pipelining=not options.no_pipelining,
        mood=options.mood,
        links=options.links,
    )
    _serve(sink, options.processes, options.port)


if __name__ == "__main__":
    main()
