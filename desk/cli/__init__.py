"""The command line: ``mandegar``."""

from desk.cli.app import app, main

__all__ = ["app", "main"]
