"""The rules of the code that a machine can keep: layers, migrations, style, types, templates."""

import re
import subprocess
import sys
import tomllib
from io import StringIO
from pathlib import Path

import pghistory.models
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sys.executable).parent
LAYERS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][
    0
]["layers"]
HEIGHT = {
    name: -place for place, names in enumerate(LAYERS) for name in map(str.strip, names.split("|"))
}
OWN_MODELS = [
    model
    for model in apps.get_models(include_auto_created=True)
    if model._meta.app_config.name in HEIGHT
]
WRITTEN_MODELS = [
    model
    for model in OWN_MODELS
    if not model._meta.auto_created and not issubclass(model, pghistory.models.Event)
]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STAFF_TEMPLATES = {"admin", "unfold", "import_export"}
PUBLIC_PAGES = [
    path
    for path in TEMPLATES
    if path.relative_to(ROOT / "templates").parts[0] not in STAFF_TEMPLATES
    and "messages" not in path.parts  # mail readers know nothing but inline style
]
COMMENTS = re.compile(r"{%\s*comment.*?endcomment\s*%}|{#.*?#}|<!--.*?-->", re.S)
INLINE = re.compile(
    r"<style\b|\sstyle\s*=|\son[a-z]+\s*=|javascript:"
    r"|<script(?![^>]*\ssrc=)(?![^>]*application/(?:ld\+)?json)",
    re.I,
)


def complaints(*command):
    """What a command in the checkout says when it fails; nothing when it passes."""
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    failed = f"{result.returncode}: {result.stdout}\n{result.stderr}"
    return failed if result.returncode else ""


def test_imports_go_one_way():
    assert complaints(PROGRAMS / "lint-imports", "--no-cache") == ""


def test_every_app_stands_in_the_layers():
    own = [c.name for c in apps.get_app_configs() if is_ours(Path(c.path))]

    assert own
    assert [name for name in own if name not in HEIGHT] == []


def is_ours(path):
    """Whether a package is of the checkout; installed ones may lie in a folder of it, too."""
    return path.is_relative_to(ROOT) and "site-packages" not in path.parts


def foreign_keys():
    return [
        (model, field)
        for model in OWN_MODELS
        for field in model._meta.get_fields(include_hidden=True)
        if field.is_relation and not field.auto_created and isinstance(field.remote_field, object)
    ]


def test_foreign_keys_point_down():
    """import-linter does not see string keys."""
    upward = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model, field in foreign_keys()
        if HEIGHT.get(field.related_model._meta.app_config.name, -99)
        > HEIGHT[model._meta.app_config.name]
    ]

    assert upward == []


@pytest.mark.django_db
def test_migrations_are_complete():
    said = StringIO()

    call_command("makemigrations", dry_run=True, stdout=said)

    assert said.getvalue() == "No changes detected\n"


def test_code_is_clean_and_formatted():
    assert complaints(sys.executable, "-m", "ruff", "check", ".") == ""
    assert complaints(sys.executable, "-m", "ruff", "format", "--check", ".") == ""


@pytest.mark.long
def test_types_hold():
    assert complaints(sys.executable, "-m", "mypy") == ""


@pytest.mark.parametrize("model", WRITTEN_MODELS, ids=lambda model: model._meta.label)
def test_every_model_says_what_it_is(model):
    own = [c for c in model.__mro__ if c.__module__.split(".")[0] not in {"django", "builtins"}]

    assert any("__str__" in vars(c) for c in own if not issubclass(c, models.Manager))
    assert (model.__doc__ or "").startswith(f"{model.__name__}(") is False, "no docstring"


def test_templates_are_formatted():
    assert complaints(PROGRAMS / "djade", "--target-version", "5.2", "--check", *TEMPLATES) == ""


@pytest.mark.parametrize("path", PUBLIC_PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_public_pages_have_no_inline_style_or_script(path):
    assert INLINE.findall(COMMENTS.sub("", path.read_text())) == []
