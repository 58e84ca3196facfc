"""The only door to MLflow: runs, models and aliases, on SQLite in the data folder."""

from churnrisk.registry.mlflow_store import Champion, Registry, RunRecord, Version

__all__ = ["Champion", "Registry", "RunRecord", "Version"]
