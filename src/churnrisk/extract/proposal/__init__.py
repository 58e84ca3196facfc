"""A proposal for an export nobody has seen: what the files hold, which canonical table each is, and how sure that is."""

from churnrisk.extract.proposal.propose import Proposal, propose

__all__ = ["Proposal", "propose"]
