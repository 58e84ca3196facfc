"""A proposal for an export nobody has seen: what its files hold, which canonical table each is, how sure that is."""

from churnrisk.extract.proposal.propose import Proposal, propose

__all__ = ["Proposal", "propose"]
