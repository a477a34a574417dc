"""One case on the stage, ours or the control, and what is filed where figures are asked for."""

import json
import os
from dataclasses import asdict
from pathlib import Path

from tests.faults.theatre import Campaigned, Drafted, Theatre

SEED = 20261121
SEEDS = [SEED + number for number in range(int(os.environ.get("FAULT_SEEDS", 1)))]
SIZE = os.environ.get("FAULT_SIZE", "short")
PATIENCE = 400
"""Seconds for the rest after the last fault, full size."""


def play(case, kind, folder, seed, **environment):
    """The books after a case."""
    size = getattr(case, SIZE)
    stage = Theatre(
        folder,
        seed=seed,
        beats=case.beats if kind is Campaigned else 0,
        delay=case.delay,
        lease=case.lease,
        FIRST_RETRY_SECONDS=2,
        **environment,
    )
    with stage:
        job = kind(stage, size.people, rate=size.rate, is_poisoned=case.is_poisoned)
        if not case.starts_in_it:
            job.start()
            job.wait_for_beginning()
        case.act(stage, job, size)
        job.wait_for_end(seconds=PATIENCE)
        books = job.books()
    file(case, books, seed, is_control=kind is Drafted)
    return books


def file(case, books, seed, *, is_control):
    _write({"case": case.name, "seed": seed, "is_control": is_control, **asdict(books)})


def tell(case, words):
    """What was seen in a case that has no books of its own, in a sentence."""
    _write({"case": case, "words": words})


def _write(told):
    if lines := os.environ.get("FAULT_LINES"):
        with Path(lines).open("a") as at:
            at.write(json.dumps(told) + "\n")
