"""churnrisk: which accounts are about to leave, how sure, why, and what to do.

The folder list is the path of the data: `extract` lands sources into `history`, `validate` gives verdicts,
`features` and `labels` make the matrix, `train` fits a `model` kept by `registry`, `score` turns it into risks and
reasons, `outreach` into a worklist, and `out` into files that people open. See docs/house.md.
"""

__version__ = "0.1.0"
