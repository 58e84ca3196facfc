"""`python -m churnrisk` is the command `churnrisk`."""

from churnrisk.cli import main

main(prog_name="churnrisk")
