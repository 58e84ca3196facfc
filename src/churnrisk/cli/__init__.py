"""The command line: one group, whose commands call `jobs` and tell people what came out.

Nothing heavy is imported here: `churnrisk --help` answers at once, and each command imports what it needs.
"""

from churnrisk.cli.commands import ending, main

__all__ = ["ending", "main"]
