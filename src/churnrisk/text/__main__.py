"""`python -m churnrisk.text` works out anew what the rules must contain, after a change of `languages/`."""

from pathlib import Path

from churnrisk.store import write_atomic
from churnrisk.text.nets import REQUIRED, work_out

write_atomic(Path(__file__).parent / REQUIRED, work_out())
