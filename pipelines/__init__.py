"""Thin Prefect flows around `churnrisk.jobs`: they tell the order, the jobs do the work."""
