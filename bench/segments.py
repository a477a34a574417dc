"""How fast each rule of a segment counts its people, against a plain count of everybody.

    .venv/bin/python bench/segments.py --rows 370000 --json

An officer sees this figure change with every box she ticks. Measured is the whole count: the rule
read and checked, the statement, the answer; the fastest of several. The limit is `count(*)` of
the living people in the same database, asked in turn with the rule: it reads one index and no row,
so a rule that reads another table, once, costs many times that.
"""

import time
from datetime import timedelta

import _report

ALLOWED = 25.0
REPEATS, REPEATS_OF_FEW, FEW = 5, 2, 10_000


def main():
    _report.run(__doc__, measure, rows=370_000, in_lines=True)


def measure(rows, folder):
    from bench import _people as people
    from bench.lists import prepare_database

    prepare_database()
    people.fill(rows)
    repeats = REPEATS_OF_FEW if rows < FEW else REPEATS
    result = {"rows": rows, "allowed_ratio": ALLOWED}
    result |= {name: job(rules, repeats) for name, rules in each_rule()}
    worst = max((j for j in result.values() if isinstance(j, dict)), key=lambda j: j["ratio"])
    return result | {"worst_ratio": worst["ratio"]}


def each_rule():
    """(name, rules) of every rule of the form with a value that it knows; both yes and no."""
    from participants.segments.registry import rule_set
    from participants.segments.rules import YES_NO

    for name, rule in rule_set().base_filters.items():
        values = values_of(rule)
        for value in values if tuple(values) == tuple(key for key, _ in YES_NO) else values[:1]:
            is_list = isinstance(value, list)
            yield f"{name}={value[0] if is_list else value}", {name: value}


def values_of(rule):
    """What can be answered to a rule; nothing where the register has no such choices."""
    from django import forms
    from django.utils import timezone

    field = rule.field
    if hasattr(field, "choices"):
        keys = [key for key, _ in field.choices if key]
        return [[key] for key in keys] if isinstance(field, forms.MultipleChoiceField) else keys
    if isinstance(field, forms.DateField):
        return [f"{timezone.localdate() - timedelta(days=365)}"]
    return ["30"] if isinstance(field, forms.IntegerField) else ["tanah"]


def job(rules, repeats):
    """One line of the result."""
    from participants.models import Participant
    from participants.segments.audiences import people_by

    limits, seconds = [], []
    for _ in range(repeats):
        limits.append(timed(lambda: Participant.objects.living().count())[0])
        spent, people = timed(lambda: people_by(rules).count())
        seconds.append(spent)
    ratio = min(seconds) / min(limits)
    return {
        "seconds": round(min(seconds), 4),
        "limit_seconds": round(min(limits), 4),
        "ratio": round(ratio, 2),
        "within": ratio <= ALLOWED,
        "people": people,
    }


def timed(count):
    start = time.perf_counter()
    found = count()
    return time.perf_counter() - start, found


if __name__ == "__main__":
    main()
