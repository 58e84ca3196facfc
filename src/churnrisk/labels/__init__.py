"""Labels: what counts as leaving, and whether it is known yet."""

from churnrisk.labels.labels import definition, label_hash, labels

__all__ = ["definition", "label_hash", "labels"]
