"""How history comes in: files, SQL, help desks, and the simulated company; each ends in canonical tables."""
