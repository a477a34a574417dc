"""What breaks while a campaign is sent: one function per case, in a short and in the full size.

Each acts on the stage while the job (ours, or the control) is running. Whatever they break is
whole again when they return.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """`people` of the audience, `rate` messages a second, `times` a fault comes, `seconds` it lasts
    or lies between two."""

    people: int
    rate: float
    times: int
    seconds: float

    @property
    def before(self):
        """Seconds until a fault: it has to find messages that still wait."""
        return min(self.seconds, self.people / self.rate / 4)


@dataclass(frozen=True)
class Case:
    """`most_uncertain` messages each fault may leave without a known end, `refuses` says that some
    people are refused for good, `starts_in_it` that the job is asked for while it is broken.
    `lease`, and how long the control waits for an answer (`timeout`), are seconds.
    """

    name: str
    act: Callable
    short: Size
    full: Size
    most_uncertain: int = 0
    beats: int = 1
    refuses: bool = False
    delay: float = 0.0
    is_poisoned: bool = False
    starts_in_it: bool = False
    lease: int = 5
    timeout: float = 2

    def __str__(self):
        return self.name


def kill_workers(stage, job, size):
    """SIGKILL of one process of the pool, or of all, and a broker that comes back empty twice."""
    restarts = {size.times // 3, 2 * size.times // 3}
    for number in range(size.times):
        stage.wait(size.seconds)
        stage.kill_one()
        if number in restarts:
            stage.broker.restart_empty()


def lose_broker(stage, job, size):
    """The broker is killed and comes back empty."""
    for _ in range(size.times):
        stage.wait(size.seconds)
        stage.broker.restart_empty()
        stage.fault_is_over()


def take_broker_away(stage, job, size):
    """The broker is down for a while, and so it is when the job is asked for."""
    stage.broker.kill()
    job.start()
    time.sleep(size.seconds)
    stage.broker.start()
    stage.fault_is_over()


def cut_database(stage, job, size):
    """All connections of the workers to the database are cut every two seconds."""
    for _ in range(size.times):
        time.sleep(size.seconds)
        stage.cut_connections()


def close_server(stage, job, size):
    """The SMTP server is not there."""
    for number in range(size.times):
        stage.wait(size.before)
        assert number or job.is_under_way()
        stage.sink.stop()
        time.sleep(size.seconds)
        stage.sink.start_again()
        stage.fault_is_over()


def in_mood(words):
    """The SMTP server behaves like this now and then."""

    def behave(stage, job, size):
        for number in range(size.times):
            stage.wait(size.before)
            assert number or job.is_under_way()
            stage.mood(words)
            time.sleep(size.seconds)
            stage.mood("")
            stage.fault_is_over()

    behave.__doc__ = f"The SMTP server is in the mood “{words}” (see tests/sink.py)."
    return behave


def leave_alone(stage, job, size):
    """Nothing more: the stage itself is what is wrong."""


def beat_twice(stage, job, size):
    """Each beat says that it is time, and goes on finding what is left."""
    for _ in range(size.times):
        job.start_again()


def start_and_die(stage, job, size):
    """The process dies after the commit, before it has told anybody."""
    job.start_and_die()


def renew_workers(stage, job, size):
    """SIGTERM and new code in the middle, as an update does."""
    for _ in range(size.times):
        stage.wait(size.seconds)
        stage.renew_worker(patience=15)


def pause_and_resume(stage, job, size):
    """Paused and resumed at random moments."""
    for _ in range(size.times):
        stage.wait(size.seconds)
        job.pause()
        stage.wait(size.seconds / 2)
        job.resume()
        stage.fault_is_over()


def cancel_in_between(stage, job, size):
    """Paused, resumed, and at last cancelled at a random moment."""
    pause_and_resume(stage, job, size)
    stage.wait(size.seconds)
    job.cancel()


def stop_past_the_lease(stage, job, size):
    """A worker sleeps until somebody else has taken its work, and goes on."""
    for _ in range(size.times):
        stage.wait(size.seconds)
        job.freeze_past_lease()


CHUNK = 5
HANDS = 2
"""Worker processes: each may have one message under way when something breaks."""
DOUBTS = 2 * 3 * HANDS
"""After three messages of unknown end a worker stops the account, and tries again once or twice."""

CASES = [
    Case("workers killed", kill_workers, Size(300, 60, 3, 0.5), Size(2000, 50, 20, 1.0), CHUNK),
    Case("broker lost", lose_broker, Size(200, 60, 2, 0.8), Size(2000, 50, 2, 10.0)),
    Case(
        *("broker away", take_broker_away, Size(200, 40, 1, 8.0), Size(2000, 40, 1, 120.0)),
        starts_in_it=True,
    ),
    Case(
        *("database cut", cut_database, Size(300, 50, 4, 1.0), Size(2000, 50, 15, 2.0)),
        most_uncertain=HANDS * CHUNK,
    ),
    Case("server away", close_server, Size(400, 60, 1, 2.0), Size(1000, 40, 3, 6.0), HANDS),
    Case("server says 421", in_mood("421"), Size(300, 60, 1, 1.5), Size(1000, 40, 3, 6.0)),
    Case("server says 450", in_mood("450"), Size(200, 40, 1, 1.0), Size(600, 40, 2, 3.0)),
    Case(
        *("server says 550", in_mood("550"), Size(300, 60, 1, 1.0), Size(600, 40, 3, 3.0)),
        refuses=True,
    ),
    Case(
        *("lost after DATA", in_mood("lose"), Size(300, 60, 1, 1.0), Size(1000, 40, 3, 4.0)),
        most_uncertain=DOUBTS,
    ),
    Case(
        *("lost before 250", in_mood("hang-up"), Size(300, 60, 1, 1.0), Size(1000, 40, 3, 4.0)),
        most_uncertain=DOUBTS,
    ),
    Case("lost after 250", in_mood("vanish"), Size(300, 60, 1, 1.0), Size(1000, 40, 3, 4.0), HANDS),
    Case(
        *("silence", in_mood("silence 6"), Size(400, 40, 1, 3.0), Size(1000, 30, 1, 60.0)),
        most_uncertain=2 * DOUBTS,
    ),
    Case(
        *("one a second", leave_alone, Size(16, 60, 1, 0.0), Size(90, 60, 1, 0.0)),
        delay=1.0,
        lease=20,
        timeout=0.8,
    ),
    Case("two beats", beat_twice, Size(200, 60, 1, 0.0), Size(2000, 60, 1, 0.0), beats=2),
    Case("three beats", beat_twice, Size(200, 60, 2, 0.0), Size(2000, 60, 2, 0.0), beats=3),
    Case("new code", renew_workers, Size(460, 20, 1, 1.0), Size(2000, 40, 3, 6.0)),
    Case("paused", pause_and_resume, Size(200, 50, 4, 0.4), Size(2000, 50, 10, 1.5)),
    Case("cancelled", cancel_in_between, Size(600, 40, 2, 1.5), Size(2000, 40, 9, 1.5)),
    Case(
        *("never published", start_and_die, Size(100, 60, 1, 0.0), Size(1000, 60, 1, 0.0)),
        starts_in_it=True,
    ),
    Case("poison", leave_alone, Size(60, 60, 1, 0.0), Size(600, 60, 1, 0.0), is_poisoned=True),
    Case(
        *("past the lease", stop_past_the_lease, Size(300, 40, 1, 0.5), Size(2000, 40, 4, 2.0)),
        most_uncertain=CHUNK,
    ),
]
