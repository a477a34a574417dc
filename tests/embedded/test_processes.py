import os
import signal
import subprocess
import sys
import time

import pytest

from tests.embedded.holders import is_alive, wait_for
from umkm_portal.embedded.deathsig import tethered
from umkm_portal.embedded.processes import Child, Program, StopStep, stop_all

STUBBORN = (
    "import signal, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "signal.signal(signal.SIGQUIT, signal.SIG_DFL)\n"
)
"""A process in the background of a shell inherits that SIGQUIT is ignored."""
WITH_A_CHILD = (
    "import subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "print('child', child.pid, flush=True)\n"
)
PATIENTLY = "time.sleep(60)"


@pytest.fixture
def child():
    started = []

    def start(code, **options):
        said = []
        program = Program("part", (sys.executable, "-c", code), **options)
        one = Child(program, os.environ, lambda name, text: said.append((name, text)))
        one.said = said
        started.append(one)
        one.start()
        return one

    yield start
    stop_all(started)


def test_every_line_is_said_with_its_name_also_the_last_one(child):
    part = child("import sys; print('one'); sys.stderr.write('two'); sys.stderr.flush()")

    assert part.wait() == 0

    assert sorted(part.said) == [("part", "one"), ("part", "two")]
    assert part.last_words() in ("one", "two")


def test_a_part_that_ends_is_started_again_after_longer_and_longer_pauses(child):
    part = child("raise SystemExit(3)")
    pauses = []

    for _ in range(3):
        part.process.wait()
        assert part.watch() is False
        pauses.append(round(part.start_again_at - time.monotonic(), 1))
        part.start_again_at = time.monotonic()
        assert part.watch() is True

    assert pauses == [0.5, 1.0, 2.0]
    assert part.said[0] == ("part", "ended (exit code 3); starts again in 0.5 s")


def test_a_part_that_ignores_the_first_signal_is_ended(child):
    steps = (StopStep(signal.SIGTERM, 0.2), StopStep(signal.SIGQUIT, 20))
    part = child(f"{STUBBORN}print('ready', flush=True); {PATIENTLY}", stop_steps=steps)
    assert wait_for(lambda: part.said)

    stop_all([part])

    assert part.process.returncode == -signal.SIGQUIT


def test_nothing_that_a_part_has_started_outlives_it(child):
    part = child(WITH_A_CHILD + PATIENTLY)
    assert wait_for(lambda: part.said)
    grandchild = int(part.said[0][1].split()[1])

    stop_all([part])

    assert wait_for(lambda: not is_alive(grandchild))


@pytest.mark.skipif(sys.platform != "linux", reason="no parent-death signal on this system")
@pytest.mark.parametrize(
    "start",
    [
        "Popen(sleep, preexec_fn=die_with_parent(signal.SIGTERM))",
        "Popen(tethered(sleep, signal.SIGTERM))",
    ],
)
def test_a_child_ends_with_its_parent_however_that_dies(start):
    code = (
        "import signal, sys, time\n"
        "from subprocess import Popen\n"
        "from umkm_portal.embedded.deathsig import die_with_parent, tethered\n"
        "sleep = [sys.executable, '-c', 'import time; print(1, flush=True); time.sleep(60)']\n"
        f"child = {start}\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as parent:
        said = {int(parent.stdout.readline()) for _ in range(2)}
        child = max(said)

        parent.kill()

        assert wait_for(lambda: not is_alive(child))


def test_a_tethered_command_may_stand_on_the_path():
    command = tethered(["nice", "-n", "1", sys.executable, "-c", "print(7)"], signal.SIGTERM)

    assert subprocess.run(command, capture_output=True, check=True).stdout == b"7\n"
